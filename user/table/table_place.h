/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Places entries on the lines of a table, and sets the part of flows that each accepts. */
#ifndef TABLE_PLACE_H
#define TABLE_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "parallax_table.h"

/* Number of entries for `parts`; all but the last are whole. */
static inline uint64_t table_entries(uint64_t parts)
{
	return (parts + TABLE_WHOLE - 1) / TABLE_WHOLE;
}

/* Threshold of an entry of `parts` when the entries before it in its line leave `left` of 2^21
 * samples. Never all samples, since a walk must be able to go on in other lines. */
static inline uint32_t table_threshold(uint32_t parts, uint32_t left)
{
	uint64_t samples = (uint64_t)parts * TABLE_PART << TABLE_SAMPLE_BITS;
	uint64_t threshold = (samples + left / 2) / left;

	return threshold < TABLE_ALL ? (uint32_t)threshold : TABLE_ALL;
}

/* The reverse: parts of an entry by its threshold. */
static inline uint32_t table_parts(uint32_t threshold, uint32_t left)
{
	uint64_t parts = ((uint64_t)threshold * left + (TABLE_PART << (TABLE_SAMPLE_BITS - 1))) /
			 (TABLE_PART << TABLE_SAMPLE_BITS);

	return parts < TABLE_WHOLE ? (uint32_t)parts : TABLE_WHOLE;
}

/* Samples that an entry of `parts` leaves to the entries behind it; at least 1. */
static inline uint32_t table_left(uint32_t parts, uint32_t left)
{
	return parts * TABLE_PART < left ? left - parts * TABLE_PART : 1;
}

/* Places the entries of `count` backends on 2^bits lines. hashes[i] identifies a backend on all
 * nodes and is distinct; counts[i] is in units of TABLE_WHOLE to an entry. Writes `entries` line by
 * line, with the index of the backend for a row, and the first entry of each line to `starts`, which
 * has 2^bits + 1 elements. An entry's line depends on its backend's hash only, its threshold also
 * on the other entries of the line; neither depends on the order of the backends. */
void table_place(const uint64_t *hashes, const uint32_t *counts, size_t count, uint32_t bits,
		 uint64_t *entries, uint32_t *starts);

#endif
