/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hashes that the ledger keeps in place of names and tables. */
#include <string.h>
#include <xxhash.h>

#include "ledger.h"
#include "table_fill.h"

uint64_t ledger_hash_name(const char *text)
{
	uint64_t hash = XXH3_64bits(text, strlen(text));

	return hash ? hash : 1; /* 0: no name */
}

/* Buckets hashed at a time, so that no table has to be laid out in memory as a whole. */
#define HASH_CHUNK 64

static uint32_t chunk_size(uint32_t left)
{
	return left < HASH_CHUNK ? left : HASH_CHUNK;
}

static uint64_t hash_chunk(const struct bucket *buckets, uint32_t left, uint64_t before)
{
	return XXH3_64bits_withSeed(buckets, chunk_size(left) * sizeof(*buckets), before);
}

uint64_t ledger_hash_buckets(const struct bucket *buckets, uint32_t count)
{
	uint64_t hash = 0;

	for (uint32_t i = 0; i < count; i += HASH_CHUNK)
		hash = hash_chunk(buckets + i, count - i, hash);
	return hash;
}

uint64_t ledger_hash_table(const struct table *table, const uint32_t *rows)
{
	struct bucket chunk[HASH_CHUNK];
	uint64_t hash = 0;

	for (uint32_t i = 0, left; i < table->buckets; i += HASH_CHUNK) {
		left = table->buckets - i;
		table_buckets(table, rows, i, chunk_size(left), chunk);
		hash = hash_chunk(chunk, left, hash);
	}
	return hash;
}
