/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which network namespace this is. */
#ifndef NETNS_H
#define NETNS_H

#include <stdint.h>

/* The number that lsns(8) lists it by, of no other as long as it lives; 0: /proc does not tell. */
uint32_t netns_number(void);

#endif
