/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hosts with shares → backends: the shares of remote pods fold into their network's gateways. Part of
 * view_build. */
#ifndef GATEWAY_FOLD_H
#define GATEWAY_FOLD_H

#include "hosts.h"
#include "view.h"

struct arena;

/* Fills in view->backends, allocated from `arena`, from the hosts that have a share. Returns 0 or
 * -ENOMEM. */
int fold_into_gateways(struct arena *arena, const struct view_request *request,
		       const struct host_set *set, struct view *view);

#endif
