/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Probes the gateways in the maps, and writes into `health` which of them are down. */
#ifndef PROBES_H
#define PROBES_H

#include "addr.h"
#include "problems.h"

struct agent;
struct socket_addr;

/* Before the first reconcile(). `on_change` is called when a gateway went down or up. Returns 0 or -errno. */
int probes_open(struct agent *agent, void (*on_change)(struct agent *agent));
/* After each: follows the gateways in the maps, and the configuration. */
void probes_follow(struct agent *agent);
void probes_done(struct agent *agent);

/* What this node's own gateway tells those that probe it. At each tick. */
void probes_tell(struct agent *agent);

/* The gateways of meshNetworks that are down, for views; the caller frees *ret. Returns 0 or -ENOMEM. */
int probes_down(const struct agent *agent, struct socket_addr **ret, size_t *ret_count);

/* Calls `visit` with each gateway that is down. */
int probes_each_problem(const struct agent *agent, problem_visitor *visit, void *arg);

#endif
