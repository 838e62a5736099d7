/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Everything the agent has to complain about, in one walk. */
#ifndef AGENT_PROBLEMS_H
#define AGENT_PROBLEMS_H

struct agent;

/* Calls `visit` with each reason that stands; non-zero stops it and is returned. */
int agent_problems_each(const struct agent *agent, int (*visit)(void *arg, const char *problem),
			void *arg);

#endif
