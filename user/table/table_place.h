/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which entries stand in which line of a table, and how much each accepts. */
#ifndef TABLE_PLACE_H
#define TABLE_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "parallax_table.h"

/* How many entries so many parts are; all but the last are whole. */
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

/* What an entry of so many parts leaves to those behind it; never nothing. */
static inline uint32_t table_left(uint32_t parts, uint32_t left)
{
	return parts * TABLE_PART < left ? left - parts * TABLE_PART : 1;
}

/* Sort the entries of `count` backends into 2^bits lines. `hashes` are what the backends are called
 * everywhere, distinct; counts[i] is in TABLE_WHOLE to an entry. Writes the entries line by line,
 * their rows being indices of backends, and into `starts`, 2^bits + 1 of them, where each line
 * begins. Where an entry stands depends on its backend's hash alone, what it accepts on its line
 * besides: not on the order of the backends. */
void table_place(const uint64_t *hashes, const uint32_t *counts, size_t count, uint32_t bits,
		 uint64_t *entries, uint32_t *starts);

#endif
