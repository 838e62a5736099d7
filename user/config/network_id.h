/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The 24-bit number (Geneve VNI) of a network. */
#ifndef NETWORK_ID_H
#define NETWORK_ID_H

#include <stdint.h>

#define NETWORK_ID_MAX 0xffffffu

/* Low 24 bits of XXH3-64, seed 0, of the name. May be 0 or clash with another network's: both
 * are refused when the configuration is read, and `networkIds` overrides. */
uint32_t network_id(const char *name);

#endif
