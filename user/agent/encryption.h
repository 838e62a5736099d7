/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which gateways of networks that require encryption are behind a device that encrypts. */
#ifndef ENCRYPTION_H
#define ENCRYPTION_H

#include "problems.h"

struct agent;

/* `on_change` is called when another set of gateways is to be used. Returns 0 or -ENOMEM. */
int encryption_open(struct agent *agent, void (*on_change)(struct agent *agent));
/* Before each build: looks at the routes, and from then on once a second as long as a network requires
 * encryption. */
void encryption_follow(struct agent *agent);
void encryption_done(struct agent *agent);

/* Calls `visit` with each gateway that is not used. */
int encryption_each_problem(const struct agent *agent, problem_visitor *visit, void *arg);

#endif
