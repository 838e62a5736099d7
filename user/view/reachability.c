/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The networks of the mesh as seen from one of them. */
#include "reachability.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

bool reachability_is_down(const struct view_request *request, const struct addr *addr,
			  uint16_t port)
{
	for (size_t i = 0; i < request->down_count; i++) {
		if (request->down[i].port == port && addr_equal(&request->down[i].addr, addr))
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------ build */

/* `flat` is declared for pairs with the configured own network. Seen from another network, no
 * other pair is known. */
static bool is_flat(const struct reachability_map *map, const struct mesh_network *network)
{
	if (!map->own)
		return false;
	return map->own->network->own ? network->flat : network->own && map->own->network->flat;
}

/* Gateways that are up come first. */
static void add_usable(const struct view_request *request, struct reachability *network,
		       const struct mesh_gateway *gateway, size_t *up)
{
	network->gateways[network->gateway_count++] = gateway;
	if (reachability_is_down(request, &gateway->addr, gateway->port))
		return;
	network->gateways[network->gateway_count - 1] = network->gateways[*up];
	network->gateways[(*up)++] = gateway;
}

/* Faults that hold for all pods behind the gateway; after others a gateway counts as not there. */
static bool explains_network(const struct gateway_fault *fault)
{
	return fault->reason == EXCLUDED_NO_TRANSPORT || fault->reason == EXCLUDED_GATEWAY_FAMILY ||
	       fault->reason == EXCLUDED_NOT_ENCRYPTED;
}

/* Fills in the network's gateways and appends them to map->gateways, which has room. */
static int add_gateways(struct arena *arena, struct reachability_map *map,
			struct reachability *network)
{
	const struct mesh_network *from = network->network;
	enum excluded reason = EXCLUDED_NO_GATEWAY;
	size_t up = 0;

	network->gateways = arena_array(arena, from->gateway_count, sizeof(*network->gateways));
	if (!network->gateways)
		return -ENOMEM;
	for (size_t i = 0; i < from->gateway_count; i++) {
		const struct mesh_gateway *gateway = &from->gateways[i];
		const struct gateway_fault *fault = gateway_fault_for(from, network->own, gateway,
								      map->request->family,
								      map->request->tunnels);

		if (gateway->addr.family)
			map->gateways[map->gateway_count++] =
				(struct known_gateway){gateway, network, fault};
		if (!fault && gateway_is_alias(from, gateway, map->request->tunnels))
			continue;
		if (!fault)
			add_usable(map->request, network, gateway, &up);
		else if (explains_network(fault))
			reason = fault->reason;
	}
	network->reason = network->gateway_count || network->local ? EXCLUDED_NONE : reason;
	network->down = network->gateway_count && !up;
	if (up)
		network->gateway_count = up;
	return 0;
}

static int fill_network(struct arena *arena, struct reachability_map *map,
			struct reachability *network)
{
	const struct mesh_network *from = network->network;

	network->own = network == map->own;
	network->local = network->own || is_flat(map, from);
	for (size_t i = 0; i < from->registry_count; i++)
		map->registries[map->registry_count++] =
			(struct known_registry){from->registries[i], network};
	return add_gateways(arena, map, network);
}

static int compare_gateway(const void *a, const void *b)
{
	const struct mesh_gateway *x = ((const struct known_gateway *)a)->gateway;
	const struct mesh_gateway *y = ((const struct known_gateway *)b)->gateway;
	int order = addr_compare(&x->addr, &y->addr);

	return order ? order : (x->port > y->port) - (x->port < y->port);
}

static int compare_registry(const void *a, const void *b)
{
	return strcmp(((const struct known_registry *)a)->name,
		      ((const struct known_registry *)b)->name);
}

static int allocate(struct arena *arena, const struct mesh_networks *mesh,
		    struct reachability_map *map)
{
	size_t gateways = 0, registries = 0;

	for (size_t i = 0; i < map->network_count; i++) {
		gateways += mesh->networks[i].gateway_count;
		registries += mesh->networks[i].registry_count;
	}
	map->networks = arena_array(arena, map->network_count, sizeof(*map->networks));
	map->gateways = arena_array(arena, gateways, sizeof(*map->gateways));
	map->registries = arena_array(arena, registries, sizeof(*map->registries));
	return map->networks && map->gateways && map->registries ? 0 : -ENOMEM;
}

int reachability_build(struct arena *arena, const struct view_request *request,
		       struct reachability_map *ret)
{
	const struct mesh_networks *mesh = request->mesh;
	struct reachability_map map = {.request = request,
				       .network_count = mesh ? mesh->count : 0};
	int err = allocate(arena, mesh, &map);

	if (err)
		return err;
	for (size_t i = 0; i < map.network_count; i++) {
		map.networks[i].network = &mesh->networks[i];
		if (!strcmp(mesh->networks[i].name, request->network))
			map.own = &map.networks[i];
	}
	for (size_t i = 0; i < map.network_count && !err; i++)
		err = fill_network(arena, &map, &map.networks[i]);
	if (err)
		return err;
	qsort(map.gateways, map.gateway_count, sizeof(*map.gateways), compare_gateway);
	qsort(map.registries, map.registry_count, sizeof(*map.registries), compare_registry);
	*ret = map;
	return 0;
}

/* ------------------------------------------------------------------ find */

static int compare_name(const void *key, const void *item)
{
	return strcmp(key, ((const struct reachability *)item)->network->name);
}

const struct reachability *reachability_by_name(const struct reachability_map *map,
						const char *name)
{
	return bsearch(name, map->networks, map->network_count, sizeof(*map->networks),
		       compare_name);
}

const struct known_gateway *reachability_by_gateway(const struct reachability_map *map,
						    const struct socket_addr *addr)
{
	struct mesh_gateway gateway = {.addr = addr->addr, .port = addr->port};
	struct known_gateway key = {.gateway = &gateway};

	return bsearch(&key, map->gateways, map->gateway_count, sizeof(key), compare_gateway);
}

struct part {
	const char *text;
	size_t length;
};

static int compare_part(const void *key, const void *item)
{
	const char *name = ((const struct known_registry *)item)->name;
	const struct part *part = key;
	int order = strncmp(part->text, name, part->length);

	return order ? order : -(name[part->length] != '\0');
}

const struct reachability *reachability_by_registry(const struct reachability_map *map,
						    const char *registry, size_t length)
{
	const struct part part = {registry, length};
	const struct known_registry *found =
		bsearch(&part, map->registries, map->registry_count, sizeof(*found), compare_part);

	return found ? found->network : NULL;
}

const struct reachability *reachability_by_cidr(const struct reachability_map *map,
						const struct addr *addr)
{
	for (size_t i = 0; i < map->network_count; i++) {
		const struct mesh_network *network = map->networks[i].network;

		for (size_t j = 0; j < network->cidr_count; j++) {
			if (prefix_contains(&network->cidrs[j], addr))
				return &map->networks[i];
		}
	}
	return NULL;
}
