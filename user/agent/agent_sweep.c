/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Idle flows are swept out in small steps, so that an update never waits for a million of them. */
#include <string.h>

#include "agent.h"
#include "clock.h"
#include "log.h"

#define MAPS (sizeof(((struct agent *)0)->flow_counts) / sizeof(uint32_t))

static int start_map(struct agent *agent)
{
	const int fds[MAPS] = { dataplane_flows_fd(agent->dataplane),
				dataplane_embryonic_fd(agent->dataplane) };
	uint32_t now;
	int err = clock_jiffies(dataplane_now_fd(agent->dataplane), &now);

	return err ? err : sweep_start(&agent->sweep, fds[agent->sweep_map], now, agent->hz);
}

/* Everything else that waits gets its turn between two steps. */
static void step_soon(struct agent *agent)
{
	static const struct timeval at_once = { 0, 0 };

	evtimer_add(agent->sweep_timer, &at_once);
}

static void stop(struct agent *agent, int err)
{
	sweep_done(&agent->sweep);
	agent->sweep_map = MAPS;
	if (err)
		log_warn("sweeping idle flows: %s", strerror(-err));
}

/* Returns 0, or -errno. */
static int next_map(struct agent *agent)
{
	agent->flow_counts[agent->sweep_map] = agent->sweep.left;
	sweep_done(&agent->sweep);
	return ++agent->sweep_map < MAPS ? start_map(agent) : 0;
}

static void on_step(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;
	int err = sweep_step(&agent->sweep);

	(void)fd;
	(void)what;
	if (!err)
		err = next_map(agent);
	if (err < 0)
		stop(agent, err);
	else if (agent->sweep_map < MAPS)
		step_soon(agent);
}

void agent_sweep(struct agent *agent)
{
	int err;

	if (!agent->sweep_timer)
		agent->sweep_timer = evtimer_new(agent->base, on_step, agent);
	if (!agent->sweep_timer || evtimer_pending(agent->sweep_timer, NULL))
		return; /* the last one is still under way */
	agent->sweep_map = 0;
	err = start_map(agent);
	if (err)
		stop(agent, err);
	else
		step_soon(agent);
}

void agent_sweep_done(struct agent *agent)
{
	if (agent->sweep_timer)
		event_free(agent->sweep_timer);
	sweep_done(&agent->sweep);
}
