/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Services of another network that must be reachable while the source names no endpoint of them, as the
 * control plane itself. */
#ifndef STANDING_H
#define STANDING_H

#include "assignment.h"
#include "config.h"

struct arena;

/* Puts an assignment into *ret that leads to the gateways of service->network; NULL if the service names no
 * network. Returns 0 or -ENOMEM. */
int standing_assignment(struct arena *arena, const struct config_service *service,
			const struct addr *address, const struct service_port *port,
			const struct assignment **ret);

#endif
