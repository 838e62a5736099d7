/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The 24-bit id of a network, its Geneve VNI. */
#ifndef NETWORK_ID_H
#define NETWORK_ID_H

#include <stdint.h>

#define NETWORK_ID_MAX 0xffffffu

/* Low 24 bits of XXH3-64, seed 0, of the name. The configuration is refused if the id is 0 or two
 * networks have the same; `networkIds` overrides it. */
uint32_t network_id(const char *name);

#endif
