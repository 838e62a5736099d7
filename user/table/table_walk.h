/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads tables in the slot arena as the packet path does. */
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
	uint32_t line;  /* the last one */
	uint32_t row;   /* of the entry that accepted */
};

/* Whether the table is in bounds of the arena and its shape is possible. */
bool table_is_whole(const struct slot_arena *arena, table_desc desc);

/* The choice for a connection with this walk_hash(). The table must be whole and not empty. */
struct table_choice table_walk(const struct slot_arena *arena, table_desc desc, uint64_t hash);

/* Visits each entry of the table with its row of `backends` and its parts, TABLE_WHOLE for a whole
 * one; none when the table is empty or not whole. */
typedef void (*table_visit)(uint32_t row, uint32_t parts, void *data);
void table_each(const struct slot_arena *arena, table_desc desc, table_visit visit, void *data);

#endif
