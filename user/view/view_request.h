/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The inputs of a view. */
#ifndef VIEW_REQUEST_H
#define VIEW_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assignment.h"
#include "config.h"

enum view_side {
	VIEW_CLIENT,  /* local pods and gateways; drop overloads apply */
	VIEW_GATEWAY, /* pods of our own network only; drops were applied by the client */
};

struct view_request {
	const struct assignment *assignment; /* not rejected */
	const struct mesh_networks *mesh;
	const char *network;      /* seen from here; overrides mesh_network.own */
	const char *cluster;      /* registry of this node, or NULL when not configured */
	bool locality_weighted;   /* loadBalancing.localityWeighted */
	uint32_t panic_threshold; /* percent, 0 disables panic */
	uint8_t family;           /* 4 or 6 */
	uint8_t proto;            /* IPPROTO_TCP or IPPROTO_UDP */
	uint8_t tunnels;          /* set of families in which this node can send tunnel packets */
	enum view_side side;
	/* Gateways known to be down, and endpoints that count as UNHEALTHY whatever EDS says; `proto`
	 * is ignored. May be NULL. */
	const struct socket_addr *down;
	size_t down_count;
};

#endif
