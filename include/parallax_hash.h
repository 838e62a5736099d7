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

/* Hash of addresses, ports and protocol by which a walk over a table begins. The seed is service id ^ HASH_SEED_*: with
 * one hash for both, the gateway's choice would depend on the client's. */
INLINE __u64 walk_hash(const struct flow_key *key, __u8 proto, __u64 seed)
{
	__u64 h = mix64(((__u64)key->saddr << 32 | key->daddr) ^ seed);

	return mix64(h ^ ((__u64)key->sport << 24 | (__u64)key->dport << 8 | proto));
}

/* The hash for a new flow of the service, from *key or, with affinity, from its source alone. */
INLINE __u64 service_hash(const struct service *service, const struct flow_key *key, __u8 proto,
			  __u64 seed)
{
	struct flow_key source = { .saddr = key->saddr };

	if (service->flags & SERVICE_AFFINITY)
		return walk_hash(&source, 0, service->id ^ seed);
	return walk_hash(key, proto, service->id ^ seed);
}

/* The same as walk_hash() in 32 bits. */
INLINE __u32 flow_hash(const struct flow_key *key, __u8 proto, __u64 seed)
{
	return (__u32)(walk_hash(key, proto, seed) >> 32);
}

/* Hash that service.drop is compared with: independent of the choice of a backend, and of the whole
 * five-tuple with affinity too. A retransmitted SYN gets the same decision. */
#define HASH_SEED_DROP 0x64726f70ULL

INLINE __u32 drop_hash(const struct flow_key *key, __u8 proto, __u64 service_id)
{
	return flow_hash(key, proto, service_id ^ HASH_SEED_DROP);
}

/* An index below `size` by a hash, without division. */
INLINE __u32 hash_slot(__u32 hash, __u32 size)
{
	return (__u32)(((__u64)hash * size) >> 32);
}

/* Tag by which a flow entry confirms its key. */
INLINE __u16 flow_tag(const struct flow_key *key)
{
	__u64 a = (__u64)key->saddr << 32 | key->daddr;
	__u64 b = (__u64)key->sport << 48 | (__u64)key->dport << 32 | key->zone;

	return (__u16)(((a * 0x9e3779b97f4a7c15ULL) ^ (b * 0xc2b2ae3d27d4eb4fULL)) >> 48);
}

/* Row of `owners` of a pod's veth (network 0, id its ifindex), or of a gateway's client by its network
 * and outer address. Two clients may share a row; two pods do not, unless their ifindexes are far
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

/* Bits of struct filters. */
INLINE __u32 address_bit(__be32 addr)
{
	return (__u32)(((__u64)addr * 0x9e3779b97f4a7c15ULL) >> 46);
}

INLINE __u32 reply_bit(__be32 addr, __be16 port)
{
	return (__u32)((((__u64)port << 32 | addr) * 0x9e3779b97f4a7c15ULL) >> 46);
}

_Static_assert(FILTER_BITS == 1u << 18, "address_bit() and reply_bit() keep 64 - 46 bits");

#endif
