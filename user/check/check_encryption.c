/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Findings about the routes to gateways of networks that require encryption. */
#include "check.h"

#include "interface_hooks.h"
#include "mesh_networks.h"
#include "netlink_routes.h"

static const struct netlink_link *link_towards(const struct netlink_link *links, size_t count,
					       const struct addr *addr)
{
	uint32_t ifindex;

	if (netlink_route_to(addr, &ifindex))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (links[i].ifindex == ifindex)
			return &links[i];
	return NULL;
}

static void report(struct check_list *list, const char *network, const struct addr *gateway,
		   const struct netlink_link *link)
{
	char text[ADDR_TEXT_MAX];

	addr_format(gateway, text);
	if (!link)
		check_add(list, "encryption", CHECK_FAIL, "%s of %s: no route", text, network);
	else if (!interface_encrypts(link->kind))
		check_add(
			list, "encryption", CHECK_FAIL,
			"%s of %s: the route leads by %s, which does not encrypt: this gateway is "
			"not used",
			text, network, link->name);
	else
		check_add(list, "encryption", CHECK_OK, "%s of %s: by %s", text, network,
			  link->name);
}

void check_encryption(struct check_list *list, const struct config *config,
		      const struct netlink_link *links, size_t count)
{
	const struct mesh_networks *mesh = config->mesh;

	for (size_t i = 0; mesh && i < mesh->count; i++) {
		const struct mesh_network *network = &mesh->networks[i];

		for (size_t g = 0; g < network->gateway_count; g++) {
			const struct mesh_gateway *gateway = &network->gateways[g];

			if (mesh_gateway_needs_encryption(network, gateway))
				report(list, network->name, &gateway->addr,
				       link_towards(links, count, &gateway->addr));
		}
	}
}
