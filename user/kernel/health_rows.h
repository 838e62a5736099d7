/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The map `health`: gateways by the hash of their address, where programs look for them. */
#ifndef HEALTH_ROWS_H
#define HEALTH_ROWS_H

#include <stdint.h>

#include "parallax_abi.h"

/* The row of a gateway, or 0. */
uint32_t health_rows_find(const struct gateway_health *rows, const struct ip_addr *addr,
			  __be16 port);

/* The same; made in a free place if there is none. 0: no place is free. */
uint32_t health_rows_take(struct gateway_health *rows, const struct ip_addr *addr, __be16 port);

void health_rows_free(struct gateway_health *rows, uint32_t row);

#endif
