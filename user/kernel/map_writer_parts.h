/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the map writer. */
#ifndef MAP_WRITER_PARTS_H
#define MAP_WRITER_PARTS_H

#include "map_writer.h"
#include "partial_mmap.h"
#include "pins.h"
#include "rcu_sync.h"

struct map_writer {
	struct map_fds fds;
	struct partial_mmap services, backends, drops;
	uint32_t bucket_count;
	struct pin_array filters, settings;
	struct rcu_sync rcu_sync;
};

#endif
