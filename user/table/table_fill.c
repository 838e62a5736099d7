/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* View → table: the number of entries of each backend, and the buckets they are in. */
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

/* Equal on all nodes, and independent of the order of backends. A destination in two priorities has
 * two rows, so the priority counts: their entries must not be in the same places. */
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

	memcpy(key.addr, addr_bytes(&backend->addr), addr_size(&backend->addr));
	return XXH3_64bits_withSeed(&key, sizeof(key), backend->priority);
}

static uint64_t *identities(const struct view *view, struct arena *arena)
{
	uint64_t *hashes = arena_array(arena, view->backend_count, sizeof(*hashes));

	for (size_t i = 0; hashes && i < view->backend_count; i++)
		hashes[i] = identity(&view->backends[i]);
	return hashes;
}

static uint32_t lines_of(const struct table *table)
{
	return 1u << SHAPE_BITS(table->shape);
}

/* Entries of a bucket when `left` of its line remain: all, or one less than the slots, of which the
 * last then holds the link. */
static uint32_t held(uint32_t left)
{
	return left <= BUCKET_SLOTS ? left : BUCKET_SLOTS - 1;
}

/* Lists the buckets behind the lines in `ret`, unless it is NULL. Returns their number. */
static uint32_t spill(const struct table *table, struct table_spill *ret)
{
	uint32_t lines = lines_of(table), count = 0;

	for (uint32_t line = 0; line < lines; line++) {
		uint32_t first = table->starts[line], end = table->starts[line + 1];

		for (first += held(end - first); first < end; first += held(end - first), count++)
			if (ret)
				ret[count] = (struct table_spill){first, end};
	}
	return count;
}

static int fill(const struct view *view, uint32_t entries, struct table *table, struct arena *arena)
{
	uint32_t lines = lines_of(table), spills;
	uint64_t *hashes = identities(view, arena);

	table->entries = arena_array(arena, entries, sizeof(*table->entries));
	table->starts = arena_array(arena, lines + 1, sizeof(*table->starts));
	if (!hashes || !table->entries || !table->starts)
		return -ENOMEM;
	table_place(hashes, table->counts, view->backend_count, SHAPE_BITS(table->shape),
		    table->entries, table->starts);
	/* A single backend accepts every flow. */
	if (entries == 1)
		table->entries[0] = TABLE_ENTRY(0, TABLE_ENTRY_ROW(table->entries[0]), TABLE_ALL);
	spills = spill(table, NULL);
	table->spills = arena_array(arena, spills, sizeof(*table->spills));
	if (!table->spills)
		return -ENOMEM;
	table->buckets = lines + spill(table, table->spills);
	return 0;
}

int table_fill(const struct view *view, uint32_t shape, struct table *ret, struct arena *arena)
{
	struct table table = {.shape = shape};
	uint64_t entries;
	int err = 0;

	table.counts = arena_array(arena, view->backend_count, sizeof(*table.counts));
	if (!table.counts)
		return -ENOMEM;
	entries = table_counts(view, shape, table.counts);
	if (entries > MAX_TABLE_ENTRIES || SHAPE_BITS(shape) > TABLE_MAX_BITS)
		return -EINVAL;
	for (size_t i = 0; i < view->backend_count; i++)
		table.total += table.counts[i];
	if (entries)
		err = fill(view, (uint32_t)entries, &table, arena);
	if (!err)
		*ret = table;
	return err;
}

static int compare_first(const void *key, const void *item)
{
	uint32_t first = *(const uint32_t *)key, other = ((const struct table_spill *)item)->first;

	return first == other ? 0 : first < other ? -1 : 1;
}

/* The bucket that holds the entries from `first` on. */
static uint32_t spill_bucket(const struct table *table, uint32_t first)
{
	uint32_t lines = lines_of(table);
	const struct table_spill *found = bsearch(&first, table->spills, table->buckets - lines,
						  sizeof(*table->spills), compare_first);

	return lines + (uint32_t)(found - table->spills);
}

static struct bucket bucket_of(const struct table *table, const uint32_t *rows, uint32_t index)
{
	uint32_t lines = lines_of(table), count;
	struct bucket bucket = {};
	struct table_spill part;

	if (index < lines)
		part = (struct table_spill){table->starts[index], table->starts[index + 1]};
	else
		part = table->spills[index - lines];
	count = held(part.end - part.first);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t entry = table->entries[part.first + i];

		bucket.slot[i] = TABLE_ENTRY(TABLE_ENTRY_TAG(entry), rows[TABLE_ENTRY_ROW(entry)],
					     TABLE_ENTRY_THRESHOLD(entry));
	}
	if (part.first + count < part.end)
		bucket.slot[count] = TABLE_LINK(spill_bucket(table, part.first + count));
	return bucket;
}

void table_buckets(const struct table *table, const uint32_t *rows, uint32_t first, uint32_t count,
		   struct bucket *ret)
{
	for (uint32_t i = 0; i < count; i++)
		ret[i] = bucket_of(table, rows, first + i);
}
