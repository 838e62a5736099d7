/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every problem of the agent, in one walk; each is logged once while it stands. */
#ifndef PROBLEMS_H
#define PROBLEMS_H

struct agent;

/* `reason`: the kind of problem, in CamelCase as the reasons of Kubernetes' events. */
typedef int problem_visitor(void *arg, const char *reason, const char *problem);

/* Calls `visit` with each problem that stands; non-zero stops it and is returned. */
int problems_each(const struct agent *agent, problem_visitor *visit, void *arg);

/* Logs each problem that did not stand at the last call. */
void problems_log(struct agent *agent);
void problems_forget(struct agent *agent);

#endif
