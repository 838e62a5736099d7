/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Two nodes get the same edits: one builds incrementally, the other always in full. */
#include "desired_random.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "desired_fixture.h"
#include "desired_print.h"
#include "plan.h"

struct pair {
	struct universe universe;
	struct node incremental, full;
	struct random_seen *seen;
	char wrong[2048]; /* "": nothing */
};

/* Too large for a stack; the buffers besides. */
static struct pair pair;
static struct printed texts[2];

#define FAIL(...) ((void)snprintf(pair.wrong, sizeof(pair.wrong), __VA_ARGS__))

/* ------------------------------------------------------------------ coverage */

static void see_row(struct random_seen *seen, const struct service_row *row)
{
	const struct service_status *status = row->status;
	const char *state = status && status->state ? status->state : "";

	seen->serving += !strcmp(state, "serving");
	seen->kept += !strcmp(state, "kept");
	seen->waiting += !strcmp(state, "waiting");
	seen->stale += !strcmp(state, "stale");
	seen->refused += !strcmp(state, "refused");
	seen->not_shown += !*state;
	seen->captured += row->captured && row->wanted;
	seen->by_id += row->by_id && row->wanted;
	seen->ipv6 += row->key.family == 6 && !strcmp(state, "serving");
	seen->ipv6_by_id += row->key.family == 6 && row->by_id && row->wanted;
	seen->affinity += row->wanted && row->flags & SERVICE_AFFINITY;
	seen->too_large += status && status->problem && strstr(status->problem, "not applied");
}

static void see_rows(struct random_seen *seen, const struct service_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		see_row(seen, &rows->items[i]);
	seen->endpoints_are_vips += rows->endpoints_are_vips;
}

static bool gateways_changed(const struct generation *before, const struct generation *next)
{
	for (size_t i = 0; i < next->network_count; i++)
		if (before->down_fingerprints[i] != next->down_fingerprints[i])
			return true;
	return false;
}

/* Which way a build went. */
static void see_build(struct random_seen *seen, const struct node *node,
		      const struct generation *next)
{
	const struct generation *before = &node->generation;

	seen->changed_only += !!next->changed;
	seen->deaths += next->changed && next->built && gateways_changed(before, next);
	if (!node->whole || next->changed)
		return;
	seen->given_up += next->inputs_fingerprint == before->inputs_fingerprint &&
			  next->content_count == before->content_count;
	for (size_t i = 0; i < next->rows.count; i++)
		seen->reused += next->rows.items[i].status && next->rows.items[i].status->users > 1;
}

/* ------------------------------------------------------------------ comparing */

/* Reports the first line that differs. */
static void compare_texts(const char *what, const char *a, const char *b)
{
	size_t same = 0;

	if (!strcmp(a, b))
		return;
	for (size_t i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '\n')
			same = i + 1;
	FAIL("%s differ:\n  incremental: %.*s\n  in full:     %.*s", what,
	     (int)strcspn(a + same, "\n"), a + same, (int)strcspn(b + same, "\n"), b + same);
}

/* A build of changed rows alone keeps the order of the last full build. A later full build puts the
 * holders of virtual IPs first, so backends may get their rows in another order, which makes no
 * difference to packets. */
static void compare_kernels(void)
{
	const struct plan_model *a = &pair.incremental.kernel, *b = &pair.full.kernel;

	if (plan_model_equal(a, b))
		return;
	pair.seen->reordered++;
	compare_texts("kernels", kernel_print(a, &texts[0]), kernel_print(b, &texts[1]));
}

/* A row that takes no virtual IP keeps the result of the last full build (waiting, refused, missing):
 * it alone causes no full build. */
static void compare_generations(void)
{
	const struct generation *a = &pair.incremental.generation, *b = &pair.full.generation;

	if (!strcmp(generation_print(a, false, &texts[0]), generation_print(b, false, &texts[1])))
		return;
	pair.seen->lagging++;
	compare_texts("rows", generation_print(a, true, &texts[0]),
		      generation_print(b, true, &texts[1]));
}

