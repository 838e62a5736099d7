/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reading tables in the slot arena as the packet path does. */
#ifndef TABLE_WALK_H
#define TABLE_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "parallax_abi.h"

/* The slot arena, or a part of it that offsets count from. */
struct slot_arena {
	const uint32_t *words;
	uint32_t count;
};

struct table_walk {
	uint32_t steps;    /* positions looked at; 0: none, the table has one only */
	uint32_t position; /* where it ended */
	uint32_t row;      /* that it names */
};

/* Does the table lie in the arena, and is its shape possible? */
bool table_is_whole(const struct slot_arena *arena, table_word word);

/* Where a connection with this walk_hash() goes. The table must be whole and not empty. */
struct table_walk table_walk(const struct slot_arena *arena, table_word word, uint64_t hash);

/* The entries of the table, TABLE_POSITIONS of them; or NULL when it is empty or not whole. */
const uint32_t *table_entry_list(const struct slot_arena *arena, table_word word);

#endif
