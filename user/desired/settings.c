/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Settings of the packet path, and the problems of the node that they show. */
#include <arpa/inet.h>

#include "array.h"
#include "builder.h"
#include "mesh_networks.h"
#include "parallax_limits.h"
#include "parallax_wire.h"
#include "snat_ports.h"
#include "spare_transport.h"

#define NS_PER_SECOND 1000000000ULL

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
	if (build_input_forwards(input)) {
		struct addr_pair inside = build_input_inside(input);

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

void settings_build(const struct build_input *input, struct generation *generation)
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
