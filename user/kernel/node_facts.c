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
	struct sockaddr_storage to, from;
	socklen_t length = addr_to_sockaddr(addr, GENEVE_PORT, &to);
	int fd = socket(addr_af(addr->family), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&to, length) ||
	    getsockname(fd, (struct sockaddr *)&from, &length))
		err = -errno;
	close(fd);
	if (!err)
		*ret = addr_of_sockaddr((struct sockaddr *)&from);
	return err;
}

/* The first route to a gateway of each family decides. */
static void source_towards_network(const struct mesh_network *network, struct addr_pair *ret)
{
	if (network->transport != TRANSPORT_GENEVE)
		return;
	for (size_t i = 0; i < network->gateway_count; i++) {
		const struct mesh_gateway *gateway = &network->gateways[i];
		struct addr *source = addr_pair_of(ret, gateway->addr.family);

		if (!source->family && !gateway_fault(network, gateway, FAMILIES_BOTH))
			source_towards(&gateway->addr, source);
	}
}

/* `address` is taken where no gateway is known. */
static struct addr_pair tunnel_source(const struct mesh_networks *mesh,
				      const struct addr_pair *address)
{
	struct addr_pair source = {};

	for (size_t i = 0; i < mesh->count; i++)
		source_towards_network(&mesh->networks[i], &source);
	if (!source.v4.family)
		source.v4 = address->v4;
	if (!source.v6.family)
		source.v6 = address->v6;
	return source;
}

static struct addr_pair interface_addresses(uint32_t ifindex)
{
	struct addr_pair pair = {};

	if (netlink_address(ifindex, 4, &pair.v4))
		pair.v4.family = 0;
	if (netlink_address(ifindex, 6, &pair.v6))
		pair.v6.family = 0;
	return pair;
}

static struct addr_pair listen_addresses(const struct config_gateway_role *role,
					 const struct addr_pair *address)
{
	if (role->listen_interface)
		return interface_addresses(if_nametoindex(role->listen_interface));
	return addr_pair_families(&role->listen_addresses) ? role->listen_addresses : *address;
}

static bool is_local(const struct addr *addr)
{
	struct sockaddr_storage name;
	socklen_t length = addr_to_sockaddr(addr, 0, &name);
	int fd = socket(addr_af(addr->family), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool local = fd >= 0 && !bind(fd, (struct sockaddr *)&name, length);

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
	facts->listen = listen_addresses(role, &facts->address);
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
		ret->address = interface_addresses(uplink->ifindex);
	}
	ret->source = tunnel_source(config->mesh, &ret->address);
	if (config->gateway.enabled)
		read_gateway(&config->gateway, ret);
}
