/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections, bytes and packets of services: flows that ended, out of the map `usage`, and those that live, out of a
 * sweep. Pure.
 *
 * A flow is counted where the sweep meets it, or where it ended before; one that ends in between is counted
 * by the next sweep. So a sum may fall behind for one sweep; it runs ahead only by flows that move to another
 * gateway in between, until others have made up for it. What is shown never falls.
 */
#ifndef USAGE_TABLE_H
#define USAGE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "parallax_abi.h"

struct usage_item {
	struct usage_key key; /* without `agent` */
	struct usage ended;   /* in the map, of programs and agent */
	struct usage swept;   /* deleted by this sweep, to be added to the map */
	struct usage live;
	struct usage shown; /* totals; `live.flows` are open */
};

struct usage_table;

/* An empty table. NULL without memory. */
struct usage_table *usage_table_new(void);
/* Accepts NULL. */
void usage_table_free(struct usage_table *table);

/* The item of a key, made if there is room; else that of the key of zeros, which always has some. NULL
 * without memory. */
struct usage_item *usage_table_item(struct usage_table *table, const struct usage_key *key);
/* The item of a key; or NULL. */
struct usage_item *usage_table_find(const struct usage_table *table, const struct usage_key *key);

/* Adds an element of the map, of either writer. Returns 0 or -ENOMEM. */
int usage_table_add_ended(struct usage_table *table, const struct usage_key *key,
			  const struct usage *usage);
/* Sets `shown` of all items, not below those of the table before; NULL: there was none. */
void usage_table_settle(struct usage_table *table, const struct usage_table *before);

/* All items, in the order in which they came. */
const struct usage_item *usage_table_items(const struct usage_table *table, size_t *ret_count);

#endif
