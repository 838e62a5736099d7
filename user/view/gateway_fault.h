/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decides whether a gateway of meshNetworks can be used, and why not. */
#ifndef GATEWAY_FAULT_H
#define GATEWAY_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "view.h"

struct gateway_fault {
	enum excluded reason; /* of an endpoint with the gateway's address */
	const char *text;     /* for display beside the gateway */
};

/* Why `gateway` of `network` cannot carry a service of IP `family` (4 or 6); NULL when it can.
 * `own`: the view is taken from `network` itself. `tunnels`: families in which this node can send
 * tunnel packets. A tunnel's outer header may be of either family; destination NAT to a passthrough
 * gateway keeps the packet's. */
const struct gateway_fault *gateway_fault_for(const struct mesh_network *network, bool own,
					      const struct mesh_gateway *gateway, uint8_t family,
					      uint8_t tunnels);

/* Why it cannot carry anything from our own network. */
const struct gateway_fault *gateway_fault(const struct mesh_network *network,
					  const struct mesh_gateway *gateway, uint8_t tunnels);

/* Whether tunnels to the same gateway use another of its addresses: IPv4 where its host name has both
 * and this node can send both. */
bool gateway_is_alias(const struct mesh_network *network, const struct mesh_gateway *gateway,
		      uint8_t tunnels);

#endif
