/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the parts of map_reader share. */
#ifndef MAP_READER_PARTS_H
#define MAP_READER_PARTS_H

#include "map_reader.h"

/* A memory-mapped array. */
struct mapping {
	void *memory;
	size_t bytes;
	uint32_t count;
};

struct reading {
	struct snapshot snapshot; /* first: map_reader_free() is given its address */
	struct mapping services, backends, slots, drops, filters, settings;
	const char *pin_dir;
	const char *failed; /* map that could not be read */
};

/* A growing array of the snapshot. */
struct list {
	uint8_t *items;
	size_t count, room, size;
	uint32_t key_size, value_offset, value_size;
};

/* Reads a whole hash into `list`, whose shape is set. Returns 0 or -errno. */
int map_reader_hash(struct reading *reading, const char *name, struct list *list,
		    uint32_t *ret_max);

/* `flows` and `embryonic`. */
int map_reader_flows(struct reading *reading);
int map_reader_counters(struct reading *reading);
int map_reader_status(struct reading *reading);

#endif
