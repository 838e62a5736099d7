/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* View → table: which backend each position names. */
#include "table_fill.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "arena.h"
#include "parallax_limits.h"
#include "parallax_table.h"
#include "table_place.h"
#include "table_shape.h"

/* What a backend is called everywhere; not its place in a list. A destination that stands in two
 * priorities needs two orders of positions, or its rows would ask for the same ones. */
static uint64_t identity(const struct view_backend *backend)
{
	struct {
		uint64_t network;
		uint8_t addr[16];
		uint32_t port;
		uint32_t family;
	} key = {
		.network = XXH3_64bits(backend->network, strlen(backend->network)),
		.port = backend->port,
		.family = backend->addr.family,
	};

	memcpy(key.addr, &backend->addr.ip, sizeof(key.addr));
	return XXH3_64bits_withSeed(&key, sizeof(key), backend->priority);
}

static table_word word_of(const struct table *table)
{
	return TABLE_WORD(0, table->shape, table->positions, 0);
}

static struct contender *contenders_of(const struct view *view, const struct table *table)
{
	struct contender *contenders = calloc(view->backend_count, sizeof(*contenders));

	for (size_t i = 0; contenders && i < view->backend_count; i++)
		contenders[i] = (struct contender){
			.hash = identity(&view->backends[i]),
			.wanted = (table->counts[i] + TABLE_WHOLE - 1) / TABLE_WHOLE,
		};
	return contenders;
}

static uint32_t *entry_at(const struct table *table, uint32_t position)
{
	const uint32_t *block = &table->words[position / 32 * 2];

	return &table->words[table_entries(word_of(table)) +
			     table_rank(block[BLOCK_BITMAP], block[BLOCK_BEFORE], position)];
}

static void write_blocks(struct table *table, const struct claims *claims)
{
	uint32_t before = 0, words = table_block_words(TABLE_BITS(word_of(table)));

	for (uint32_t i = 0; i <= claims->mask; i++)
		if (claims->items[i].holder)
			table->words[claims->items[i].position / 32 * 2] |=
				1u << claims->items[i].position % 32;
	for (uint32_t i = 0; i < words; i += 2) {
		table->words[i + BLOCK_BEFORE] = before;
		before += table_popcount(table->words[i + BLOCK_BITMAP]);
	}
}

static void write_entries(struct table *table, const struct claims *claims,
			  const struct contender *contenders, size_t count)
{
	uint32_t bits = TABLE_BITS(word_of(table));

	for (uint32_t i = 0; i <= claims->mask; i++)
		if (claims->items[i].holder)
			*entry_at(table, claims->items[i].position) =
				TABLE_ENTRY(claims->items[i].holder - 1, TABLE_WHOLE);
	for (uint32_t i = 0; i < count; i++)
		if (table->counts[i] % TABLE_WHOLE)
			*entry_at(table, table_last_position(&contenders[i], bits)) =
				TABLE_ENTRY(i, table->counts[i] % TABLE_WHOLE);
}

static int write_table(const struct view *view, struct table *table)
{
	struct contender *contenders = contenders_of(view, table);
	struct claims claims;
	int error = -ENOMEM;

	if (contenders)
		error = table_place(contenders, view->backend_count, TABLE_BITS(word_of(table)),
				    &claims);
	if (!error) {
		write_blocks(table, &claims);
		write_entries(table, &claims, contenders, view->backend_count);
		claims_done(&claims);
	}
	free(contenders);
	return error;
}

int table_fill(const struct view *view, uint32_t shape, struct table *ret, struct arena *arena)
{
	struct table table = {.shape = shape};
	uint64_t positions;
	int error = 0;

	table.counts = arena_array(arena, view->backend_count, sizeof(*table.counts));
	if (!table.counts)
		return -ENOMEM;
	positions = table_counts(view, shape, table.counts);
	/* One of a few stays free, or whoever asks would ask for ever. */
	if (positions > MAX_TABLE_POSITIONS || positions > (1ULL << TABLE_BITS(word_of(&table))) / 4)
		return -EINVAL;
	table.positions = (uint32_t)positions;
	for (size_t i = 0; i < view->backend_count; i++)
		table.total += table.counts[i];
	table.words = arena_array(arena, table_size(&table), sizeof(*table.words));
	if (!table.words)
		return -ENOMEM;
	if (table.positions)
		error = write_table(view, &table);
	if (!error)
		*ret = table;
	return error;
}

uint32_t table_size(const struct table *table)
{
	return table_extent(word_of(table));
}

void table_words(const struct table *table, const uint32_t *rows, uint32_t first, uint32_t count,
		 uint32_t *ret)
{
	uint32_t entries = table_entries(word_of(table)), end = entries + table->positions;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t word = table->words[first + i];
		bool is_entry = first + i >= entries && first + i < end;

		ret[i] = is_entry ? word - TABLE_ENTRY_ROW(word) + rows[TABLE_ENTRY_ROW(word)] :
				    word;
	}
}
