/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections, bytes and packets of services, of flows that ended and of those that live. */
#include "usage_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "arena.h"
#include "index.h"
#include "parallax_flow.h"
#include "parallax_limits.h"

struct usage_table {
	struct arena *arena;
	struct index index;
	struct usage_item *items;
	size_t count, room;
};

struct usage_table *usage_table_new(void)
{
	struct usage_table *table = calloc(1, sizeof(*table));
	static const struct usage_key none;

	if (!table)
		return NULL;
	table->arena = arena_new(0);
	if (!table->arena || index_init(&table->index, table->arena, MAX_USAGE + 1) ||
	    !usage_table_item(table, &none)) {
		usage_table_free(table);
		return NULL;
	}
	return table;
}

void usage_table_free(struct usage_table *table)
{
	if (!table)
		return;
	arena_free(table->arena);
	free(table->items);
	free(table);
}

static uint32_t *find(const struct usage_table *table, const struct usage_key *key)
{
	uint32_t *place;

	INDEX_FIND(&table->index, XXH3_64bits(key, sizeof(*key)), place,
		   !memcmp(&table->items[*place - 1].key, key, sizeof(*key)));
	return place;
}

struct usage_item *usage_table_find(const struct usage_table *table, const struct usage_key *key)
{
	uint32_t place = *find(table, key);

	return place ? &table->items[place - 1] : NULL;
}

static int grow(struct usage_table *table)
{
	size_t room = table->room ? 2 * table->room : 16;
	struct usage_item *items;

	if (table->count < table->room)
		return 0;
	items = realloc(table->items, room * sizeof(*items));
	if (!items)
		return -ENOMEM;
	table->items = items;
	table->room = room;
	return 0;
}

struct usage_item *usage_table_item(struct usage_table *table, const struct usage_key *key)
{
	uint32_t *place = find(table, key);

	if (*place)
		return &table->items[*place - 1];
	if (table->count > MAX_USAGE)
		return &table->items[0]; /* the key of zeros */
	if (grow(table))
		return NULL;
	table->items[table->count] = (struct usage_item){ .key = *key };
	*place = (uint32_t)++table->count;
	return &table->items[table->count - 1];
}

int usage_table_add_ended(struct usage_table *table, const struct usage_key *key,
			  const struct usage *usage)
{
	struct usage_key plain = *key;
	struct usage_item *item;

	plain.agent = 0;
	item = usage_table_item(table, &plain);
	if (!item)
		return -ENOMEM;
	usage_add(&item->ended, usage);
	return 0;
}

/* What flows brought along from another gateway is taken away here before they are met: a sum may be less than 0. */
static uint64_t greater(uint64_t a, uint64_t b)
{
	return (int64_t)a > (int64_t)b ? a : b;
}

/* No sum falls below the one before. */
static void keep_above(struct usage *to, const struct usage *least)
{
	to->flows = greater(to->flows, least->flows);
	to->sent = greater(to->sent, least->sent);
	to->received = greater(to->received, least->received);
	to->sent_packets = greater(to->sent_packets, least->sent_packets);
	to->received_packets = greater(to->received_packets, least->received_packets);
}

void usage_table_settle(struct usage_table *table, const struct usage_table *before)
{
	static const struct usage nothing;

	for (size_t i = 0; i < table->count; i++) {
		struct usage_item *item = &table->items[i];
		const struct usage_item *old = before ? usage_table_find(before, &item->key) : NULL;

		item->shown = item->ended;
		usage_add(&item->shown, &item->swept);
		usage_add(&item->shown, &item->live);
		keep_above(&item->shown, old ? &old->shown : &nothing);
	}
}

const struct usage_item *usage_table_items(const struct usage_table *table, size_t *ret_count)
{
	*ret_count = table->count;
	return table->items;
}
