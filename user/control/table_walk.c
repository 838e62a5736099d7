/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reading tables in the slot arena as the packet path does. */
#include "table_walk.h"

#include <stddef.h>

#include "parallax_hash.h"
#include "parallax_table.h"

bool table_is_whole(const struct slot_arena *arena, table_word word)
{
	return TABLE_BITS(word) >= TABLE_MIN_BITS && TABLE_BITS(word) <= TABLE_MAX_BITS &&
	       (uint64_t)TABLE_OFFSET(word) + table_extent(word) <= arena->count;
}

static uint32_t entry_at(const struct slot_arena *arena, table_word word, uint32_t rank)
{
	uint32_t at = table_entries(word) + rank;

	return at < arena->count ? arena->words[at] : 0;
}

struct table_walk table_walk(const struct slot_arena *arena, table_word word, uint64_t hash)
{
	struct table_walk walk = {0};
	uint32_t entry;

	if (TABLE_POSITIONS(word) == 1) {
		walk.row = TABLE_ENTRY_ROW(entry_at(arena, word, 0));
		return walk;
	}
	while (walk.steps < TABLE_STEPS) {
		const uint32_t *block = &arena->words[TABLE_OFFSET(word)];

		walk.steps++;
		walk.position = table_position(hash, TABLE_BITS(word));
		block += walk.position / 32 * 2;
		if (table_occupied(block[BLOCK_BITMAP], walk.position)) {
			entry = entry_at(arena, word, table_rank(block[BLOCK_BITMAP],
								 block[BLOCK_BEFORE],
								 walk.position));
			walk.row = TABLE_ENTRY_ROW(entry);
			if (table_accepts(entry, hash))
				return walk;
		}
		hash = table_step(hash);
	}
	entry = entry_at(arena, word, hash_slot((uint32_t)(hash >> 32), TABLE_POSITIONS(word)));
	walk.row = TABLE_ENTRY_ROW(entry);
	return walk;
}

const uint32_t *table_entry_list(const struct slot_arena *arena, table_word word)
{
	if (!TABLE_POSITIONS(word) || !table_is_whole(arena, word))
		return NULL;
	return arena->words + table_entries(word);
}
