/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Idle flows are swept in small steps, so that an update never waits for a million of them. */
#include <string.h>

#include "agent.h"
#include "clock.h"
#include "log.h"
#include "usage.h"

#define MAPS (sizeof(((struct sweeper *)0)->counts) / sizeof(uint32_t))

static void visit(void *arg, const struct flow_key *key, const struct flow *flow, bool deleted)
{
	usage_visit(arg, key, flow, deleted);
}

static int start_map(struct agent *agent)
{
	struct map_fds fds = dataplane_fds(agent->kernel.dataplane);
	enum family_index family = agent->sweeper.map % FAMILIES;
	bool embryonic = agent->sweeper.map >= FAMILIES;
	struct sweep_options options = {
		.fd = embryonic ? fds.embryonic[family] : fds.flows[family],
		.owners = fds.owners,
		.family = family,
		.embryonic = embryonic,
		.hz = agent->kernel.hz,
		.gone = &agent->sweeper.gone,
		.visit = embryonic ? NULL : visit,
		.arg = agent,
	};
	int err = clock_jiffies(dataplane_now_fd(agent->kernel.dataplane), &options.now);

	if (!err)
		err = sweep_start(&agent->sweeper.sweep, &options);
	if (!err && !agent->sweeper.map)
		usage_begin(agent);
	return err;
}

/* Other events get their turn between two steps. */
static void step_soon(struct agent *agent)
{
	static const struct timeval at_once = { 0, 0 };

	evtimer_add(agent->sweeper.event, &at_once);
}

static void stop(struct agent *agent, int err)
{
	sweep_done(&agent->sweeper.sweep);
	usage_finish(agent, false);
	agent->sweeper.map = MAPS;
	if (err)
		log_warn("sweeping idle flows: %s", strerror(-err));
}

/* Returns 0, or -errno. */
static int next_map(struct agent *agent)
{
	agent->sweeper.counts[agent->sweeper.map] = agent->sweeper.sweep.left;
	sweep_done(&agent->sweeper.sweep);
	agent->sweeper.map++;
	if (agent->sweeper.map == FAMILIES) /* behind the last map of established flows */
		usage_finish(agent, true);
	return agent->sweeper.map < MAPS ? start_map(agent) : 0;
}

static void on_step(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;
	int err = sweep_step(&agent->sweeper.sweep);

	if (!err)
		err = next_map(agent);
	if (err < 0)
		stop(agent, err);
	else if (agent->sweeper.map < MAPS)
		step_soon(agent);
	else if (agent->sweeper.again)
		sweep_flows(agent);
}

static void judge_paths(struct agent *agent)
{
	uint32_t now;
	int err = clock_jiffies(dataplane_now_fd(agent->kernel.dataplane), &now);

	if (!err)
		err = map_writer_judge_paths(agent->kernel.writer, now);
	if (err)
		log_warn("looking for narrow paths: %s", strerror(-err));
}

void sweep_flows(struct agent *agent)
{
	int err;

	judge_paths(agent);

	if (!agent->sweeper.event)
		agent->sweeper.event = evtimer_new(agent->base, on_step, agent);
	agent->sweeper.again = agent->sweeper.event && evtimer_pending(agent->sweeper.event, NULL);
	if (!agent->sweeper.event || agent->sweeper.again)
		return; /* the last one is still under way */
	agent->sweeper.map = 0;
	err = start_map(agent);
	if (err)
		stop(agent, err);
	else
		step_soon(agent);
}

void sweep_gone(struct agent *agent, uint32_t ifindex)
{
	struct sweep_gone *gone = &agent->sweeper.gone;
	uint32_t now;

	if (!clock_jiffies(dataplane_now_fd(agent->kernel.dataplane), &now)) {
		gone->items[gone->count % SWEEP_GONE].ifindex = ifindex;
		gone->items[gone->count++ % SWEEP_GONE].at = now;
	}
	sweep_flows(agent);
}

void sweep_flows_done(struct agent *agent)
{
	if (agent->sweeper.event)
		event_free(agent->sweeper.event);
	sweep_done(&agent->sweeper.sweep);
	usage_done(agent);
}
