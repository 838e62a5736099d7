/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The walk of a hash over a table in the map `slots`. */
#ifndef TABLE_H
#define TABLE_H

#include "base.h"
#include "parallax_table.h"

INLINE struct bucket *table_bucket_at(table_desc word, const struct table_walk *walk)
{
	__u32 index = TABLE_OFFSET(word) + table_bucket(walk, TABLE_BITS(word));

	return bpf_map_lookup_elem(&slots, &index);
}

/* Some steps of a walk: the entry that accepts it, or 0. So few that the verifier, which takes both
 * ways at each entry, stays far from its limit. */
SUBPROGRAM __u64 table_stretch(table_desc word, struct table_walk *state)
{
	struct table_walk walk;
	__u64 entry = 0;

	if (!state)
		return 0;
	walk = *state;
	for (int i = 0; i < TABLE_STRETCH && !entry; i++) {
		struct bucket *bucket = table_bucket_at(word, &walk);

		if (!bucket)
			return 0;
		entry = table_pick(bucket, &walk);
	}
	*state = walk;
	return entry;
}

/* The entry where the walk of `hash` ends; 0 where the arena has no more. */
SUBPROGRAM __u64 table_walk(table_desc word, __u64 hash)
{
	struct table_walk walk = {.number = hash};
	struct bucket *bucket;

	for (int i = 0; i < TABLE_STEPS / TABLE_STRETCH; i++) {
		__u64 entry = table_stretch(word, &walk);

		if (entry)
			return entry;
	}
	bucket = table_bucket_at(word, &walk);
	return bucket ? bucket->slot[0] : 0;
}

#endif
