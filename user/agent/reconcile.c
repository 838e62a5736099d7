/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Configuration and assignments → generation → plan → kernel. */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "arena.h"
#include "clock.h"
#include "encryption.h"
#include "log.h"
#include "memory.h"
#include "node_facts.h"
#include "plan.h"
#include "probes.h"
#include "problems.h"

/* ------------------------------------------------------------------ when */

static void schedule_at(struct reconciler *reconciler, uint64_t now_ns, uint64_t at_ns)
{
	uint64_t wait_us = at_ns > now_ns ? (at_ns - now_ns) / 1000 : 0;
	const struct timeval wait = { (time_t)(wait_us / 1000000), (suseconds_t)(wait_us % 1000000) };

	if (reconciler->due_ns && reconciler->due_ns <= at_ns)
		return;
	reconciler->due_ns = at_ns;
	if (wait_us)
		evtimer_add(reconciler->due_event, &wait);
	else
		event_active(reconciler->due_event, EV_TIMEOUT, 0); /* a timer may be late by milliseconds */
}

void schedule_look(struct agent *agent, bool whole)
{
	struct reconciler *reconciler = &agent->reconciler;
	uint64_t now = clock_monotonic_ns(), at = whole ? now : now + RECONCILE_DEBOUNCE_NS;

	if (!reconciler->since_ns)
		reconciler->since_ns = now;
	schedule_at(reconciler, now, reconciler->rest_ns > at ? reconciler->rest_ns : at);
}

void schedule_reconcile(struct agent *agent)
{
	agent->reconciler.due = true;
	schedule_look(agent, true);
}

static void on_stale(evutil_socket_t fd, short what, void *arg)
{
	reconcile(arg);
}

/* endpoint_stale_after: an assignment that the control plane does not renew expires. */
static void schedule_stale(struct agent *agent)
{
	uint64_t now = clock_monotonic_ns(), at = agent->reconciler.generation.stale_at_ns;
	uint64_t wait_us = at > now ? (at - now) / 1000 + 1000 : 1000;
	struct timeval wait = { (time_t)(wait_us / 1000000), (suseconds_t)(wait_us % 1000000) };

	evtimer_del(agent->reconciler.stale_event);
	if (at)
		evtimer_add(agent->reconciler.stale_event, &wait);
}

int reconcile_open(struct agent *agent, event_callback_fn on_due)
{
	struct reconciler *reconciler = &agent->reconciler;

	reconciler->due_event = evtimer_new(agent->base, on_due, agent);
	reconciler->stale_event = evtimer_new(agent->base, on_stale, agent);
	return reconciler->due_event && reconciler->stale_event ? 0 : -ENOMEM;
}

void reconcile_done(struct agent *agent)
{
	if (agent->reconciler.due_event)
		event_free(agent->reconciler.due_event);
	if (agent->reconciler.stale_event)
		event_free(agent->reconciler.stale_event);
	generation_done(&agent->reconciler.generation);
	free(agent->reconciler.problem);
	free(agent->reconciler.ipv6_problem);
}

/* ------------------------------------------------------------------ build */

static int vip_input(const void *source, struct arena *arena, struct vip_input *ret)
{
	return source_vip_input(source, arena, ret);
}

bool ipv6_retry_due(const struct agent *agent)
{
	return agent->reconciler.ipv6_problem &&
	       clock_monotonic_ns() >= agent->reconciler.ipv6_retry_ns;
}

static struct build_input collect_input(struct agent *agent)
{
	struct build_input input = {
		.config = agent->files.config,
		.config_loads = agent->files.config_loads,
		.ledger = &agent->kernel.ledger,
		.adopted = dataplane_adopted(agent->kernel.dataplane),
		.ipv6 = !agent->reconciler.ipv6_problem || ipv6_retry_due(agent),
		.assignments = source_list(agent->source),
		.clusters = source_clusters(agent->source),
		.layout = source_layout(agent->source),
		.vip_input = source_names_vips(agent->source) ? vip_input : NULL,
		.source = agent->source,
		.now_ns = clock_monotonic_ns(),
	};

	node_facts_read(input.config, &agent->interfaces, &input.node);
	input.node.hz = agent->kernel.hz;
	agent->reconciler.address = input.node.address;
	agent->reconciler.tunnels = build_input_tunnels(&input);
	return input;
}

static int build(struct agent *agent, struct generation *ret)
{
	const struct reconciler *reconciler = &agent->reconciler;
	struct build_input input = collect_input(agent);
	struct socket_addr *down = NULL;
	int err = probes_down(agent, &down, &input.down_count);

	input.down = down;
	if (!err)
		err = desired_build(&input, reconciler->applied ? &reconciler->generation : NULL,
				    ret);
	free(down);
	return err;
}

/* ------------------------------------------------------------------ IPv6 */

#define IPV6_RETRY_NS 60000000000ull

static void set_ipv6_problem(struct reconciler *reconciler, const char *reason)
{
	char text[DATAPLANE_REASON + 32];

	free(reconciler->ipv6_problem);
	snprintf(text, sizeof(text), "IPv6 is not carried: %s", reason);
	reconciler->ipv6_problem = *reason ? strdup(text) : NULL;
	reconciler->ipv6_retry_ns = clock_monotonic_ns() + IPV6_RETRY_NS;
}

