/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Classified endpoints → hosts: equal ones summed, localities joined, in canonical order.
 * Part of view_build. */
#ifndef HOSTS_H
#define HOSTS_H

#include <stddef.h>
#include <stdint.h>

#include "endpoint_class.h"
#include "shares.h"

struct arena;

/* The endpoints behind the share_host of the same index. */
struct host {
	const struct reachability *network; /* NULL: own, and the mesh does not have it */
	const struct socket_addr *address;
	bool gateway;
	const char *locality; /* "" when it is in several */
};

struct host_set {
	struct share_input input; /* localities, entries, hosts, priority_count filled in */
	struct host *hosts;       /* sorted by priority, network, address, port */
	uint32_t duplicates;      /* endpoints summed into an equal one */
};

/* `classes` has one element per endpoint of the assignment, in document order. Names of localities come from
 * `arena`, all else from `scratch`. Returns 0, -ENOMEM, or -E2BIG for a priority above
 * MAX_PRIORITY. */
int hosts_collect(struct arena *arena, struct arena *scratch,
		  const struct view_request *request, const struct endpoint_class *classes,
		  size_t class_count, struct host_set *ret);

#endif
