/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hashes on which the packet path, userspace and all nodes of a mesh agree. */
#ifndef PARALLAX_HASH_H
#define PARALLAX_HASH_H

#include "parallax_abi.h"
#include "parallax_limits.h"

/* Finaliser of MurmurHash3 (Appleby, public domain): every input bit moves every output bit. */
INLINE __u64 mix64(__u64 h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdULL;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53ULL;
	h ^= h >> 33;
	return h;
}

#define HASH_SEED_CLIENT 0x636c69656e74ULL
#define HASH_SEED_GATEWAY 0x67617465776179ULL

/* Hash that service.drop is compared with: independent of the choice of a backend, and of the whole
 * five-tuple with affinity too. A retransmitted SYN gets the same decision. */
#define HASH_SEED_DROP 0x64726f70ULL

/* An index below `size` by a hash, without division. */
INLINE __u32 hash_slot(__u32 hash, __u32 size)
{
	return (__u32)(((__u64)hash * size) >> 32);
}

/* Where a gateway's row of `health` is looked for: the rows health_place(hash, 0) to HEALTH_TRIES - 1. */
INLINE __u32 health_hash(const struct ip_addr *addr, __be16 port)
{
	return (__u32)mix64(((__u64)addr->word[0] << 32 | addr->word[1]) ^
			    mix64((__u64)addr->word[2] << 32 | (addr->word[3] ^ port)));
}

/* Never row 0. */
INLINE __u32 health_place(__u32 hash, __u32 attempt)
{
	return 1 + ((hash + attempt) & (HEALTH_GATEWAYS - 1));
}

/* Row of `owners` of a pod's veth (network 0, id its ifindex), or of a gateway's client by its network
 * and flow.peer. Two clients may share a row; two pods do not, unless their ifindexes are far
 * apart. */
INLINE __u32 owner_row(__u32 network, __u32 id)
{
	if (!network)
		return id & (OWNER_ROWS / 2 - 1);
	return OWNER_ROWS / 2 + ((__u32)mix64((__u64)network << 32 | id) & (OWNER_ROWS / 2 - 1));
}

/* Number `n` of the slots of `reclaim` that an owner's flows take, to be cut to the size of the map:
 * each owner visits all slots in an order of its own. */
INLINE __u32 owner_slot(__u32 row, __u32 n)
{
	__u64 hash = mix64((__u64)row + 1);

	return (__u32)hash + n * ((__u32)(hash >> 32) | 1);
}

#define FAMILY_TEXT "parallax_hash_text.h"
#define FAMILY_NARROW
#include "parallax_families.h"

#if !defined(FAMILY) && !defined(PLAIN_FAMILY)
#include "parallax_hash_wide.h"
#endif

_Static_assert(FILTER_BITS == 1u << 18, "address_bit() and reply_bit() keep 64 - 46 bits");

#endif
