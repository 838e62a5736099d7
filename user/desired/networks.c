/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Settings, networks, gateways and admitted ranges that the kernel should hold. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "array.h"
#include "builder.h"
#include "gateway_fault.h"
#include "mesh_networks.h"
#include "parallax_limits.h"
#include "parallax_wire.h"
#include "snat_ports.h"
#include "spare_transport.h"

#define NS_PER_SECOND 1000000000ULL

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

static bool is_forwarding(const struct config *config)
{
	return config->gateway.enabled && config->gateway.mode == GATEWAY_FORWARD;
}

/* The gateway's addresses towards pods: that at which it listens, or else the node's own. */
static struct addr_pair inside_addresses(const struct build_input *input)
{
	struct addr_pair inside = input->node.listen;

	if (!inside.v4.family)
		inside.v4 = input->node.address.v4;
	if (!inside.v6.family)
		inside.v6 = input->node.address.v6;
	return inside;
}

static bool is_inside(const struct build_input *input, const struct addr *addr)
{
	struct addr_pair inside = inside_addresses(input);

	return is_forwarding(input->config) &&
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

/* ------------------------------------------------------------------ admitted ranges */

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
	struct addr_pair inside = inside_addresses(input);

	for (size_t i = 0; i < door->peer_count; i++)
		add_peer(input, &door->peers[i], list, count);
	for (size_t i = 0; !door->peer_count && own && i < own->gateway_count; i++)
		add_peer_address(input, &own->gateways[i].addr, list, count);
	if (!is_forwarding(input->config))
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

static int build_allowed(const struct build_input *input, struct generation *generation)
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

/* ------------------------------------------------------------------ source ports of the gateway */

static void choose_ports(const struct node_facts *node, struct settings *settings,
			 struct generation *generation)
{
	settings->snat_first = node->snat_shared ? SNAT_FIRST_SHARED : SNAT_FIRST_DEDICATED;
	settings->snat_last = SNAT_LAST;
	if (!node->snat_shared)
		return;
	settings->flags |= SETTING_SNAT_SHARED;
	if (node->local_port_last >= SNAT_FIRST_SHARED)
		generation_problem(generation,
				   "net.ipv4.ip_local_port_range ends at %u: sockets of "
				   "this node may take source ports of gateway.snat (%u-%u); end "
				   "it below %u",
				   node->local_port_last, SNAT_FIRST_SHARED, SNAT_LAST,
				   TUNNEL_SOURCE_PORT);
}

/* ------------------------------------------------------------------ settings */

static bool has_ipv6(const struct config_gateway_role *role)
{
	bool found = role->listen_addresses.v6.family;

	for (size_t i = 0; i < role->snat_count; i++)
		found |= role->snat[i].family == 6;
	for (size_t i = 0; i < role->allow_count; i++)
		found |= role->allow[i].source.addr.family == 6;
	return found;
}

static bool is_shut(const struct build_input *input, struct generation *generation)
{
	const struct config_gateway_role *role = &input->config->gateway;

	if (!(addr_pair_families(&input->node.listen) & build_input_families(input))) {
		generation_problem(generation,
				   "gateway.listen: %s has no %saddress: the gateway stays shut",
				   role->listen_interface ? role->listen_interface : "the uplink",
				   input->ipv6 ? "" : "IPv4 ");
		return true;
	}
	if (role->allow_count || input->config->tunnel.keys_file)
		return false;
	generation_problem(generation, "gateway.allow names nobody: the gateway stays shut");
	return true;
}

static int index_of(uint8_t family)
{
	return family == 6 ? IP_V6_INDEX : IP_V4_INDEX;
}

static void add_snat(const struct build_input *input, struct settings *settings,
		     const struct addr *addr)
{
	int family = index_of(addr->family);
	uint32_t *count = &settings->snat_count[family];

	if (addr->family && build_input_carries(input, addr->family) && *count < MAX_SNAT)
		settings->snat[family][(*count)++] = addr->ip;
}

/* Of the families that are carried. */
static void set_pair(const struct build_input *input, const struct addr_pair *pair,
		     struct ip_addr to[IP_FAMILIES])
{
	to[IP_V4_INDEX] = pair->v4.ip;
	if (build_input_carries(input, 6))
		to[IP_V6_INDEX] = pair->v6.ip;
}

static void set_gateway(const struct build_input *input, struct settings *settings,
			struct generation *generation)
{
	const struct config_gateway_role *role = &input->config->gateway;

	if (!role->enabled)
		return;
	for (size_t i = 0; i < role->snat_count; i++)
		add_snat(input, settings, &role->snat[i]);
	if (!role->snat_count) {
		add_snat(input, settings, &input->node.address.v4);
		add_snat(input, settings, &input->node.address.v6);
	}
	if (!input->ipv6 && has_ipv6(role))
		generation_problem(generation,
				   "gateway: IPv6 is not carried: its addresses are left out");
	choose_ports(&input->node, settings, generation);
	if (is_shut(input, generation))
		return;
	settings->flags |= SETTING_GATEWAY;
	set_pair(input, &input->node.listen, settings->listen);
	if (is_forwarding(input->config)) {
		struct addr_pair inside = inside_addresses(input);

		settings->flags |= SETTING_FORWARD;
		/* A device that does not suit, as veth, would lose what it is told to send, unless the
		 * configuration knows better. */
		if (input->config->xdp == XDP_AUTO || input->config->xdp == XDP_SEND)
			settings->flags |= SETTING_XDP_SEND;
		set_pair(input, &inside, settings->inside);
	}
	settings->listen_port = htons(role->listen_port);
}

/* Ranges that no network uses (RFC 2544, RFC 5180). */
static const struct prefix foreign_defaults[] = {
	{ { .family = 4, .ip = { { 0, 0, IP_MAPPED, __builtin_bswap32(0xc6120000) } } }, 15 },
	{ { .family = 6, .ip = { { __builtin_bswap32(0x20010002), 0, 0, 0 } } }, 64 },
};

static void set_foreign(struct settings *settings, const struct prefix *range)
{
	int family = index_of(range->addr.family);

	settings->foreign[family] = range->addr.ip;
	settings->foreign_bits[family] = range->bits;
}

static void set_door(const struct build_input *input, struct settings *settings)
{
	const struct config_door *door = &input->config->door;

	settings->hop_mtu = (uint16_t)door->mtu;
	if (!door->enabled)
		return;
	settings->door_port = htons(door->port);
	settings->flags |= door->client == CLIENT_KEEP ? SETTING_KEEP_CLIENT : 0;
	for (size_t i = 0; i < COUNT(foreign_defaults); i++)
		set_foreign(settings, &foreign_defaults[i]);
	for (size_t i = 0; i < door->foreign_count; i++)
		set_foreign(settings, &door->foreign[i]);
}

static uint32_t own_network_id(const struct mesh_networks *mesh)
{
	const struct mesh_network *own = mesh_networks_own(mesh);

	return own ? own->id : 0;
}

static void check_uplink(const struct config *config, const struct node_facts *node,
			 struct generation *generation)
{
	if (!node->uplink && config->uplink_pattern_count)
		generation_problem(generation, "no interface matches interfaces.uplinks yet");
	else if (!node->uplink && config->profile != CNI_NONE)
		generation_problem(generation, "no uplink is found: the node has no default route; "
					       "interfaces.uplinks can name one");
}

/* A gateway serves without pods of its own. */
static void check_pods(const struct config *config, const struct node_facts *node,
		       struct generation *generation)
{
	if (node->pods || config->gateway.enabled)
		return;
	if (config->pod_pattern_count)
		generation_problem(generation,
				   "no interface matches interfaces.pods yet: no pod is served");
	else if (config->profile != CNI_NONE)
		generation_problem(generation,
				   "no interface of a pod is found yet: no pod is served");
}

static void check_transports(const struct config *config, struct generation *generation)
{
	char text[256];

	for (size_t i = 0; i < config->transport_count; i++)
		if (spare_transport(config, i, text, sizeof(text)))
			generation_problem(generation, "transports: %s", text);
}

static void build_settings(const struct build_input *input, struct generation *generation)
{
	const struct config *config = input->config;
	const struct node_facts *node = &input->node;
	struct settings settings = {
		.network = own_network_id(config->mesh),
		.hz = node->hz,
		.takeover_ns = config->takeover_seconds * NS_PER_SECOND,
		.flags = (config->delivery == DELIVERY_REDIRECT ? SETTING_REDIRECT : 0) |
			 (config->draining == DRAINING_RESET ? SETTING_RESET : 0) |
			 (config->metrics.istio ? SETTING_USAGE_PODS : 0),
		.flows_per_owner = config->flows_per_pod,
		.option_bytes = config->tunnel.keys_file ? sizeof(struct geneve_admission_option) :
							   0,
		.uplink = node->uplink,
		.mtu = (uint16_t)(node->uplink_mtu > UINT16_MAX ? UINT16_MAX : node->uplink_mtu),
	};

	set_pair(input, &node->source, settings.source);
	check_uplink(config, node, generation);
	check_pods(config, node, generation);
	check_transports(config, generation);
	set_gateway(input, &settings, generation);
	set_door(input, &settings);
	generation->desired.settings = settings;
}

int networks_build(const struct build_input *input, struct generation *generation)
{
	int err = build_networks(input, generation);

	if (!err)
		err = build_allowed(input, generation);
	if (!err)
		build_settings(input, generation);
	return err;
}
