/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl preview: is an address in one of the files? */
#include "ctl_preview.h"

#include "config.h"

static bool is_endpoint(const struct endpoint *endpoint, const struct socket_addr *at)
{
	for (size_t i = 0; i < endpoint->address_count; i++)
		if (endpoint->addresses[i].port == at->port &&
		    addr_equal(&endpoint->addresses[i].addr, &at->addr))
			return true;
	return false;
}

static bool in_assignment(const struct assignment *assignment, const struct socket_addr *at)
{
	for (size_t i = 0; i < assignment->locality_count; i++) {
		const struct locality *locality = &assignment->localities[i];

		for (size_t j = 0; j < locality->endpoint_count; j++)
			if (is_endpoint(&locality->endpoints[j], at))
				return true;
	}
	return false;
}

static bool is_gateway(const struct mesh_networks *mesh, const struct socket_addr *at)
{
	for (size_t i = 0; i < mesh->count; i++) {
		const struct mesh_network *network = &mesh->networks[i];

		for (size_t j = 0; j < network->gateway_count; j++)
			if (network->gateways[j].port == at->port &&
			    addr_equal(&network->gateways[j].addr, &at->addr))
				return true;
	}
	return false;
}

bool preview_knows(const struct eds_files *files, const struct mesh_networks *mesh,
		   const struct socket_addr *at)
{
	for (size_t i = 0; i < files->count; i++)
		for (size_t j = 0; j < files->sets[i]->count; j++)
			if (in_assignment(&files->sets[i]->items[j], at))
				return true;
	return is_gateway(mesh, at);
}
