/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reading tables in the slot arena as the packet path does. */
#ifndef TABLE_WALK_H
#define TABLE_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "parallax_abi.h"

/* The slot arena, or a part of it that offsets count from. */
struct slot_arena {
	const struct bucket *buckets;
	uint32_t count;
};

struct table_choice {
	uint32_t steps; /* buckets looked at */
	uint32_t line;  /* where it ended */
	uint32_t row;   /* of the entry that accepted */
};

/* Does the table lie in the arena, and is its shape possible? */
bool table_is_whole(const struct slot_arena *arena, table_desc word);

/* Where a connection with this walk_hash() goes. The table must be whole and not empty. */
struct table_choice table_walk(const struct slot_arena *arena, table_desc word, uint64_t hash);

/* Calls `meet` for each entry of the table with the row it names and its parts, TABLE_WHOLE to a
 * whole one; for none when the table is empty or not whole. */
typedef void (*table_meet)(uint32_t row, uint32_t parts, void *data);
void table_each(const struct slot_arena *arena, table_desc word, table_meet meet, void *data);

#endif
