/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rebuilds the ledger from the kernel's maps. */
#ifndef MAP_RESYNC_H
#define MAP_RESYNC_H

#include "ledger.h"
#include "map_writer.h"

/* Rebuilds `ledger`, whose memory is mapped, from the maps behind `fds`. Returns 0 or -errno. */
int map_resync_take(const struct map_fds *fds, struct ledger *ledger);

#endif
