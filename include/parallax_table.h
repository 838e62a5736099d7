/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a table in the slot arena is read: what the packet path and userspace must do alike.
 *
 * A table has 2^bits lines, each with the entries that hashes put there, some of every backend. A
 * flow's hash walks over lines at random; each entry it meets draws a number from it, and accepts
 * it or not, until one does. An entry accepts one flow in fifty or less: a little more where those
 * before it in the line have had the first choice, so that shares are exact. When a backend leaves,
 * its flows walk on, and nobody moves into its places (consistent hashing by rejection, as DxHash,
 * Dong and Wang 2021, but without places to contend for).
 *
 * In the arena a table is its lines, a bucket of eight slots for each. A line with more entries
 * goes on in a bucket behind all lines, which the last slot before names.
 */
#ifndef PARALLAX_TABLE_H
#define PARALLAX_TABLE_H

#include "parallax_abi.h"

#define TABLE_INLINE static inline __attribute__((always_inline))

/* An entry: bits 0-20 tag, which its draws depend on, 21-40 the row it names, 42-62 how many draws
 * of 2^21 it accepts, less one. An entry that would accept none is a link: its row is the bucket,
 * counted from the table's first, where the line goes on. 0: no entry, nor behind it. */
#define TABLE_DRAW_BITS 21
#define TABLE_ROW_BITS 20
#define TABLE_ROW_SHIFT TABLE_DRAW_BITS
#define TABLE_ACCEPT_SHIFT (63 - TABLE_DRAW_BITS)
#define TABLE_ALL ((1u << TABLE_DRAW_BITS) - 1)
#define TABLE_ENTRY(tag, row, accepts)                                                             \
	((__u64)((accepts) - 1) << TABLE_ACCEPT_SHIFT | (__u64)(row) << TABLE_ROW_SHIFT |          \
	 (__u64)(tag))
#define TABLE_LINK(bucket) TABLE_ENTRY(0, bucket, 1)
#define TABLE_ENTRY_TAG(entry) ((__u32)(entry) & TABLE_ALL)
#define TABLE_ENTRY_ROW(entry) ((__u32)((entry) >> TABLE_ROW_SHIFT) & ((1u << TABLE_ROW_BITS) - 1))
#define TABLE_ENTRY_ACCEPTS(entry) ((__u32)((entry) >> TABLE_ACCEPT_SHIFT) + 1)
/* Not a link, nor nothing. */
#define TABLE_IS_ENTRY(entry) ((entry) >> TABLE_ACCEPT_SHIFT != 0)

/* Shares are counted in parts, TABLE_WHOLE of them to an entry that accepts as much as one may.
 * A part is so many draws where nothing stands before. */
#define TABLE_WHOLE 4096
#define TABLE_PART 9

/* Buckets after which a walk ends at the first entry of where it stands, whatever it draws: one flow
 * of 10^8 gets so far in the sparsest of tables. */
#define TABLE_STEPS 512
#define TABLE_STRETCH 8 /* taken at once */

#define TABLE_MAX_BITS 19

TABLE_INLINE __u32 table_lines(table_desc word)
{
	return 1u << TABLE_BITS(word);
}

/* Where a walk stands. */
struct table_walk {
	__u64 number;
	__u64 link; /* where its line goes on, or 0: at the number's line */
};

/* The line is taken from the upper bits, since the lower ones have short periods. */
TABLE_INLINE __u32 table_line(__u64 number, __u32 bits)
{
	return (__u32)((number >> 32 << bits) >> 32);
}

/* Below 0 where the entry accepts, or is a link and draws 0. The draw is the tag, its bits turned
 * over by some of the number's, times an odd factor from others, of which the lowest bits come out
 * highest. Each draw is as likely; and without the first step two tags in the ratio of small
 * numbers would always draw in it. What else there is in the entry is too small to count. */
TABLE_INLINE __s64 table_draw(__u64 number, __u64 entry)
{
	__u64 factor = (number << 1 | 1) << (64 - TABLE_DRAW_BITS);

	return (__s64)(((entry ^ number >> 20) * factor >> 1) - entry);
}

/* Keeps the compiler from computing ahead or once more: BPF has few registers, and what does not
 * find room there goes to the stack, where a verifier before 6.2 forgets what it knew of it. */
#define TABLE_PIN(value) __asm__ volatile("" : "+r"(value))

/* The bucket where it stands, counted from the table's first. */
TABLE_INLINE __u32 table_bucket(const struct table_walk *walk, __u32 bits)
{
	return walk->link ? TABLE_ENTRY_ROW(walk->link) : table_line(walk->number, bits);
}

/* The entry of the bucket that accepts; or 0, and the walk stands where it goes on. All slots
 * draw before one is looked at: a branch for each would be guessed wrong once in a line. */
TABLE_INLINE __u64 table_pick(const struct bucket *bucket, struct table_walk *walk)
{
	__u64 number = walk->number, last = 0;
	__s64 any = 0;

	for (int i = 0; i < BUCKET_SLOTS; i++) {
		last = bucket->slot[i];
		any |= table_draw(number, last);
		TABLE_PIN(any);
	}
	TABLE_PIN(number);
	for (int i = 0; any < 0 && i < BUCKET_SLOTS; i++)
		if (table_draw(number, bucket->slot[i]) < 0 && TABLE_IS_ENTRY(bucket->slot[i]))
			return bucket->slot[i];
	walk->link = TABLE_IS_ENTRY(last) ? 0 : last;
	/* The next number (Knuth's MMIX generator), but for the rest of a line, or a line that grows
	 * longer would lead all that pass it elsewhere. */
	if (!walk->link)
		walk->number = number * 6364136223846793005ULL + 1442695040888963407ULL;
	return 0;
}

#endif