/* A full build repeated right after one that was applied yields an empty plan. */
static void check_repetition(const struct build_input *input)
{
	struct change_list list = {};
	const char *reason = NULL;
	struct generation next;

	if (node_build(&pair.full, input, true, &next) ||
	    plan_fit(&pair.full.ledger, &next.desired, input->now_ns, next.arena, &list, &reason)) {
		FAIL("building again failed");
		return;
	}
	if (list.count)
		FAIL("building again gives %zu changes, first kind %d of row %u", list.count,
		     list.items[0].kind, list.items[0].row);
	generation_done(&next);
}

static void compare(const struct build_input *input)
{
	compare_generations();
	if (!*pair.wrong)
		compare_kernels();
	if (!*pair.wrong)
		check_repetition(input);
	see_rows(pair.seen, &pair.full.generation.rows);
}

/* ------------------------------------------------------------------ steps */

/* To a full build, each row that an agent on adopted maps built from some of the views is an earlier
 * agent's, and kept until all views have answered. */
static bool is_older(const struct build_input *input)
{
	for (size_t i = 0; input->adopted && i < input->assignments.count; i++)
		if (!cluster_list_knows(&input->clusters, input->assignments.items[i]->name))
			return true;
	return false;
}

/* Both restart on copies of one kernel, whose contents neither knows. */
static void resync(void)
{
	if (node_copy_kernel(&pair.incremental, &pair.full) ||
	    node_copy_kernel(&pair.full, &pair.full))
		FAIL("no memory");
}

static void apply(struct generation next[2], const struct build_input *input, size_t most)
{
	int err = node_apply(&pair.full, &next[1], input->now_ns, most);

	pair.seen->partial += !err && !pair.full.whole;
	pair.seen->older += !err && is_older(input);
	if (err == -EIO) {
		pair.seen->failed++;
		generation_done(&next[0]);
		resync();
		return;
	}
	if (err || node_apply(&pair.incremental, &next[0], input->now_ns, SIZE_MAX))
		FAIL("planning failed: %s", pair.full.wrong);
	else if (*pair.incremental.wrong || *pair.full.wrong)
		FAIL("incremental: %s; in full: %s", pair.incremental.wrong, pair.full.wrong);
	else if (pair.incremental.whole && pair.full.whole && !is_older(input))
		compare(input);
	else
		resync();
}

static void build(const struct build_input *input, size_t most)
{
	struct generation next[2];

	if (node_build(&pair.incremental, input, false, &next[0])) {
		FAIL("building failed");
		return;
	}
	see_build(pair.seen, &pair.incremental, &next[0]);
	if (node_build(&pair.full, input, true, &next[1])) {
		generation_done(&next[0]);
		FAIL("building in full failed");
		return;
	}
	apply(next, input, most);
}

static void restart(void)
{
	pair.seen->restarts++;
	pair.universe.input.adopted = true;
	if (node_restart(&pair.incremental) || node_restart(&pair.full))
		FAIL("no memory");
}

static void step(void)
{
	struct dice *dice = pair.universe.dice;
	uint32_t fate = dice_pick(dice, 64);
	const struct build_input *input;

	if (fate == 1)
		restart();
	universe_edit(&pair.universe);
	input = universe_input(&pair.universe);
	pair.seen->steps++;
	if (input)
		build(input, fate >= 2 && fate < 6 ? dice_pick(dice, 8) : SIZE_MAX);
	else
		FAIL("no memory");
}

static bool has_choices(const struct dice *dice)
{
	return !dice->data || dice->at < dice->size;
}

const char *desired_random_run(struct dice *dice, size_t steps, struct random_seen *seen)
{
	char where[512] = "";

	pair.seen = seen;
	pair.wrong[0] = '\0';
	universe_new(&pair.universe, dice);
	if (node_new(&pair.incremental) || node_new(&pair.full))
		FAIL("no memory");
	for (size_t i = 0; i < steps && has_choices(dice) && !*pair.wrong; i++) {
		step();
		snprintf(where, sizeof(where), "\nin step %zu, after:%s", i, pair.universe.edits);
	}
	if (*pair.wrong)
		strncat(pair.wrong, where, sizeof(pair.wrong) - strlen(pair.wrong) - 1);
	node_done(&pair.incremental);
	node_done(&pair.full);
	universe_done(&pair.universe);
	return *pair.wrong ? pair.wrong : NULL;
}
