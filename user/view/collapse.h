/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hosts with shares → backends: remote pods' shares go to their network's gateways. Part of
 * view_build. */
#ifndef COLLAPSE_H
#define COLLAPSE_H

#include "hosts.h"
#include "view.h"

struct arena;

/* Fill in view->backends, from `arena`, out of the hosts that have a share. Returns 0 or
 * -ENOMEM. */
int collapse_hosts(struct arena *arena, const struct view_request *request,
		   const struct host_set *set, struct view *view);

#endif
