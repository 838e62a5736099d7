/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Settings, networks, gateways and admitted ranges that the kernel should hold. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent.h"
#include "gateway_fault.h"
#include "parallax_limits.h"
#include "parallax_wire.h"

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

static size_t count_gateways(const struct mesh_networks *mesh)
{
	size_t count = 0;

	for (size_t i = 0; i < mesh->count; i++)
		count += mesh->networks[i].gateway_count;
	return count;
}

static int build_networks(const struct mesh_networks *mesh, struct agent_picture *picture)
{
	struct desired_network *networks =
		arena_array(picture->arena, mesh->count + 1, sizeof(*networks));
	struct desired_gateway *gateways =
		arena_array(picture->arena, count_gateways(mesh) + 1, sizeof(*gateways));
	size_t count = 0;

	if (!networks || !gateways)
		return -ENOMEM;
	for (size_t i = 0; i < mesh->count; i++) {
		const struct mesh_network *network = &mesh->networks[i];

		networks[i] = (struct desired_network){
			network->id,
			(network->own ? NETWORK_OWN : 0) | (network->flat ? NETWORK_FLAT : 0),
			network->name,
		};
		for (size_t g = 0; g < network->gateway_count; g++) {
			struct desired_gateway gateway =
				make_gateway(network, &network->gateways[g]);

			if (!gateway_fault(network, network->own, &network->gateways[g], 4))
				add_gateway(gateways, &count, &gateway);
		}
	}
	picture->desired.networks = networks;
	picture->desired.network_count = mesh->count;
	picture->desired.gateways = gateways;
	picture->desired.gateway_count = count;
	return 0;
}

/* ------------------------------------------------------------------ who may enter */

static int build_allowed(const struct config_gateway_role *role, struct agent_picture *picture)
{
	struct allowed_key *allowed =
		arena_array(picture->arena, role->allow_count + 1, sizeof(*allowed));
	size_t count = 0;

	if (!allowed)
		return -ENOMEM;
	for (size_t i = 0; role->enabled && i < role->allow_count; i++)
		if (role->allow[i].addr.family == 4)
			allowed[count++] = (struct allowed_key){ role->allow[i].bits,
								 role->allow[i].addr.ip.v4 };
	picture->desired.allowed = allowed;
	picture->desired.allowed_count = count;
	return 0;
}

/* ------------------------------------------------------------------ addresses of this node */

/* The address the kernel would send from. */
static int source_towards(const struct addr *addr, struct addr *ret)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(GENEVE_PORT),
				  .sin_addr.s_addr = addr->ip.v4 };
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    getsockname(fd, (struct sockaddr *)&from, &length))
		err = -errno;
	close(fd);
	if (err)
		return err;
	*ret = (struct addr){ 4, { .v4 = from.sin_addr.s_addr } };
	return 0;
}

static struct addr outer_source(const struct agent *agent, const struct agent_picture *picture)
{
	const struct interface *uplink = interfaces_uplink(&agent->interfaces);
	const struct desired *desired = &picture->desired;
	struct addr source = {};

	for (size_t i = 0; i < desired->gateway_count && !source.family; i++) {
		struct addr gateway = { 4, desired->gateways[i].key.addr };

		if (desired->gateways[i].value.kind == BACKEND_GENEVE)
			source_towards(&gateway, &source);
	}
	if (!source.family && uplink)
		netlink_address(uplink->ifindex, &source);
	return source;
}

static struct addr listen_address(const struct config_gateway_role *role)
{
	struct addr addr = role->listen_address;
	unsigned int ifindex;

	if (!role->listen_interface)
		return addr;
	ifindex = if_nametoindex(role->listen_interface);
	if (!ifindex || netlink_address(ifindex, &addr))
		addr.family = 0;
	return addr;
}

/* ------------------------------------------------------------------ source ports of the gateway */

static bool is_local(const struct addr *addr)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = addr->ip.v4 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool local = fd >= 0 && !bind(fd, (struct sockaddr *)&name, sizeof(name));

	if (fd >= 0)
		close(fd);
	return local;
}

