/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the ledger keeps of names and tables: a hash of each. */
#include <string.h>
#include <xxhash.h>

#include "ledger.h"
#include "table_fill.h"

uint64_t ledger_hash_name(const char *text)
{
	uint64_t hash = XXH3_64bits(text, strlen(text));

	return hash ? hash : 1; /* 0 means: no name */
}

/* Words hashed at a time, so that a table need not stand in memory as the arena will have it. */
#define HASH_CHUNK 1024

static uint32_t chunk_size(uint32_t left)
{
	return left < HASH_CHUNK ? left : HASH_CHUNK;
}

static uint64_t hash_chunk(const uint32_t *words, uint32_t left, uint64_t before)
{
	return XXH3_64bits_withSeed(words, chunk_size(left) * sizeof(*words), before);
}

uint64_t ledger_hash_words(const uint32_t *words, uint32_t count)
{
	uint64_t hash = 0;

	for (uint32_t i = 0; i < count; i += HASH_CHUNK)
		hash = hash_chunk(words + i, count - i, hash);
	return hash;
}

uint64_t ledger_hash_table(const struct table *table, const uint32_t *rows)
{
	uint32_t chunk[HASH_CHUNK], count = table_size(table);
	uint64_t hash = 0;

	for (uint32_t i = 0; i < count; i += HASH_CHUNK) {
		table_words(table, rows, i, chunk_size(count - i), chunk);
		hash = hash_chunk(chunk, count - i, hash);
	}
	return hash;
}
