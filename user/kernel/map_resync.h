/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the hashes of the kernel, so that the ledger can be rebuilt from what is pinned. */
#ifndef MAP_RESYNC_H
#define MAP_RESYNC_H

#include "ledger.h"
#include "map_writer.h"

/* Rebuilds `ledger`, whose memory is mapped, from the hashes behind `fds`. Returns 0 or -errno. */
int map_resync_take(const struct map_writer_fds *fds, struct ledger *ledger);

#endif
