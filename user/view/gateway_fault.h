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
 * `own`: the view is taken from `network` itself. Geneve's outer header is IPv4 only; destination
 * NAT to a passthrough gateway keeps the packet's family. */
const struct gateway_fault *gateway_fault(const struct mesh_network *network, bool own,
					  const struct mesh_gateway *gateway, uint8_t family);

#endif
