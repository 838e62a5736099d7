/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every problem of the agent, in one walk; each is logged once while it stands. */
#ifndef PROBLEMS_H
#define PROBLEMS_H

struct agent;

/* Calls `visit` with each problem that stands; non-zero stops it and is returned. */
int problems_each(const struct agent *agent, int (*visit)(void *arg, const char *problem),
		  void *arg);

/* Logs each problem that did not stand at the last call. */
void problems_log(struct agent *agent);
void problems_forget(struct agent *agent);

#endif
