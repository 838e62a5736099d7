/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Replaces host names of gateways in meshNetworks by their addresses. */
#include "mesh_resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

/* Gateways in the maps. */
struct held {
	const struct desired_gateway *items;
	size_t count;
};

static int compare_addr(const void *a, const void *b)
{
	return addr_compare(a, b);
}

static bool is_host_name(const struct mesh_gateway *gateway)
{
	struct addr addr;

	return gateway->address && addr_parse(gateway->address, &addr);
}

static size_t collect_names(const struct mesh_networks *mesh,
			    const char *names[RESOLVER_NAMES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < mesh->count; i++)
		for (size_t g = 0; g < mesh->networks[i].gateway_count; g++) {
			const struct mesh_gateway *gateway = &mesh->networks[i].gateways[g];
			bool known = !is_host_name(gateway);

			for (size_t n = 0; !known && n < count; n++)
				known = !strcmp(names[n], gateway->address);
			if (!known && count < RESOLVER_NAMES_MAX)
				names[count++] = gateway->address;
		}
	return count;
}

/* Copies of one name and port stand beside each other from the last time: one is enough. */
static bool repeats(const struct mesh_gateway *gateways, size_t index)
{
	return index && is_host_name(&gateways[index]) && gateways[index - 1].address &&
	       !strcmp(gateways[index - 1].address, gateways[index].address) &&
	       gateways[index - 1].port == gateways[index].port;
}

static bool is_literal(const struct mesh_network *network, const struct addr *addr)
{
	for (size_t g = 0; g < network->gateway_count; g++)
		if (!is_host_name(&network->gateways[g]) &&
		    addr_equal(&network->gateways[g].addr, addr))
			return true;
	return false;
}

/* A slow answer after a start must not remove gateways that are in use. */
static size_t held_addresses(const struct mesh_network *network, const struct mesh_gateway *gateway,
			     const struct held *held, struct addr ret[RESOLVER_ADDRESSES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < held->count && count < RESOLVER_ADDRESSES_MAX; i++) {
		const struct desired_gateway *item = &held->items[i];
		struct addr addr = addr_of_ip(&item->key.addr);

		if (item->key.network == network->id && item->value.port == htons(gateway->port) &&
		    !is_literal(network, &addr))
			ret[count++] = addr;
	}
	if (count)
		qsort(ret, count, sizeof(*ret), compare_addr);
	return count;
}

static size_t find_addresses(const struct mesh_network *network, const struct mesh_gateway *gateway,
			     struct resolver *resolver, const struct held *held,
			     struct addr ret[RESOLVER_ADDRESSES_MAX])
{
	size_t found;

	if (!is_host_name(gateway))
		return 0;
	found = resolver_addresses(resolver, gateway->address, ret);
	return found ? found : held_addresses(network, gateway, held, ret);
}

/* Writes the resolved gateways to `ret`, which has room; returns their number. */
static size_t expand(const struct mesh_network *network, struct resolver *resolver,
		     const struct held *held, struct mesh_gateway *ret)
{
	struct addr addresses[RESOLVER_ADDRESSES_MAX];
	size_t count = 0;

	for (size_t g = 0; g < network->gateway_count; g++) {
		const struct mesh_gateway *gateway = &network->gateways[g];
		size_t found;

		if (repeats(network->gateways, g))
			continue;
		ret[count] = *gateway;
		found = find_addresses(network, gateway, resolver, held, addresses);
		for (size_t a = 0; a < found; a++) {
			ret[count + a] = *gateway;
			ret[count + a].addr = addresses[a];
		}
		count += found ? found : 1;
	}
	return count;
}

static bool same_gateways(const struct mesh_network *network, const struct mesh_gateway *gateways,
			  size_t count)
{
	if (network->gateway_count != count)
		return false;
	for (size_t g = 0; g < count; g++)
		if (!addr_equal(&network->gateways[g].addr, &gateways[g].addr))
			return false;
	return true;
}

/* The arena of `mesh` grows with each change of an answer only. */
static int resolve_network(struct mesh_networks *mesh, struct mesh_network *network,
			   struct resolver *resolver, const struct held *held)
{
	size_t room = network->gateway_count * RESOLVER_ADDRESSES_MAX;
	struct mesh_gateway *gateways = calloc(room, sizeof(*gateways)), *copy = NULL;
	size_t count = gateways ? expand(network, resolver, held, gateways) : 0;
	int err = gateways ? 0 : -ENOMEM;

	if (!err && !same_gateways(network, gateways, count)) {
		copy = arena_array(mesh->arena, count, sizeof(*copy));
		err = copy ? 0 : -ENOMEM;
	}
	if (copy) {
		memcpy(copy, gateways, count * sizeof(*copy));
		network->gateways = copy;
		network->gateway_count = count;
	}
	free(gateways);
	return err;
}

static bool has_host_name(const struct mesh_network *network)
{
	for (size_t g = 0; g < network->gateway_count; g++)
		if (is_host_name(&network->gateways[g]))
			return true;
	return false;
}

int mesh_resolve(struct mesh_networks *mesh, struct resolver *resolver,
		 const struct desired_gateway *held, size_t held_count)
{
	const struct held items = { held, held_count };
	const char *names[RESOLVER_NAMES_MAX];
	int err = resolver_want(resolver, names, collect_names(mesh, names));

	for (size_t i = 0; !err && i < mesh->count; i++)
		if (has_host_name(&mesh->networks[i]))
			err = resolve_network(mesh, &mesh->networks[i], resolver, &items);
	return err;
}
