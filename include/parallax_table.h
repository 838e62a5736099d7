/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a table in the slot arena is read: what the packet path and userspace must do alike.
 *
 * A table has 2^bits positions, few of them occupied. A flow's hash walks over them at random
 * until it meets an occupied one that accepts it. Each accepted position is equally likely, so that
 * shares are exact, and when a backend leaves, nobody's flows but its own walk on (rejection
 * sampling over a sparse space: DxHash, Dong and Wang 2021).
 *
 * In the arena a table is an even number of words from an even offset: a block of two words for
 * each 32 positions, then a word for each occupied position, in their order.
 */
#ifndef PARALLAX_TABLE_H
#define PARALLAX_TABLE_H

#include "parallax_abi.h"

#define TABLE_INLINE static inline __attribute__((always_inline))

/* Word of an occupied position: the row it names, and how many of TABLE_WHOLE it accepts. */
#define TABLE_ACCEPT_BITS 12
#define TABLE_WHOLE (1u << TABLE_ACCEPT_BITS)
#define TABLE_ROW_BITS 20
#define TABLE_ENTRY(row, accepts) (((__u32)(accepts) - 1) << TABLE_ROW_BITS | (__u32)(row))
#define TABLE_ENTRY_ROW(entry) ((entry) & ((1u << TABLE_ROW_BITS) - 1))
#define TABLE_ENTRY_ACCEPTS(entry) (((entry) >> TABLE_ROW_BITS) + 1)

/* Words of a block. */
#define BLOCK_BITMAP 0 /* the occupied ones of 32 positions, the first in bit 0 */
#define BLOCK_BEFORE 1 /* how many are occupied in the blocks before */

/* Steps after which a walk ends at an occupied position as it is: with one position of 64 occupied
 * three flows of 10,000 get so far, with one of 25 one of 10^9. */
#define TABLE_STEPS 512

#define TABLE_MIN_BITS 5
#define TABLE_MAX_BITS 26

/* Words of the blocks of a table of 2^bits positions. */
TABLE_INLINE __u32 table_block_words(__u32 bits)
{
	return bits > TABLE_MIN_BITS ? 1u << (bits - TABLE_MIN_BITS + 1) : 2;
}

/* Words of the arena that a table takes. */
TABLE_INLINE __u32 table_extent(table_word word)
{
	__u32 count = TABLE_POSITIONS(word);

	return count ? table_block_words(TABLE_BITS(word)) + count + (count & 1) : 0;
}

/* Word of the arena where the occupied positions begin. */
TABLE_INLINE __u32 table_entries(table_word word)
{
	return TABLE_OFFSET(word) + table_block_words(TABLE_BITS(word));
}

/* The next number of a walk (Knuth's MMIX generator). Position and draw are taken from its upper
 * bits, since the lower ones have short periods. */
TABLE_INLINE __u64 table_step(__u64 number)
{
	return number * 6364136223846793005ULL + 1442695040888963407ULL;
}

/* TABLE_STRETCH steps at once. */
#define TABLE_STRETCH 8
TABLE_INLINE __u64 table_leap(__u64 number)
{
	return number * 13086856194709077281ULL + 6566661184467396264ULL;
}

TABLE_INLINE __u32 table_position(__u64 number, __u32 bits)
{
	return (__u32)(number >> (64 - bits));
}

TABLE_INLINE int table_accepts(__u32 entry, __u64 number)
{
	return (number >> 20 & (TABLE_WHOLE - 1)) < TABLE_ENTRY_ACCEPTS(entry);
}

TABLE_INLINE int table_occupied(__u32 bitmap, __u32 position)
{
	return bitmap >> (position & 31) & 1;
}

/* Written out, since there is no instruction for it in BPF, nor in the oldest of x86-64. */
TABLE_INLINE __u32 table_popcount(__u32 bits)
{
	bits -= bits >> 1 & 0x55555555;
	bits = (bits & 0x33333333) + (bits >> 2 & 0x33333333);
	return ((bits + (bits >> 4)) & 0x0f0f0f0f) * 0x01010101 >> 24;
}

/* Which of the table's occupied positions this one is. */
TABLE_INLINE __u32 table_rank(__u32 bitmap, __u32 before, __u32 position)
{
	return before + table_popcount(bitmap & ((1u << (position & 31)) - 1));
}

#endif
