/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* endpoint_stale_after: what a control plane fell silent about is forgotten when it said so. */
#include "agent.h"
#include "clock.h"

static void on_stale(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	agent_apply(arg);
}

void agent_stale_arm(struct agent *agent)
{
	uint64_t now = clock_monotonic_ns(), at = agent->picture.stale_at_ns;
	uint64_t wait_us = at > now ? (at - now) / 1000 + 1000 : 1000;
	struct timeval wait = { (time_t)(wait_us / 1000000), (suseconds_t)(wait_us % 1000000) };

	if (!agent->stale)
		agent->stale = evtimer_new(agent->base, on_stale, agent);
	if (!agent->stale)
		return;
	evtimer_del(agent->stale);
	if (at)
		evtimer_add(agent->stale, &wait);
}
