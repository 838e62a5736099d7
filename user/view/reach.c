/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The networks of the mesh as seen from one of them: who is local, who is entered how. */
#include "reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

bool reach_is_down(const struct view_request *request, const struct addr *addr, uint16_t port)
{
	for (size_t i = 0; i < request->down_count; i++) {
		if (request->down[i].port == port && addr_equal(&request->down[i].addr, addr))
			return true;
	}
	return false;
}

/* A tunnel carries either family inside; destination NAT keeps the packet's own. */
static bool gateway_usable(const struct view_request *request, const struct mesh_network *network,
			   const struct mesh_gateway *gateway)
{
	if (!addr_is_usable(&gateway->addr) || !gateway->port)
		return false;
	return network->transport != TRANSPORT_PASSTHROUGH ||
	       gateway->addr.family == request->family;
}

static int add_gateways(struct arena *arena, const struct view_request *request,
			struct reach *reach)
{
	const struct mesh_network *network = reach->network;
	size_t usable = 0, up = 0;
	bool down;

	reach->gateways = arena_array(arena, network->gateway_count, sizeof(*reach->gateways));
	if (!reach->gateways)
		return -ENOMEM;
	for (size_t i = 0; i < network->gateway_count; i++) {
		const struct mesh_gateway *gateway = &network->gateways[i];

		if (!gateway_usable(request, network, gateway))
			continue;
		down = reach_is_down(request, &gateway->addr, gateway->port);
		/* Those that are up come first. */
		reach->gateways[usable++] = gateway;
		if (!down) {
			reach->gateways[usable - 1] = reach->gateways[up];
			reach->gateways[up++] = gateway;
		}
	}
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
	int error;

	reach->own = reach == map->own;
	reach->local = reach->own || is_flat(map, reach->network);
	error = add_gateways(arena, map->request, reach);
	if (error || reach->local)
		return error;
	if (!reach->gateway_count)
		reach->reason = EXCLUDED_NO_GATEWAY;
	else if (reach->network->transport == TRANSPORT_NONE)
		reach->reason = EXCLUDED_NO_TRANSPORT;
	return 0;
}

static int compare_gateway(const void *a, const void *b)
{
	const struct reach_gateway *x = a, *y = b;
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
		const struct mesh_network *network = map->networks[i].network;

		for (size_t j = 0; j < network->gateway_count; j++) {
			if (!network->gateways[j].addr.family)
				continue;
			map->gateways[map->gateway_count++] = (struct reach_gateway){
				.addr = network->gateways[j].addr,
				.port = network->gateways[j].port,
				.network = (uint32_t)i,
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

const struct reach *reach_by_gateway(const struct reach_map *map, const struct socket_addr *addr)
{
	struct reach_gateway key = {.addr = addr->addr, .port = addr->port};
	const struct reach_gateway *found;

	found = bsearch(&key, map->gateways, map->gateway_count, sizeof(key), compare_gateway);
	return found ? &map->networks[found->network] : NULL;
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
