/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables for tests that fill the arena by hand. */
#ifndef TABLE_OF_H
#define TABLE_OF_H

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "parallax_table.h"
#include "table_fill.h"
#include "table_shape.h"

/* As table_of(), of this shape, 0 for that of a new service. */
static inline table_desc table_shaped(struct bucket *buckets, uint32_t at, const uint32_t *rows,
				      const uint32_t *weights, size_t count, uint32_t shape,
				      uint32_t generation)
{
	struct arena *arena = arena_new(0);
	struct view view = {.backends = arena_array(arena, count, sizeof(*view.backends))};
	struct table table;
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += weights ? weights[i] : 1;
	for (size_t i = 0; i < count; i++)
		view.backends[view.backend_count++] = (struct view_backend){
			.addr = { .family = 4, .ip = IP_V4(htonl(0x0a000000u + rows[i])) },
			.network = "n",
			.weight = weights ? weights[i] : 1,
			.share = (weights ? weights[i] : 1) / sum,
		};
	if (table_fill(&view, shape ? shape : table_shape(&view, 0), &table, arena))
		abort();
	table_buckets(&table, rows, 0, table.buckets, buckets + at);
	at = table.buckets ? at : 0;
	generation &= (1u << TABLE_GENERATION_BITS) - 1;
	count = table.buckets;
	arena_free(arena);
	return TABLE_DESC(at, table.shape, count, generation);
}

/* Writes a table of these backend rows by their weights (NULL: equal) at bucket `at` of the arena
 * `buckets`, of which it takes TABLE_BUCKETS(). Returns its word; aborts where it cannot. */
static inline table_desc table_of(struct bucket *buckets, uint32_t at, const uint32_t *rows,
				  const uint32_t *weights, size_t count, uint32_t generation)
{
	return table_shaped(buckets, at, rows, weights, count, 0, generation);
}

#endif
