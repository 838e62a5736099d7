/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The walk of a hash over a table in the map `slots`. */
#ifndef TABLE_H
#define TABLE_H

#include "base.h"
#include "parallax_table.h"

INLINE struct bucket *table_bucket_at(table_desc table, const struct table_walk *walk)
{
	__u32 index = TABLE_OFFSET(table) + table_bucket(walk, TABLE_BITS(table));

	return bpf_map_lookup_elem(&slots, &index);
}

/* Take TABLE_WALK_BATCH steps of a walk. Returns the entry that accepts, or 0. More steps would
 * come near the verifier's limit: it follows both branches at each entry. */
SUBPROGRAM __u64 table_walk_steps(table_desc table, struct table_walk *state)
{
	struct table_walk walk;
	__u64 entry = 0;

	if (!state)
		return 0;
	walk = *state;
	for (int i = 0; i < TABLE_WALK_BATCH && !entry; i++) {
		struct bucket *bucket = table_bucket_at(table, &walk);

		if (!bucket)
			return 0;
		entry = table_pick(bucket, &walk);
	}
	*state = walk;
	return entry;
}

/* Walk with `hash` over a table. Returns the entry that accepts, or 0 outside of the arena. */
SUBPROGRAM __u64 table_walk(table_desc table, __u64 hash)
{
	struct table_walk walk = { .number = hash };
	struct bucket *bucket;

	for (int i = 0; i < TABLE_STEPS / TABLE_WALK_BATCH; i++) {
		__u64 entry = table_walk_steps(table, &walk);

		if (entry)
			return entry;
	}
	bucket = table_bucket_at(table, &walk);
	return bucket ? bucket->slot[0] : 0;
}

#endif
