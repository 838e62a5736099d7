/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Networks and gateways that the kernel should hold. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "arena.h"
#include "builder.h"
#include "gateway_fault.h"
#include "parallax_limits.h"

/* ------------------------------------------------------------------ networks and gateways */

static struct desired_gateway make_gateway(const struct mesh_network *network,
					   const struct mesh_gateway *gateway)
{
	bool geneve = network->transport == TRANSPORT_GENEVE;

	return (struct desired_gateway){
		.key = { .addr = gateway->addr.ip, .network = network->id },
		.value = { .port = htons(gateway->port),
			   .tunnel_port = geneve ? htons(network->tunnel_port) : 0,
			   .kind = geneve ? BACKEND_GENEVE : BACKEND_PASSTHROUGH },
	};
}

/* One address may be named with several ports: admission looks at the address. */
static void add_gateway(struct desired_gateway *list, size_t *count,
			const struct desired_gateway *gateway)
{
	for (size_t i = 0; i < *count; i++)
		if (!memcmp(&list[i].key, &gateway->key, sizeof(gateway->key)))
			return;
	list[(*count)++] = *gateway;
}

/* Those that tunnels lead to, as far as there is room. */
static void add_usable(struct network *network, const struct desired_gateway *gateway)
{
	if (gateway->value.kind == BACKEND_GENEVE && network->gateway_count < NETWORK_GATEWAYS)
		network->gateways[network->gateway_count++] = gateway->key.addr;
}

static void add_gateways(const struct mesh_network *network, uint8_t tunnels, struct network *value,
			 struct desired_gateway *list, size_t *count)
{
	for (size_t i = 0; i < network->gateway_count; i++) {
		struct desired_gateway gateway = make_gateway(network, &network->gateways[i]);

		if (gateway_fault(network, &network->gateways[i], tunnels))
			continue;
		add_gateway(list, count, &gateway);
		add_usable(value, &gateway);
	}
}

static size_t count_gateways(const struct config *config)
{
	size_t count = config->door.peer_count;

	for (size_t i = 0; i < config->mesh->count; i++)
		count += config->mesh->networks[i].gateway_count;
	return count;
}

/* ------------------------------------------------------------------ gateways of our own network */

static bool is_inside(const struct build_input *input, const struct addr *addr)
{
	struct addr_pair inside = build_input_inside(input);

	return build_input_forwards(input) &&
	       (addr_equal(addr, &inside.v4) || addr_equal(addr, &inside.v6));
}

/* A gateway that replies of pods here may go by. This node itself needs no probes. */
static void add_own_gateway(const struct build_input *input, const struct addr *addr,
			    struct desired_network *own, struct desired_gateway *list,
			    size_t *count)
{
	__be16 port = htons(input->config->door.port);
	const struct desired_gateway gateway = {
		.key = { .addr = addr->ip, .network = own->id },
		.value = { .port = port, .tunnel_port = port, .kind = BACKEND_GENEVE },
	};

	if (!addr->family || addr_is_unspecified(addr) || !build_input_carries(input, addr->family))
		return;
	if (!is_inside(input, addr))
		add_gateway(list, count, &gateway);
	add_usable(&own->value, &gateway);
}

/* Those that doors admit by address; ranges name nobody. */
static void add_own_gateways(const struct build_input *input, const struct mesh_network *network,
			     struct desired_network *own, struct desired_gateway *list,
			     size_t *count)
{
	const struct config_door *door = &input->config->door;

	for (size_t i = 0; i < door->peer_count; i++) {
		const struct addr *addr = &door->peers[i].addr;

		if (door->peers[i].bits == 8 * addr_size(addr))
			add_own_gateway(input, addr, own, list, count);
	}
	for (size_t i = 0; !door->peer_count && i < network->gateway_count; i++)
		add_own_gateway(input, &network->gateways[i].addr, own, list, count);
}

static int build_networks(const struct build_input *input, struct generation *generation)
{
	const struct mesh_networks *mesh = input->config->mesh;
	struct arena *arena = generation->arena;
	struct desired_network *networks = arena_array(arena, mesh->count + 1, sizeof(*networks));
	struct desired_gateway *gateways = arena_array(arena, count_gateways(input->config) + 1,
						       sizeof(*gateways));
	size_t count = 0;

	if (!networks || !gateways)
		return -ENOMEM;
	for (size_t i = 0; i < mesh->count; i++) {
		const struct mesh_network *network = &mesh->networks[i];

		networks[i] = (struct desired_network){ .id = network->id, .name = network->name };
		networks[i].value.flags = (network->own ? NETWORK_OWN : 0) |
					  (network->flat ? NETWORK_FLAT : 0) |
					  (network->encrypted ? NETWORK_ENCRYPTED : 0);
		if (network->own && input->config->door.enabled)
			add_own_gateways(input, network, &networks[i], gateways, &count);
		else
			add_gateways(network, build_input_tunnels(input), &networks[i].value,
				     gateways, &count);
	}
	generation->desired.networks = networks;
	generation->desired.network_count = mesh->count;
	generation->desired.gateways = gateways;
	generation->desired.gateway_count = count;
	return 0;
}

int networks_build(const struct build_input *input, struct generation *generation)
{
	int err = build_networks(input, generation);

	if (!err)
		err = allowed_build(input, generation);
	if (!err)
		settings_build(input, generation);
	return err;
}
