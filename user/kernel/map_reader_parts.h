/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the files of map_reader. */
#ifndef MAP_READER_PARTS_H
#define MAP_READER_PARTS_H

#include "hash_reader.h"
#include "map_reader.h"
#include "pins.h"

#define READER_ARRAYS 8

struct reading {
	struct snapshot snapshot; /* first: map_reader_free() is given its address */
	struct pin_array arrays[READER_ARRAYS];
	const char *pin_dir;
	const char *failed; /* map that could not be read */
};

/* Appends the elements of a pinned hash to `list`. Returns 0 or -errno. */
int map_reader_hash(struct reading *reading, const char *name, struct hash_list *list,
		    uint32_t *ret_max);

/* `flows` and `embryonic`; `vips`: of all families. */
int map_reader_flows(struct reading *reading);
int map_reader_vips(struct reading *reading);
int map_reader_counters(struct reading *reading);
int map_reader_status(struct reading *reading);

#endif
