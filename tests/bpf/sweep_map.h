/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A sweep over a real map: its steps, and the entries that it leaves. */
#ifndef SWEEP_MAP_H
#define SWEEP_MAP_H

#include <stdbool.h>

/* True if it takes several steps, deletes the expired entries alone, and counts the rest. */
bool sweep_map_check(void);

#endif