/* A pin that fails is restored later, as all others (pins.c). */
static int load_ipv6(struct agent *agent)
{
	struct kernel_state *kernel = &agent->kernel;
	char reason[DATAPLANE_REASON] = "";
	int err = dataplane_add_ipv6(kernel->dataplane, reason);
	struct map_fds fds = dataplane_fds(kernel->dataplane);

	if (!dataplane_has_ipv6(kernel->dataplane)) {
		set_ipv6_problem(&agent->reconciler, reason);
		return err;
	}
	set_ipv6_problem(&agent->reconciler, "");
	map_writer_set_fds(kernel->writer, &fds);
	log_info("IPv6 is in use: its programs are loaded");
	return 0;
}

/* The programs of IPv6 are loaded when the first address of it is wanted; without them it is left out. */
static int build_carried(struct agent *agent, struct generation *ret)
{
	int err = build(agent, ret);

	if (err || dataplane_has_ipv6(agent->kernel.dataplane) || !generation_has_ipv6(ret) ||
	    !load_ipv6(agent))
		return err;
	generation_done(ret);
	return build(agent, ret);
}

/* ------------------------------------------------------------------ apply */

static void set_problem(struct reconciler *reconciler, const char *text)
{
	free(reconciler->problem);
	reconciler->problem = text ? strdup(text) : NULL;
}

static int write_changes(struct kernel_state *kernel, const struct change_list *list)
{
	int err = 0;

	for (size_t i = 0; !err && i < list->count; i++) {
		err = ledger_apply(&kernel->ledger, &list->items[i]);
		if (!err)
			err = map_writer_apply(kernel->writer, &list->items[i]);
	}
	return err;
}

/* The changes before the failed one stand; the ledger must learn which they are. */
static int recover(struct agent *agent, int why)
{
	char text[128];
	int err;

	snprintf(text, sizeof(text), "writing the maps failed: %s; tried again soon",
		 strerror(-why));
	set_problem(&agent->reconciler, text);
	err = map_writer_resync(agent->kernel.writer, &agent->kernel.ledger);
	return err ? err : why;
}

static void count_update(struct reconciler *reconciler, const struct generation *next,
			 size_t changes, uint64_t start_ns)
{
	const struct service_rows *rows = next->changed ? &reconciler->generation.rows : &next->rows;

	if (!reconciler->last_update || changes)
		reconciler->last_update = time(NULL); /* also when adopted maps are up to date */
	if (!changes)
		return;
	reconciler->updates++;
	log_info("%zu changes applied in %llu us: %zu services", changes,
		 (unsigned long long)(clock_monotonic_ns() - start_ns) / 1000, rows->wanted);
}

static int apply(struct agent *agent, struct generation *next, bool *ret_whole)
{
	struct reconciler *reconciler = &agent->reconciler;
	const char *reason = NULL;
	struct change_list list = {};
	uint64_t start = clock_monotonic_ns();
	int err = plan_fit(&agent->kernel.ledger, &next->desired, start, next->arena, &list, &reason);

	if (err == -ENOSPC)
		set_problem(reconciler, reason);
	if (err)
		return err;
	err = write_changes(&agent->kernel, &list);
	if (err)
		return recover(agent, err);
	clients_follow(agent, &list);
	set_problem(reconciler, reason);
	*ret_whole = !reason;
	reconciler->complete |= !reason;
	count_update(reconciler, next, list.count, start);
	return 0;
}

/* Decoded files and views come and go by megabytes: they are returned to the system at once. After a
 * small update even malloc_trim(), which walks all free memory, would double the latency. */
static void trim(struct generation *generation)
{
	bool small = generation->changed;

	if (generation_trim(generation) >= MEMORY_LARGE)
		memory_give_back();
	else if (!small)
		malloc_trim(0);
}

/* A refused generation is not shown: the old set serves on. */
static void succeed(struct agent *agent, struct generation *next, bool whole, int err)
{
	struct reconciler *reconciler = &agent->reconciler;

	reconciler->applied = whole;
	if (err && reconciler->generation.kept) {
		generation_done(next);
		return;
	}
	agent->publisher.all |= generation_replace(&reconciler->generation, next);
	schedule_stale(agent);
}

/* A change that found no room, or was refused, converges when it is applied at last. */
static void measure(struct reconciler *reconciler, uint64_t start_ns, bool changed, bool whole)
{
	uint64_t now = clock_monotonic_ns();

	if (changed)
		histogram_add(&reconciler->apply, now - start_ns);
	if (changed && whole && reconciler->since_ns)
		histogram_add(&reconciler->convergence, now - reconciler->since_ns);
	if (whole)
		reconciler->since_ns = 0;
}

int reconcile(struct agent *agent)
{
	uint64_t start = clock_monotonic_ns(), updates = agent->reconciler.updates;
	struct generation next;
	bool whole = false;
	int err = source_refresh(agent->source);

	encryption_follow(agent);
	if (!err)
		err = build_carried(agent, &next);
	if (err) {
		set_problem(&agent->reconciler, "out of memory: the old set serves on");
		log_error("out of memory: the old set serves on");
		return err;
	}
	agent->reconciler.built += next.built;
	admission_follow(agent); /* before a gateway opens */
	err = apply(agent, &next, &whole);
	measure(&agent->reconciler, start, agent->reconciler.updates != updates, whole);
	trim(&next);
	succeed(agent, &next, whole, err);
	probes_follow(agent);
	/* Readers take a published status for readiness, so the programs must be attached first. */
	if (agent->reconciler.serving) {
		publish_soon(agent);
		problems_log(agent);
	}
	return err;
}
