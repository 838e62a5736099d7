/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Routes of the main table by rtnetlink. */
#ifndef NETLINK_ROUTES_H
#define NETLINK_ROUTES_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"

/* A route, or one of its next hops. */
struct netlink_route {
	struct prefix to;
	uint8_t type;     /* RTN_UNICAST, RTN_BLACKHOLE ... */
	uint32_t ifindex; /* 0: none, as of a blackhole */
	uint32_t metric;
	bool direct; /* without a gateway */
};

typedef void (*netlink_route_visit)(void *arg, const struct netlink_route *route);

/* Visits the routes of one family (AF_INET, AF_INET6), at most 65,536 messages of the kernel: the default
 * routes come first. Returns 0 or -errno. */
int netlink_routes(uint8_t family, netlink_route_visit visit, void *arg);

/* The interface by which a packet to an address leaves. Returns 0 or -errno. */
int netlink_route_to(const struct addr *to, uint32_t *ret_ifindex);

#endif
