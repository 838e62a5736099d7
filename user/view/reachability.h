/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The networks of the mesh as seen from one of them: which are local, and through which gateways
 * the others are entered. Part of view_build. */
#ifndef REACHABILITY_H
#define REACHABILITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway_fault.h"
#include "view.h"
#include "view_request.h"

/* One network, seen from request->network. */
struct reachability {
	const struct mesh_network *network;
	bool own;
	bool local;           /* own, or flat with it: pods are reached by their own address */
	enum excluded reason; /* why its pods cannot be reached; EXCLUDED_NONE when they can */
	bool down;            /* it has usable gateways, and all are known to be down */
	/* Gateways that take its pods' traffic: the usable ones that are up, or all usable ones
	 * when none is up. */
	const struct mesh_gateway **gateways;
	size_t gateway_count;
};

struct known_gateway {
	const struct mesh_gateway *gateway;
	const struct reachability *network;
	const struct gateway_fault *fault; /* NULL: usable */
};

struct known_registry {
	const char *name;
	const struct reachability *network;
};

struct reachability_map {
	const struct view_request *request;
	struct reachability *networks; /* by name, as in the mesh */
	size_t network_count;
	struct reachability *own;       /* NULL when the mesh does not have it */
	struct known_gateway *gateways; /* by address, port */
	size_t gateway_count;
	struct known_registry *registries; /* by name */
	size_t registry_count;
};

/* Builds into `arena`. Returns 0 or -ENOMEM. */
int reachability_build(struct arena *arena, const struct view_request *request,
		       struct reachability_map *ret);

/* Each returns NULL when there is none. */
const struct reachability *reachability_by_name(const struct reachability_map *map,
						const char *name);
const struct known_gateway *reachability_by_gateway(const struct reachability_map *map,
						    const struct socket_addr *addr);
/* `registry` is `length` bytes long. */
const struct reachability *reachability_by_registry(const struct reachability_map *map,
						    const char *registry, size_t length);
const struct reachability *reachability_by_cidr(const struct reachability_map *map,
						const struct addr *addr);

/* Whether request->down has this address and port. */
bool reachability_is_down(const struct view_request *request, const struct addr *addr,
			  uint16_t port);

#endif
