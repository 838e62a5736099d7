/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The admin server of the agent. */
#ifndef AGENT_ADMIN_H
#define AGENT_ADMIN_H

struct agent;

/* The server as the configuration has it: opened, moved or closed. Where that fails the old one
 * stays, and the reason stands until it succeeds: to be called again. Logs what changes. */
void agent_admin_follow(struct agent *agent);
/* Why the server is not as configured; NULL when it is. */
const char *agent_admin_problem(const struct agent *agent);
void agent_admin_done(struct agent *agent);

#endif
