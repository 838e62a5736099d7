/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ones' complement sums (RFC 1071) and their incremental update (RFC 1624). */
#ifndef CSUM_H
#define CSUM_H

#include "family.h"

INLINE __u16 csum_fold_short(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)(sum + (sum >> 16));
}

/* A sum of few words in a few bits more than 16: it fits a __wsum, and several can be added. */
INLINE __u32 csum_short(__u64 sum)
{
	return (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
}

INLINE __u16 csum_fold(__u64 sum)
{
	return csum_fold_short((sum & 0xffffffff) + (sum >> 32));
}

/* The difference that replacing `from` by `to` makes to a sum. */
INLINE __u64 csum_diff_addr(const struct addr *from, const struct addr *to)
{
	__u64 diff = 0;

	for (__u32 i = 0; i < ADDR_WORDS; i++)
		diff += (__u64)(__u32)~from->word[i] + to->word[i];
	return diff;
}

INLINE __u32 csum_diff16(__be16 from, __be16 to)
{
	return (__u32)(__u16)~from + to;
}

/* A stored checksum after `diff` was added to the sum it complements (RFC 1624 eqn. 3). */
INLINE __u16 csum_update(__u16 check, __u64 diff)
{
	return (__u16)~csum_fold((__u64)(__u16)~check + diff);
}

/* The pseudo header of TCP, UDP and ICMPv6 (RFC 9293 section 3.1, RFC 8200 section 8.1). */
INLINE __u64 csum_pseudo(const struct addr *saddr, const struct addr *daddr, __u8 proto,
			 __u32 length)
{
	return addr_sum(saddr) + addr_sum(daddr) + bpf_htons(proto) + bpf_htonl(length);
}

#endif
