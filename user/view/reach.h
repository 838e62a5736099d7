/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The networks of the mesh as seen from one of them: who is local, who is entered how. Shared by
 * the parts of view_build. */
#ifndef REACH_H
#define REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view.h"
#include "view_request.h"

/* One network, seen from request->network. */
struct reach {
	const struct mesh_network *network;
	bool own;
	bool local;           /* own, or flat with it: pods by their own address */
	enum excluded reason; /* why its pods cannot be used; EXCLUDED_NONE when they can */
	bool down;            /* it has usable gateways, and all are known to be down */
	/* Gateways that take its pods' traffic: those that are up, or all when none is. */
	const struct mesh_gateway **gateways;
	size_t gateway_count;
};

struct reach_gateway {
	const struct mesh_gateway *gateway;
	const struct reach *network;
	const struct gateway_fault *fault; /* NULL: usable */
};

struct reach_registry {
	const char *name;
	uint32_t network;
};

struct reach_map {
	const struct view_request *request;
	struct reach *networks; /* in the order of the mesh: by name */
	size_t network_count;
	struct reach *own;               /* NULL when the mesh does not have it */
	struct reach_gateway *gateways;  /* by address, port */
	size_t gateway_count;
	struct reach_registry *registries; /* by name */
	size_t registry_count;
};

/* Build into `arena`. Returns 0 or -ENOMEM. */
int reach_build(struct arena *arena, const struct view_request *request, struct reach_map *ret);

/* Each returns NULL when there is none. */
const struct reach *reach_by_name(const struct reach_map *map, const char *name);
const struct reach_gateway *reach_by_gateway(const struct reach_map *map,
					     const struct socket_addr *addr);
/* `length` bytes of `registry` count. */
const struct reach *reach_by_registry(const struct reach_map *map, const char *registry,
				      size_t length);
const struct reach *reach_by_cidr(const struct reach_map *map, const struct addr *addr);

/* Is this address:port among request->down? */
bool reach_is_down(const struct view_request *request, const struct addr *addr, uint16_t port);

#endif
