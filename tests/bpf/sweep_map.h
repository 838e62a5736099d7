/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A sweep over a real map: in steps, and what it leaves. */
#ifndef SWEEP_MAP_H
#define SWEEP_MAP_H

#include <stdbool.h>

/* Whether it takes several steps, deletes the idle halves and no other, and counts the rest. */
bool sweep_map_check(void);

#endif
