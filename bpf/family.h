/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What differs by IP family: bpf/ is compiled once for each, with FAMILY as 4 or 6, into two objects of the
 * same programs and maps. Here is what follows from the size of an address alone; the rest is in one
 * header per family. Each object reads and writes IP headers of its family only, and hands packets of
 * the other one over (families.h). */
#ifndef FAMILY_H
#define FAMILY_H

#include "base.h"

#define ADDR_WORDS (sizeof(struct addr) / sizeof(__be32))
#define OWN_INDEX (FAMILY == 4 ? IP_V4_INDEX : IP_V6_INDEX)

INLINE bool addr_equal(const struct addr *a, const struct addr *b)
{
	__u32 differs = 0;

	for (__u32 i = 0; i < ADDR_WORDS; i++)
		differs |= a->word[i] ^ b->word[i];
	return !differs;
}

INLINE bool addr_is_none(const struct addr *addr)
{
	__u32 any = 0;

	for (__u32 i = 0; i < ADDR_WORDS; i++)
		any |= addr->word[i];
	return !any;
}

/* The words of an address as part of a ones' complement sum. */
INLINE __u64 addr_sum(const struct addr *addr)
{
	__u64 sum = 0;

	for (__u32 i = 0; i < ADDR_WORDS; i++)
		sum += addr->word[i];
	return sum;
}

/* The address in a field that holds none of the other family. */
INLINE struct addr ip_own(const struct ip_addr *ip)
{
	struct addr addr;

	for (__u32 i = 0; i < ADDR_WORDS; i++)
		addr.word[i] = ip->word[4 - ADDR_WORDS + i];
	return addr;
}

/* True if the address is `own`. */
INLINE bool ip_is(const struct ip_addr *ip, const struct addr *own)
{
	struct addr addr = ip_own(ip);

	return addr_equal(&addr, own) && ip_is_v4(ip) == (FAMILY == 4);
}

#endif
