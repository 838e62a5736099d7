/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One number for a set of backends in any order. */
#include "backend_digest.h"

#include <string.h>
#include <xxhash.h>

uint64_t backend_digest(const struct ip_addr *addr, __be16 port, enum backend_kind kind)
{
	uint8_t bytes[sizeof(*addr) + sizeof(port) + 1];

	memcpy(bytes, addr, sizeof(*addr));
	memcpy(bytes + sizeof(*addr), &port, sizeof(port));
	bytes[sizeof(bytes) - 1] = (uint8_t)kind;
	return XXH3_64bits(bytes, sizeof(bytes));
}
