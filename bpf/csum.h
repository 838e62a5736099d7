/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ones' complement sums (RFC 1071) and their incremental update (RFC 1624). */
#ifndef CSUM_H
#define CSUM_H

#include "verdict.h"

INLINE __u16 csum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)sum;
}

/* The difference that replacing `from` by `to` makes to a sum, folded to fit a __wsum. */
INLINE __u64 csum_diff32(__be32 from, __be32 to)
{
	return (__u64)(__u32)~from + to;
}

INLINE __u64 csum_diff16(__be16 from, __be16 to)
{
	return (__u64)(__u16)~from + to;
}

/* A stored checksum after `diff` was added to the sum it complements (RFC 1624 eqn. 3). */
INLINE __u16 csum_update(__u16 check, __u64 diff)
{
	return (__u16)~csum_fold((__u64)(__u16)~check + diff);
}

/* True if the checksum of a 20-byte IP header is right: its words sum to ~0 (RFC 1071 section
 * 1). */
INLINE bool csum_iphdr_ok(const struct iphdr *ip)
{
	const __u32 *word = (const __u32 *)ip;
	__u64 sum = (__u64)word[0] + word[1] + word[2] + word[3] + word[4];

	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff || sum == 0x1fffe; /* these two of 17 bits fold to 0xffff */
}

/* Checksum of a 20-byte IP header whose check field is zero. */
INLINE __u16 csum_iphdr(const struct iphdr *ip)
{
	const __u16 *word = (const __u16 *)ip;
	__u64 sum = 0;

#pragma unroll
	for (int i = 0; i < IP_HLEN / 2; i++)
		sum += word[i];
	return (__u16)~csum_fold(sum);
}

#endif
