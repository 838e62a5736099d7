/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The networks of the mesh as seen from one of them: who is local, who is entered how. */
#include "reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "gateway_fault.h"

bool reach_is_down(const struct view_request *request, const struct addr *addr, uint16_t port)
{
	for (size_t i = 0; i < request->down_count; i++) {
		if (request->down[i].port == port && addr_equal(&request->down[i].addr, addr))
			return true;
	}
	return false;
}

static int add_gateways(struct arena *arena, const struct view_request *request,
			struct reach *reach)
{
	const struct mesh_network *network = reach->network;
	enum excluded reason = EXCLUDED_NO_GATEWAY;
	size_t usable = 0, up = 0;

	reach->gateways = arena_array(arena, network->gateway_count, sizeof(*reach->gateways));
	if (!reach->gateways)
		return -ENOMEM;
	for (size_t i = 0; i < network->gateway_count; i++) {
		const struct mesh_gateway *gateway = &network->gateways[i];
		const struct gateway_fault *fault =
			gateway_fault(network, reach->own, gateway, request->family);

		if (fault) {
			if (fault->reason == EXCLUDED_NO_TRANSPORT ||
			    fault->reason == EXCLUDED_IPV6_GATEWAY)
				reason = fault->reason;
			continue;
		}
		/* Those that are up come first. */
		reach->gateways[usable++] = gateway;
		if (!reach_is_down(request, &gateway->addr, gateway->port)) {
			reach->gateways[usable - 1] = reach->gateways[up];
			reach->gateways[up++] = gateway;
		}
	}
	reach->reason = usable || reach->local ? EXCLUDED_NONE : reason;
	reach->down = usable && !up;
	reach->gateway_count = up ? up : usable;
	return 0;
}

/* `flat` is said of pairs with the configured own network. Seen from another one, only that pair
 * is known. */
static bool is_flat(const struct reach_map *map, const struct mesh_network *network)
{
	if (!map->own)
		return false;
	return map->own->network->own ? network->flat : network->own && map->own->network->flat;
}

static int fill(struct arena *arena, struct reach_map *map, struct reach *reach)
{
	reach->own = reach == map->own;
	reach->local = reach->own || is_flat(map, reach->network);
	return add_gateways(arena, map->request, reach);
}

static int compare_gateway(const void *a, const void *b)
{
	const struct mesh_gateway *x = ((const struct reach_gateway *)a)->gateway;
	const struct mesh_gateway *y = ((const struct reach_gateway *)b)->gateway;
	int order = addr_compare(&x->addr, &y->addr);

	return order ? order : (x->port > y->port) - (x->port < y->port);
}

static int compare_registry(const void *a, const void *b)
{
	const struct reach_registry *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->network > y->network) - (x->network < y->network);
}

static int index_gateways(struct arena *arena, struct reach_map *map)
{
	size_t total = 0;

	for (size_t i = 0; i < map->network_count; i++)
		total += map->networks[i].network->gateway_count;
	map->gateways = arena_array(arena, total, sizeof(*map->gateways));
	if (!map->gateways)
		return -ENOMEM;
	for (size_t i = 0; i < map->network_count; i++) {
		const struct reach *reach = &map->networks[i];

		for (size_t j = 0; j < reach->network->gateway_count; j++) {
			const struct mesh_gateway *gateway = &reach->network->gateways[j];

			if (!gateway->addr.family)
				continue;
			map->gateways[map->gateway_count++] = (struct reach_gateway){
				gateway, reach,
				gateway_fault(reach->network, reach->own, gateway,
					      map->request->family),
			};
		}
	}
	qsort(map->gateways, map->gateway_count, sizeof(*map->gateways), compare_gateway);
	return 0;
}

static int index_registries(struct arena *arena, struct reach_map *map)
{
	size_t total = 0;

	for (size_t i = 0; i < map->network_count; i++)
		total += map->networks[i].network->registry_count;
	map->registries = arena_array(arena, total, sizeof(*map->registries));
	if (!map->registries)
		return -ENOMEM;
	for (size_t i = 0; i < map->network_count; i++) {
		const struct mesh_network *network = map->networks[i].network;

		for (size_t j = 0; j < network->registry_count; j++)
			map->registries[map->registry_count++] = (struct reach_registry){
				.name = network->registries[j],
				.network = (uint32_t)i,
			};
	}
	qsort(map->registries, map->registry_count, sizeof(*map->registries), compare_registry);
	return 0;
}

int reach_build(struct arena *arena, const struct view_request *request, struct reach_map *ret)
{
	const struct mesh_networks *mesh = request->mesh;
	struct reach_map map = {.request = request, .network_count = mesh ? mesh->count : 0};
	int error = 0;

	map.networks = arena_array(arena, map.network_count, sizeof(*map.networks));
	if (!map.networks)
		return -ENOMEM;
	for (size_t i = 0; i < map.network_count; i++) {
		map.networks[i].network = &mesh->networks[i];
		if (!strcmp(mesh->networks[i].name, request->network))
			map.own = &map.networks[i];
	}
	for (size_t i = 0; i < map.network_count && !error; i++)
		error = fill(arena, &map, &map.networks[i]);
	if (!error)
		error = index_gateways(arena, &map);
	if (!error)
		error = index_registries(arena, &map);
	if (!error)
		*ret = map;
	return error;
}

const struct reach *reach_by_name(const struct reach_map *map, const char *name)
{
	size_t low = 0, high = map->network_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(map->networks[middle].network->name, name);

		if (!order)
			return &map->networks[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct reach_gateway *reach_by_gateway(const struct reach_map *map,
					     const struct socket_addr *addr)
{
	struct mesh_gateway gateway = {.addr = addr->addr, .port = addr->port};
	struct reach_gateway key = {.gateway = &gateway};

	return bsearch(&key, map->gateways, map->gateway_count, sizeof(key), compare_gateway);
}

const struct reach *reach_by_registry(const struct reach_map *map, const char *registry,
				      size_t length)
{
	size_t low = 0, high = map->registry_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *name = map->registries[middle].name;
		int order = strncmp(name, registry, length);

		if (!order && name[length])
			order = 1;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == map->registry_count || strncmp(map->registries[low].name, registry, length) ||
	    map->registries[low].name[length])
		return NULL;
	return &map->networks[map->registries[low].network];
}

const struct reach *reach_by_cidr(const struct reach_map *map, const struct addr *addr)
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
