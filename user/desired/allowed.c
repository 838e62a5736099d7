/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ranges whose sources the gateway, and doors of pods, admit. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "builder.h"
#include "mesh_networks.h"
#include "parallax_limits.h"

/* Id of the network that an item names; 0: any. Returns false, with a problem, if nobody knows it. */
static bool allowed_network(const struct mesh_networks *mesh, const char *name, uint32_t *ret,
			    struct generation *generation)
{
	*ret = 0;
	for (size_t i = 0; name && i < mesh->count; i++)
		if (!strcmp(mesh->networks[i].name, name))
			*ret = mesh->networks[i].id;
	if (name && !*ret)
		generation_problem(generation,
				   "gateway.allow: no network '%s' is in meshNetworks: its "
				   "sources are not admitted",
				   name);
	return !name || *ret;
}

/* An IPv6 range such as ::/0 must not contain IPv4-mapped addresses. */
static struct allowed_key make_allowed(const struct prefix *source, uint32_t network)
{
	bool ipv4 = source->addr.family == 4;

	return (struct allowed_key){
		.prefix = ALLOWED_NETWORK_BITS + (ipv4 ? IP_MAPPED_BITS : 0) + source->bits,
		.network = network | (ipv4 ? 0 : ALLOWED_IPV6),
		.addr = source->addr.ip,
	};
}

static void add_peer(const struct build_input *input, const struct prefix *peer,
		     struct allowed_key *list, size_t *count)
{
	if (build_input_carries(input, peer->addr.family))
		list[(*count)++] = make_allowed(peer, ALLOWED_PEER);
}

static void add_peer_address(const struct build_input *input, const struct addr *addr,
			     struct allowed_key *list, size_t *count)
{
	const struct prefix peer = { *addr, (uint8_t)(8 * addr_size(addr)) };

	if (addr->family && !addr_is_unspecified(addr))
		add_peer(input, &peer, list, count);
}

static size_t own_gateway_count(const struct mesh_networks *mesh)
{
	const struct mesh_network *own = mesh_networks_own(mesh);

	return own ? own->gateway_count : 0;
}

/* The gateways of our own network that doors admit: those configured, or else those of meshNetworks; and
 * this node itself, if it is one. */
static void add_peers(const struct build_input *input, struct allowed_key *list, size_t *count)
{
	const struct config_door *door = &input->config->door;
	const struct mesh_network *own = mesh_networks_own(input->config->mesh);
	struct addr_pair inside = build_input_inside(input);

	for (size_t i = 0; i < door->peer_count; i++)
		add_peer(input, &door->peers[i], list, count);
	for (size_t i = 0; !door->peer_count && own && i < own->gateway_count; i++)
		add_peer_address(input, &own->gateways[i].addr, list, count);
	if (!build_input_forwards(input))
		return;
	add_peer_address(input, &inside.v4, list, count);
	add_peer_address(input, &inside.v6, list, count);
}

static int compare_allowed(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct allowed_key));
}

/* The plan wants distinct keys. */
static size_t drop_repeated(struct allowed_key *list, size_t count)
{
	size_t kept = 0;

	qsort(list, count, sizeof(*list), compare_allowed);
	for (size_t i = 0; i < count; i++)
		if (!kept || compare_allowed(&list[kept - 1], &list[i]))
			list[kept++] = list[i];
	return kept;
}

int allowed_build(const struct build_input *input, struct generation *generation)
{
	const struct config_gateway_role *role = &input->config->gateway;
	const struct mesh_networks *mesh = input->config->mesh;
	size_t most = role->allow_count + input->config->door.peer_count + own_gateway_count(mesh) +
		      3;
	struct allowed_key *allowed = arena_array(generation->arena, most, sizeof(*allowed));
	size_t count = 0;

	if (!allowed)
		return -ENOMEM;
	for (size_t i = 0; role->enabled && i < role->allow_count; i++) {
		const struct prefix *source = &role->allow[i].source;
		uint32_t network;

		if (build_input_carries(input, source->addr.family) &&
		    allowed_network(mesh, role->allow[i].network, &network, generation))
			allowed[count++] = make_allowed(source, network);
	}
	if (input->config->door.enabled) {
		size_t first = count;

		add_peers(input, allowed, &count);
		count = first + drop_repeated(allowed + first, count - first);
	}
	generation->desired.allowed = allowed;
	generation->desired.allowed_count = count;
	return 0;
}
