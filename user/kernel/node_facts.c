/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Facts about this node that settings are built from, asked of the kernel. */
#include "node_facts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway_fault.h"
#include "interfaces.h"
#include "netlink.h"
#include "parallax_wire.h"

/* ------------------------------------------------------------------ addresses */

/* The address the kernel would send from. */
static int source_towards(const struct addr *addr, struct addr *ret)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(GENEVE_PORT),
				  .sin_addr.s_addr = ip_v4(&addr->ip) };
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
	if (!err)
		*ret = addr_of_bytes(4, &from.sin_addr);
	return err;
}

static void source_towards_network(const struct mesh_network *network, struct addr *ret)
{
	if (network->transport != TRANSPORT_GENEVE)
		return;
	for (size_t i = 0; i < network->gateway_count && !ret->family; i++)
		if (!gateway_fault(network, network->own, &network->gateways[i], 4))
			source_towards(&network->gateways[i].addr, ret);
}

/* `address` is taken where no gateway is known. */
static struct addr tunnel_source(const struct mesh_networks *mesh, const struct addr *address)
{
	struct addr source = {};

	for (size_t i = 0; i < mesh->count && !source.family; i++)
		source_towards_network(&mesh->networks[i], &source);
	return source.family ? source : *address;
}

static struct addr listen_address(const struct config_gateway_role *role,
				  const struct addr *address)
{
	struct addr addr = role->listen_address;
	unsigned int ifindex;

	if (!role->listen_interface)
		return addr.family ? addr : *address;
	ifindex = if_nametoindex(role->listen_interface);
	if (!ifindex || netlink_address(ifindex, &addr))
		addr.family = 0;
	return addr;
}

static bool is_local(const struct addr *addr)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = ip_v4(&addr->ip) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool local = fd >= 0 && !bind(fd, (struct sockaddr *)&name, sizeof(name));

	if (fd >= 0)
		close(fd);
	return local;
}

/* ------------------------------------------------------------------ the gateway's ports */

static uint32_t local_port_last(void)
{
	FILE *range = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	unsigned int first = 0, last = 0;

	if (!range)
		return 0;
	if (fscanf(range, "%u %u", &first, &last) != 2)
		last = 0;
	fclose(range);
	return last;
}

static void read_gateway(const struct config_gateway_role *role, struct node_facts *facts)
{
	facts->listen = listen_address(role, &facts->address);
	facts->snat_shared = !role->snat_count; /* its own address then */
	for (size_t i = 0; i < role->snat_count; i++)
		facts->snat_shared |= is_local(&role->snat[i]);
	if (facts->snat_shared)
		facts->local_port_last = local_port_last();
}

void node_facts_read(const struct config *config, const struct interfaces *interfaces,
		     struct node_facts *ret)
{
	const struct interface *uplink = interfaces_uplink(interfaces);

	*ret = (struct node_facts){ .uplink_mtu = interfaces_mtu(interfaces),
				    .pods = interfaces_pods(interfaces) };
	if (uplink) {
		ret->uplink = uplink->ifindex;
		netlink_address(uplink->ifindex, &ret->address);
	}
	ret->source = tunnel_source(config->mesh, &ret->address);
	if (config->gateway.enabled)
		read_gateway(&config->gateway, ret);
}
