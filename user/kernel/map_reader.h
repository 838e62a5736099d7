/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the pinned maps into a snapshot. */
#ifndef MAP_READER_H
#define MAP_READER_H

#include "snapshot.h"

/* Room for the reason of a failure. */
#define MAP_READER_REASON 512

/* Parts to read besides the tables, which are always read. */
#define READ_FLOWS (1u << 0)
#define READ_COUNTERS (1u << 1)
#define READ_STATUS (1u << 2) /* of the agent */

/* Reads the maps pinned under `pin_dir`. Free *ret_snapshot by map_reader_free(). Returns 0, or
 * with a description of the fault and its remedy in `reason` of MAP_READER_REASON bytes: -ENOENT when
 * nothing is pinned, -EPERM or -EACCES without permission, -EPROTO when another version pinned the
 * maps, -EAGAIN while an agent is setting up, or another -errno. */
int map_reader_read(const char *pin_dir, unsigned int parts, struct snapshot **ret_snapshot,
		    char *reason);

/* Accepts NULL. */
void map_reader_free(struct snapshot *snapshot);

#endif
