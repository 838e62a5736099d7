/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hashes of addresses and tuples: see parallax_families.h. */

#define ADDR_WORDS (sizeof(ADDR) / sizeof(__be32))

INLINE struct ip_addr NAME(addr_ip)(const ADDR *addr)
{
	struct ip_addr ip = {};

	if (ADDR_WORDS == 1)
		return IP_V4(addr->word[0]);
	__builtin_memcpy(&ip, addr, sizeof(*addr));
	return ip;
}

/* Hash of addresses, ports and protocol by which a walk over a table begins. The seed is service id ^ HASH_SEED_*: with
 * one hash for both, the gateway's choice would depend on the client's. */
INLINE __u64 NAME(walk_hash)(const struct NAME(flow_key) *key, __u8 proto, __u64 seed)
{
	__u64 h = seed;

	for (__u32 i = 0; i < ADDR_WORDS; i++)
		h = mix64(((__u64)key->saddr.word[i] << 32 | key->daddr.word[i]) ^ h);
	return mix64(h ^ ((__u64)key->sport << 24 | (__u64)key->dport << 8 | proto));
}

/* The hash for a new flow of the service, from *key or, with affinity, from its source alone. */
INLINE __u64 NAME(service_hash)(const struct service *service, const struct NAME(flow_key) *key,
				__u8 proto, __u64 seed)
{
	struct NAME(flow_key) source = { .saddr = key->saddr };

	if (service->flags & SERVICE_AFFINITY)
		return NAME(walk_hash)(&source, 0, service->id ^ seed);
	return NAME(walk_hash)(key, proto, service->id ^ seed);
}

/* The same as walk_hash() in 32 bits. */
INLINE __u32 NAME(flow_hash)(const struct NAME(flow_key) *key, __u8 proto, __u64 seed)
{
	return (__u32)(NAME(walk_hash)(key, proto, seed) >> 32);
}

INLINE __u32 NAME(drop_hash)(const struct NAME(flow_key) *key, __u8 proto, __u64 service_id)
{
	return NAME(flow_hash)(key, proto, service_id ^ HASH_SEED_DROP);
}

/* Tag by which a flow entry confirms its key. */
INLINE __u16 NAME(flow_tag)(const struct NAME(flow_key) *key)
{
	__u64 a = 0, b = (__u64)key->sport << 48 | (__u64)key->dport << 32 | key->zone;

	for (__u32 i = 0; i < ADDR_WORDS; i++)
		a = (a ^ ((__u64)key->saddr.word[i] << 32 | key->daddr.word[i])) * 0x9e3779b97f4a7c15ULL;
	return (__u16)((a ^ (b * 0xc2b2ae3d27d4eb4fULL)) >> 48);
}

/* Bits of struct filters. */
INLINE __u32 NAME(reply_bit)(const ADDR *addr, __be16 port)
{
	__u64 h = 0;

	for (__u32 i = 0; i < ADDR_WORDS; i++)
		h = (h ^ ((i + 1 < ADDR_WORDS ? 0 : (__u64)port << 32) | addr->word[i])) *
		    0x9e3779b97f4a7c15ULL;
	return (__u32)(h >> 46);
}

INLINE __u32 NAME(address_bit)(const ADDR *addr)
{
	return NAME(reply_bit)(addr, 0);
}

#undef ADDR_WORDS
