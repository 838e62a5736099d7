/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Two bitmaps by which most other traffic passes before any look-up. */
#ifndef FILTER_H
#define FILTER_H

#include "maps.h"

INLINE void filter_add(__u64 *words, __u32 bit)
{
	__u64 mask = 1ULL << (bit & 63);
	__u64 *word = &words[(bit / 64) & (FILTER_BITS / 64 - 1)];

	if (!(*word & mask))
		__sync_fetch_and_or(word, mask);
}

INLINE bool filter_has(const __u64 *words, __u32 bit)
{
	return words[(bit / 64) & (FILTER_BITS / 64 - 1)] >> (bit & 63) & 1;
}

INLINE struct filters *filters_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&filters, &zero);
}

#endif
