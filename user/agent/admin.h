/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The admin server: where it listens, and the pages it serves. */
#ifndef ADMIN_H
#define ADMIN_H

struct agent;

/* Opens, moves or closes the server as the configuration says. Where that fails the old one stays, and
 * agent->admin_problem says why until a later call succeeds. Logs what changes. */
void admin_follow(struct agent *agent);
void admin_done(struct agent *agent);

#endif
