/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the pinned maps into a snapshot; the command line's only way to them. */
#ifndef MAP_READER_H
#define MAP_READER_H

#include "snapshot.h"

/* Room for the reason of a failure. */
#define MAP_READER_REASON 512

/* What to read besides the tables, which are always read. */
#define READ_FLOWS (1u << 0)
#define READ_COUNTERS (1u << 1)
#define READ_STATUS (1u << 2) /* of the agent */

/* Reads what is pinned under `pin_dir`. Free *ret_snapshot by map_reader_free(). Returns 0;
 * -ENOENT when nothing is pinned there, -EPERM or -EACCES without the rights, -EPROTO when
 * another version pinned it, -EAGAIN while an agent is still setting up, or another -errno; then
 * `reason` of MAP_READER_REASON bytes says what is wrong and what helps. */
int map_reader_read(const char *pin_dir, unsigned int parts, struct snapshot **ret_snapshot,
		    char *reason);

/* Accepts NULL. */
void map_reader_free(struct snapshot *snapshot);

#endif
