/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Places entries on the lines of a table, and sets the part of flows that each accepts. */
#include "table_place.h"

#include <string.h>

#include "parallax_hash.h"
#include "parallax_table.h"

/* Tags are divided into 16 strata. */
#define STRATUM_SHIFT (TABLE_SAMPLE_BITS - 4)

/* Its upper bits are the line of the backend's entry of this rank. */
static uint64_t number_of(uint64_t hash, uint32_t rank)
{
	return mix64(hash + rank * 0xc2b2ae3d27d4eb4fULL);
}

/* Entries of a line are ordered by tag. A backend has tags of all strata, so that the flows which
 * move among the entries behind its own when it leaves are about as many for every backend. */
static uint32_t tag_of(uint64_t hash, uint64_t number, uint32_t rank)
{
	uint32_t stratum = ((uint32_t)hash + rank) & 15;

	return stratum << STRATUM_SHIFT | ((uint32_t)number & ((1u << STRATUM_SHIFT) - 1));
}

static uint32_t parts_of(uint32_t count, uint32_t rank)
{
	uint32_t parts = count - rank * TABLE_WHOLE;

	return parts < TABLE_WHOLE ? parts : TABLE_WHOLE;
}

static void scatter(const uint64_t *hashes, const uint32_t *counts, size_t count, uint32_t bits,
		    uint64_t *entries, uint32_t *starts)
{
	uint32_t lines = 1u << bits;

	memset(starts, 0, (lines + 1) * sizeof(*starts));
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t rank = 0; rank < table_entries(counts[i]); rank++)
			starts[table_line(number_of(hashes[i], rank), bits)]++;
	for (uint32_t line = 0; line < lines; line++)
		starts[line + 1] += starts[line];
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t rank = 0; rank < table_entries(counts[i]); rank++) {
			uint64_t number = number_of(hashes[i], rank);

			entries[--starts[table_line(number, bits)]] =
				TABLE_ENTRY(tag_of(hashes[i], number, rank), i,
					    parts_of(counts[i], rank));
		}
}

static int is_before(uint64_t a, uint64_t b, const uint64_t *hashes)
{
	if (TABLE_ENTRY_TAG(a) != TABLE_ENTRY_TAG(b))
		return TABLE_ENTRY_TAG(a) < TABLE_ENTRY_TAG(b);
	return hashes[TABLE_ENTRY_ROW(a)] < hashes[TABLE_ENTRY_ROW(b)];
}

static void sort(uint64_t *entries, uint32_t count, const uint64_t *hashes)
{
	for (uint32_t i = 1; i < count; i++) {
		uint64_t entry = entries[i];
		uint32_t at = i;

		for (; at && is_before(entry, entries[at - 1], hashes); at--)
			entries[at] = entries[at - 1];
		entries[at] = entry;
	}
}

/* Turns parts into thresholds, and makes the tags of a line distinct: entries of one tag would take
 * equal samples, so the second of them would never accept. */
static void set_thresholds(uint64_t *entries, uint32_t count)
{
	uint32_t left = 1u << TABLE_SAMPLE_BITS, next = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t parts = TABLE_ENTRY_THRESHOLD(entries[i]);
		uint32_t tag = TABLE_ENTRY_TAG(entries[i]);

		tag = (tag > next ? tag : next) & TABLE_ALL;
		entries[i] = TABLE_ENTRY(tag, TABLE_ENTRY_ROW(entries[i]),
					 table_threshold(parts, left));
		next = tag + 1;
		left = table_left(parts, left);
	}
}

void table_place(const uint64_t *hashes, const uint32_t *counts, size_t count, uint32_t bits,
		 uint64_t *entries, uint32_t *starts)
{
	scatter(hashes, counts, count, bits, entries, starts);
	for (uint32_t line = 0; line < 1u << bits; line++) {
		uint64_t *first = &entries[starts[line]];
		uint32_t size = starts[line + 1] - starts[line];

		sort(first, size, hashes);
		set_thresholds(first, size);
	}
}
