/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads tables in the slot arena as the packet path does. */
#include "table_walk.h"

#include <stddef.h>

#include "parallax_table.h"
#include "table_place.h"

bool table_is_whole(const struct slot_arena *arena, table_desc desc)
{
	return TABLE_BITS(desc) <= TABLE_MAX_BITS && table_lines(desc) <= TABLE_BUCKETS(desc) &&
	       (uint64_t)TABLE_OFFSET(desc) + TABLE_BUCKETS(desc) <= arena->count;
}

/* NULL where a link is out of bounds: the arena may be read while it is written. */
static const struct bucket *bucket_at(const struct slot_arena *arena, table_desc desc,
				      const struct table_walk *walk)
{
	uint32_t bucket = table_bucket(walk, TABLE_BITS(desc));

	return bucket < TABLE_BUCKETS(desc) ? &arena->buckets[TABLE_OFFSET(desc) + bucket] : NULL;
}

struct table_choice table_walk(const struct slot_arena *arena, table_desc desc, uint64_t hash)
{
	struct table_walk walk = {.number = hash};
	struct table_choice choice = {0};
	const struct bucket *bucket = bucket_at(arena, desc, &walk);
	uint64_t entry = 0;

	while (bucket && !entry && choice.steps++ < TABLE_STEPS) {
		choice.line = table_line(walk.number, TABLE_BITS(desc));
		entry = table_pick(bucket, &walk);
		bucket = bucket_at(arena, desc, &walk);
	}
	if (!entry && bucket)
		entry = bucket->slot[0];
	choice.row = TABLE_ENTRY_ROW(entry);
	return choice;
}

/* The entries of one bucket. Returns the link at its end, or 0. */
static uint64_t each_slot(const struct bucket *bucket, uint32_t *left, table_visit visit, void *data)
{
	for (int i = 0; i < BUCKET_SLOTS; i++) {
		uint64_t entry = bucket->slot[i];
		uint32_t parts = table_parts(TABLE_ENTRY_THRESHOLD(entry), *left);

		if (!TABLE_IS_ENTRY(entry))
			return entry;
		*left = table_left(parts, *left);
		visit(TABLE_ENTRY_ROW(entry), parts, data);
	}
	return 0;
}

void table_each(const struct slot_arena *arena, table_desc desc, table_visit visit, void *data)
{
	const struct bucket *buckets = arena->buckets + TABLE_OFFSET(desc);
	uint32_t spilled = table_lines(desc);

	if (!TABLE_BUCKETS(desc) || !table_is_whole(arena, desc))
		return;
	for (uint32_t line = 0; line < table_lines(desc); line++) {
		uint32_t left = 1u << TABLE_SAMPLE_BITS;
		uint64_t link = each_slot(&buckets[line], &left, visit, data);

		/* Buckets behind the lines are in order of lines: any other link was torn. */
		for (; link && TABLE_ENTRY_ROW(link) == spilled && spilled < TABLE_BUCKETS(desc);
		     spilled++)
			link = each_slot(&buckets[spilled], &left, visit, data);
	}
}
