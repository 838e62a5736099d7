/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a table in the slot arena is read: the rules that the packet path and userspace share.
 *
 * A table has 2^bits lines. Hashes place the entries of every backend on lines. The hash of a new
 * flow walks over lines at random; each entry it meets takes a sample of 21 bits from it and
 * accepts the flow if the sample is below the entry's threshold. A threshold accepts one flow in
 * fifty or less; entries further back in a line have a higher one, because those before them
 * choose first, so that shares are exact. When a backend leaves, only its own flows walk on
 * (consistent hashing by rejection, as in DxHash, Dong and Wang 2021, but entries of a line do not
 * compete for places).
 *
 * In the arena a table is one bucket of eight slots per line. A line with more entries continues
 * in a bucket behind all lines, which the last slot names.
 */
#ifndef PARALLAX_TABLE_H
#define PARALLAX_TABLE_H

#include "parallax_abi.h"

/* An entry: bits 0-20 tag, on which its samples depend, 21-40 row of `backends`, 42-62 threshold
 * less one. An entry whose threshold is 1 is a link: its row is the bucket, counted from the
 * table's first, where the line continues. 0: no entry here nor behind. */
#define TABLE_SAMPLE_BITS 21
#define TABLE_ROW_BITS 20
#define TABLE_ROW_SHIFT TABLE_SAMPLE_BITS
#define TABLE_THRESHOLD_SHIFT (63 - TABLE_SAMPLE_BITS)
#define TABLE_ALL ((1u << TABLE_SAMPLE_BITS) - 1)
#define TABLE_ENTRY(tag, row, threshold)                                                           \
	((__u64)((threshold) - 1) << TABLE_THRESHOLD_SHIFT | (__u64)(row) << TABLE_ROW_SHIFT |     \
	 (__u64)(tag))
#define TABLE_LINK(bucket) TABLE_ENTRY(0, bucket, 1)
#define TABLE_ENTRY_TAG(entry) ((__u32)(entry) & TABLE_ALL)
#define TABLE_ENTRY_ROW(entry) ((__u32)((entry) >> TABLE_ROW_SHIFT) & ((1u << TABLE_ROW_BITS) - 1))
#define TABLE_ENTRY_THRESHOLD(entry) ((__u32)((entry) >> TABLE_THRESHOLD_SHIFT) + 1)
/* A real entry: neither a link nor empty. */
#define TABLE_IS_ENTRY(entry) ((entry) >> TABLE_THRESHOLD_SHIFT != 0)

/* Shares are counted in parts, TABLE_WHOLE of them to an entry of the greatest threshold. A part
 * is TABLE_PART of the 2^21 samples for the first entry of a line. */
#define TABLE_WHOLE 4096
#define TABLE_PART 9

/* Buckets after which a walk takes the first entry of the current one, whatever its sample: one
 * flow of 10^8 gets that far in the sparsest table. */
#define TABLE_STEPS 512
#define TABLE_WALK_BATCH 8 /* steps of one subprogram call */

#define TABLE_MAX_BITS 19

INLINE __u32 table_lines(table_desc table)
{
	return 1u << TABLE_BITS(table);
}

/* State of a walk. */
struct table_walk {
	__u64 number;
	__u64 link; /* entry that names the next bucket, or 0: the line of `number` is next */
};

/* Line of a walk's number. From the upper bits, since the lower ones have short periods. */
INLINE __u32 table_line(__u64 number, __u32 bits)
{
	return (__u32)((number >> 32 << bits) >> 32);
}

/* The entry's sample less its threshold: negative if the entry accepts (or is a link whose sample
 * is 0). The sample is the tag, XORed with bits of the number and multiplied by an odd factor made
 * of others; the lowest bits of the product come out highest. All samples are equally likely.
 * Without the XOR two tags in a ratio of small numbers would have samples in that ratio. The row
 * below the threshold is too small to matter. */
INLINE __s64 table_sample(__u64 number, __u64 entry)
{
	__u64 factor = (number << 1 | 1) << (64 - TABLE_SAMPLE_BITS);

	return (__s64)(((entry ^ number >> 20) * factor >> 1) - entry);
}

/* Keeps the compiler from computing a value early or twice: BPF has few registers, and a verifier
 * before 6.2 forgets the bounds of a scalar that is spilled to the stack. */
#define TABLE_PIN(value) __asm__ volatile("" : "+r"(value))

/* The walk's current bucket, counted from the table's first. */
INLINE __u32 table_bucket(const struct table_walk *walk, __u32 bits)
{
	return walk->link ? TABLE_ENTRY_ROW(walk->link) : table_line(walk->number, bits);
}

/* The entry of the bucket that accepts, or 0 after moving the walk to its next bucket. All samples
 * are taken before one is tested: a branch for each would be mispredicted once per line. */
INLINE __u64 table_pick(const struct bucket *bucket, struct table_walk *walk)
{
	__u64 number = walk->number, last = 0;
	__s64 any = 0;

	for (int i = 0; i < BUCKET_SLOTS; i++) {
		last = bucket->slot[i];
		any |= table_sample(number, last);
		TABLE_PIN(any);
	}
	TABLE_PIN(number);
	for (int i = 0; any < 0 && i < BUCKET_SLOTS; i++)
		if (table_sample(number, bucket->slot[i]) < 0 && TABLE_IS_ENTRY(bucket->slot[i]))
			return bucket->slot[i];
	walk->link = TABLE_IS_ENTRY(last) ? 0 : last;
	/* The next number (Knuth's MMIX generator) comes at the end of a line, not of a bucket:
	 * else a line that grows by a bucket would lead all later flows elsewhere. */
	if (!walk->link)
		walk->number = number * 6364136223846793005ULL + 1442695040888963407ULL;
	return 0;
}

#endif
