/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decides whether a gateway of meshNetworks can be used, and why not. */
#include "gateway_fault.h"

static const struct gateway_fault
	own_network = { EXCLUDED_OWN_GATEWAY, "a gateway of our own network" },
	registry_service = { EXCLUDED_BAD_ADDRESS,
			     "registryServiceName: its address is not known here" },
	unresolved = { EXCLUDED_BAD_ADDRESS, "the host name has no IPv4 address yet" },
	unspecified = { EXCLUDED_BAD_ADDRESS, "address not yet known" },
	bad_address = { EXCLUDED_BAD_ADDRESS, "an address nothing can be sent to" },
	bad_port = { EXCLUDED_BAD_PORT, "port 0" },
	no_transport = { EXCLUDED_NO_TRANSPORT, "no transport configured for its network" },
	ipv6 = { EXCLUDED_IPV6_GATEWAY, "an IPv6 address: not supported yet" },
	ipv4 = { EXCLUDED_NO_ADDRESS, "an IPv4 address, for a service of IPv6" };

static const struct gateway_fault *address_fault(const struct mesh_gateway *gateway)
{
	if (gateway->registry_service)
		return &registry_service;
	if (!gateway->addr.family)
		return &unresolved;
	if (addr_is_unspecified(&gateway->addr))
		return &unspecified;
	if (!addr_is_usable(&gateway->addr))
		return &bad_address;
	return gateway->port ? NULL : &bad_port;
}

const struct gateway_fault *gateway_fault(const struct mesh_network *network, bool own,
					  const struct mesh_gateway *gateway, uint8_t family)
{
	const struct gateway_fault *fault = own ? &own_network : address_fault(gateway);
	uint8_t carried = network->transport == TRANSPORT_PASSTHROUGH ? family : 4;

	if (fault)
		return fault;
	if (network->transport == TRANSPORT_NONE)
		return &no_transport;
	if (gateway->addr.family == carried)
		return NULL;
	return carried == 4 ? &ipv6 : &ipv4;
}
