/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads a ledger from the kernel's maps. */
#ifndef MAP_RESYNC_H
#define MAP_RESYNC_H

#include "ledger.h"
#include "map_writer.h"

/* Reads the maps behind `fds` into `ledger`, which is empty and has its memory. Returns 0 or
 * -errno. */
int map_resync_read(const struct map_fds *fds, struct ledger *ledger);

#endif
