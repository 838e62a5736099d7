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

/* True if replies of a flow may come from here. Each reply key of a flow with NAT is announced. */
INLINE bool filter_reply(const struct addr *addr, __be16 port)
{
	return filter_has(filters.replies, reply_bit(addr, port));
}

/* True if packets to here may concern us: it may be a VIP, or one of the gateway's SNAT addresses. */
INLINE bool filter_destination(const struct addr *addr)
{
	return filter_has(filters.destinations, address_bit(addr));
}

#endif
