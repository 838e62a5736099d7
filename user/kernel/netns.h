/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The network namespace of this process. */
#ifndef NETNS_H
#define NETNS_H

#include <stdint.h>

/* Its number in lsns(8), unique while it exists; 0 when /proc does not show it. */
uint32_t netns_number(void);

#endif