#define FIRST_DEDICATED_PORT 1024
#define FIRST_SHARED_PORT (TUNNEL_SOURCE_PORT + TUNNEL_SOURCE_PORTS)
#define LAST_PORT 65535

/* An address of the node's own is shared with its sockets: we take what lies above the usual local
 * port range and the tunnel's ports. Another belongs to us alone. */
static void choose_ports(const struct config_gateway_role *role, struct settings *settings,
			 struct agent_picture *picture)
{
	unsigned int low = 0, high = 0;
	bool shared = false;
	FILE *range;

	for (size_t i = 0; i < role->snat_count; i++)
		shared |= is_local(&role->snat[i]);
	if (shared)
		settings->flags |= SETTING_SNAT_SHARED;
	settings->snat_first = shared ? FIRST_SHARED_PORT : FIRST_DEDICATED_PORT;
	settings->snat_last = LAST_PORT;
	range = shared ? fopen("/proc/sys/net/ipv4/ip_local_port_range", "re") : NULL;
	if (!range)
		return;
	if (fscanf(range, "%u %u", &low, &high) == 2 && high >= FIRST_SHARED_PORT)
		agent_picture_problem(picture, "net.ipv4.ip_local_port_range ends at %u: sockets of "
				      "this node may take source ports of gateway.snat (%u-%u); end "
				      "it below %u", high, FIRST_SHARED_PORT, LAST_PORT,
				      TUNNEL_SOURCE_PORT);
	fclose(range);
}

/* ------------------------------------------------------------------ settings */

static void set_gateway(const struct config *config, struct settings *settings,
			struct agent_picture *picture)
{
	const struct config_gateway_role *role = &config->gateway;
	struct addr listen;

	if (!role->enabled)
		return;
	listen = listen_address(role);
	for (size_t i = 0; i < role->snat_count && settings->snat_count < MAX_SNAT; i++)
		if (role->snat[i].family == 4)
			settings->snat[settings->snat_count++] = role->snat[i].ip.v4;
	choose_ports(role, settings, picture);
	if (listen.family != 4) {
		agent_picture_problem(picture, "gateway.listen: %s has no IPv4 address: the gateway "
				      "stays shut", role->listen_interface ?
				      role->listen_interface : "it");
		return;
	}
	if (!role->allow_count) {
		agent_picture_problem(picture, "gateway.allow names nobody: the gateway stays shut");
		return;
	}
	settings->flags |= SETTING_GATEWAY;
	settings->listen = listen.ip;
	settings->listen_port = htons(role->listen_port);
}

static uint32_t own_network_id(const struct mesh_networks *mesh)
{
	for (size_t i = 0; i < mesh->count; i++)
		if (mesh->networks[i].own)
			return mesh->networks[i].id;
	return 0;
}

static void build_settings(const struct agent *agent, struct agent_picture *picture)
{
	const struct interface *uplink = interfaces_uplink(&agent->interfaces);
	const struct config *config = agent->config;
	struct settings settings = {
		.network = own_network_id(config->mesh),
		.hz = agent->hz,
		.takeover_ns = config->takeover_seconds * NS_PER_SECOND,
		.flags = (config->delivery == DELIVERY_REDIRECT ? SETTING_REDIRECT : 0) |
			 (config->draining == DRAINING_RESET ? SETTING_RESET : 0),
	};

	settings.source = outer_source(agent, picture).ip;
	if (uplink) {
		settings.uplink = uplink->ifindex;
		settings.mtu = (uint16_t)(uplink->mtu > UINT16_MAX ? UINT16_MAX : uplink->mtu);
	} else if (config->uplink_pattern_count) {
		agent_picture_problem(picture, "no interface matches interfaces.uplinks yet");
	}
	set_gateway(config, &settings, picture);
	picture->desired.settings = settings;
}

int agent_networks_build(const struct agent *agent, struct agent_picture *picture)
{
	int err = build_networks(agent->config->mesh, picture);

	if (!err)
		err = build_allowed(&agent->config->gateway, picture);
	if (!err)
		build_settings(agent, picture);
	return err;
}
