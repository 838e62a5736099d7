/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The 24-bit id of a network, its Geneve VNI. */
#include "network_id.h"

#include <string.h>
#include <xxhash.h>

uint32_t network_id(const char *name)
{
	return (uint32_t)(XXH3_64bits(name, strlen(name)) & NETWORK_ID_MAX);
}
