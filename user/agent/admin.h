/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The admin server and the listener for metrics: where they listen, and the pages they serve. */
#ifndef ADMIN_H
#define ADMIN_H

struct agent;

/* Opens, moves or closes both as the configuration says. Where that fails the old one stays, and
 * agent->admin_problem or metrics_problem says why until a later call succeeds. Logs what changes. */
void admin_follow(struct agent *agent);
void admin_done(struct agent *agent);

#endif
