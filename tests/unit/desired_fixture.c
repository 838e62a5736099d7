/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A node that applies generations to a model of the kernel, as the agent does. */
#include "desired_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "plan.h"

static int take_stock(struct node *node)
{
	node->whole = false;
	return plan_model_rebuild(&node->kernel, &node->ledger);
}

int node_new(struct node *node)
{
	struct ledger_memory memory;
	int err;

	memset(node, 0, sizeof(*node));
	node->kernel.bucket_count = MODEL_BUCKETS_MOST;
	memory = plan_model_memory(&node->kernel);
	err = ledger_init(&node->ledger, &memory);
	return err ? err : take_stock(node);
}

void node_done(struct node *node)
{
	generation_done(&node->generation);
	ledger_done(&node->ledger);
}

int node_restart(struct node *node)
{
	generation_done(&node->generation);
	return take_stock(node);
}

int node_copy_kernel(struct node *node, const struct node *from)
{
	node->kernel = from->kernel;
	return take_stock(node);
}

int node_build(struct node *node, const struct build_input *input, bool full,
	       struct generation *ret)
{
	struct build_input own = *input;

	own.ledger = &node->ledger;
	return desired_build(&own, !full && node->whole ? &node->generation : NULL, ret);
}

static int write_changes(struct node *node, const struct change_list *list, size_t most)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *wrong;

		if (i == most)
			return -EIO;
		if (ledger_apply(&node->ledger, &list->items[i]))
			return -ENOMEM;
		wrong = plan_model_apply(&node->kernel, &list->items[i]);
		if (wrong)
			snprintf(node->wrong, sizeof(node->wrong), "a change of kind %d, row %u: %s",
				 list->items[i].kind, list->items[i].row, wrong);
	}
	return 0;
}

static int carry_out(struct node *node, struct generation *next, uint64_t now_ns, size_t most)
{
	struct change_list list = {};
	const char *reason = NULL;
	int err = plan_fit(&node->ledger, &next->desired, now_ns, next->arena, &list, &reason);

	node->changes = list.count;
	node->whole = !err && !reason;
	if (err == -ENOSPC)
		snprintf(node->wrong, sizeof(node->wrong), "%s", reason);
	return err ? err : write_changes(node, &list, most);
}

int node_apply(struct node *node, struct generation *next, uint64_t now_ns, size_t most)
{
	bool all = !next->desired.keep_missing; /* else marks that a failed write left stay too */
	int err = carry_out(node, next, now_ns, most);

	if (err) {
		generation_done(next);
		return take_stock(node) ? -ENOMEM : err;
	}
	generation_trim(next);
	generation_replace(&node->generation, next);
	if (node->whole && all && !plan_model_marks_fit(&node->kernel))
		snprintf(node->wrong, sizeof(node->wrong), "marked addresses are not those of VIPs");
	return 0;
}
