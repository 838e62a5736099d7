/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Endpoint ids, by which any gateway of mode forward finds the endpoint of a flow. */
#ifndef ENDPOINT_IDS_H
#define ENDPOINT_IDS_H

#include "view.h"

/* The id of an endpoint within its service: the low half of XXH3-64, seeded by the service's id, over the
 * address (4 or 16 bytes) and the port in network byte order. All gateways agree on it without talking.
 * Never 0. */
uint32_t endpoint_id(uint64_t service_id, const struct addr *addr, uint16_t port);

/* Sets the ids of a gateway's view. Of two endpoints with one id the later in the view's order is taken out,
 * which is the same at all gateways; returns it, or NULL if there is none. Call it until then. */
const struct view_backend *endpoint_ids_set(struct view *view, uint64_t service_id);

#endif
