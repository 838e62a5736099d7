/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "health_rows.h"

#include <stdatomic.h>
#include <string.h>

#include "parallax_hash.h"

uint32_t health_rows_find(const struct gateway_health *rows, const struct ip_addr *addr,
			  __be16 port)
{
	uint32_t hash = health_hash(addr, port);

	for (uint32_t i = 0; i < HEALTH_TRIES; i++) {
		uint32_t row = health_place(hash, i);

		if (rows[row].port == port && ip_equal(&rows[row].addr, addr))
			return row;
	}
	return 0;
}

uint32_t health_rows_take(struct gateway_health *rows, const struct ip_addr *addr, __be16 port)
{
	uint32_t hash = health_hash(addr, port), found = health_rows_find(rows, addr, port);

	for (uint32_t i = 0; !found && i < HEALTH_TRIES; i++) {
		uint32_t row = health_place(hash, i);

		if (!ip_is_none(&rows[row].addr))
			continue;
		rows[row].addr = *addr;
		atomic_thread_fence(memory_order_release); /* readers look at the port first */
		rows[row].port = port;
		found = row;
	}
	return found;
}

void health_rows_free(struct gateway_health *rows, uint32_t row)
{
	*(volatile __be16 *)&rows[row].port = 0;
	atomic_thread_fence(memory_order_release);
	memset(&rows[row], 0, sizeof(rows[row]));
}
