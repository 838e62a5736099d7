/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Services of another network that must be reachable while the source names no endpoint. */
#include "standing.h"

#include <errno.h>

#include "arena.h"

#define OVERPROVISIONING 140 /* Envoy's default */

struct standing {
	struct assignment assignment;
	struct locality locality;
	struct endpoint endpoint;
	struct socket_addr address;
};

int standing_assignment(struct arena *arena, const struct config_service *service,
			const struct addr *address, const struct service_port *port,
			const struct assignment **ret)
{
	struct standing *standing;

	*ret = NULL;
	if (!service->network)
		return 0;
	standing = arena_alloc(arena, sizeof(*standing));
	if (!standing)
		return -ENOMEM;
	/* Its own address is of no account: the endpoint is folded into the gateways of its network. */
	standing->address = (struct socket_addr){ *address, port->port, port->proto };
	standing->endpoint = (struct endpoint){
		.addresses = &standing->address,
		.address_count = 1,
		.weight = 1,
		.health = HEALTH_UNKNOWN,
		.network = service->network,
	};
	standing->locality = (struct locality){
		.region = "",
		.zone = "",
		.sub_zone = "",
		.endpoints = &standing->endpoint,
		.endpoint_count = 1,
	};
	standing->assignment = (struct assignment){
		.name = service->host,
		.localities = &standing->locality,
		.locality_count = 1,
		.overprovisioning = OVERPROVISIONING,
	};
	*ret = &standing->assignment;
	return 0;
}
