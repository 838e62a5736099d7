/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decides whether a gateway of meshNetworks can be used, and why not. */
#include "gateway_fault.h"

#include <string.h>

#include "mesh_networks.h"

static const struct gateway_fault
	own_network = { EXCLUDED_OWN_GATEWAY, "a gateway of our own network" },
	registry_service = { EXCLUDED_BAD_ADDRESS,
			     "registryServiceName: its address is not known here" },
	unresolved = { EXCLUDED_BAD_ADDRESS, "the host name has no address yet" },
	unspecified = { EXCLUDED_BAD_ADDRESS, "address not yet known" },
	bad_address = { EXCLUDED_BAD_ADDRESS, "an address nothing can be sent to" },
	bad_port = { EXCLUDED_BAD_PORT, "port 0" },
	no_transport = { EXCLUDED_NO_TRANSPORT, "no transport configured for its network" },
	not_encrypted = { EXCLUDED_NOT_ENCRYPTED,
			  "encryption is required: no device that encrypts leads there" },
	no_ipv4 = { EXCLUDED_GATEWAY_FAMILY,
		    "an IPv4 address: this node sends no tunnels in IPv4" },
	no_ipv6 = { EXCLUDED_GATEWAY_FAMILY,
		    "an IPv6 address: this node sends no tunnels in IPv6" },
	ipv4 = { EXCLUDED_GATEWAY_FAMILY, "an IPv4 address, for a service of IPv6" },
	ipv6 = { EXCLUDED_GATEWAY_FAMILY, "an IPv6 address, for a service of IPv4" };

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

static const struct gateway_fault *family_fault(const struct mesh_network *network, uint8_t gateway,
						uint8_t family, uint8_t tunnels)
{
	if (network->transport == TRANSPORT_PASSTHROUGH)
		return gateway == family ? NULL : gateway == 4 ? &ipv4 : &ipv6;
	return tunnels & FAMILY_BIT(gateway) ? NULL : gateway == 4 ? &no_ipv4 : &no_ipv6;
}

const struct gateway_fault *gateway_fault_for(const struct mesh_network *network, bool own,
					      const struct mesh_gateway *gateway, uint8_t family,
					      uint8_t tunnels)
{
	const struct gateway_fault *fault = own ? &own_network : address_fault(gateway);

	if (fault)
		return fault;
	if (network->transport == TRANSPORT_NONE)
		return &no_transport;
	fault = family_fault(network, gateway->addr.family, family, tunnels);
	if (!fault && gateway->plain && mesh_gateway_needs_encryption(network, gateway))
		return &not_encrypted;
	return fault;
}

const struct gateway_fault *gateway_fault(const struct mesh_network *network,
					  const struct mesh_gateway *gateway, uint8_t tunnels)
{
	return gateway_fault_for(network, network->own, gateway, gateway->addr.family, tunnels);
}

static bool same_name(const struct mesh_gateway *a, const struct mesh_gateway *b)
{
	return a->address && b->address && !strcmp(a->address, b->address) && a->port == b->port;
}

bool gateway_is_alias(const struct mesh_network *network, const struct mesh_gateway *gateway,
		      uint8_t tunnels)
{
	if (network->transport != TRANSPORT_GENEVE || gateway->addr.family != 6)
		return false;
	for (size_t i = 0; i < network->gateway_count; i++) {
		const struct mesh_gateway *other = &network->gateways[i];

		if (other->addr.family == 4 && same_name(other, gateway) &&
		    !gateway_fault(network, other, tunnels))
			return true;
	}
	return false;
}
