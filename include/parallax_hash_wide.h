/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The hashes of the wide form: for each address what the programs of its family compute. */
#ifndef PARALLAX_HASH_WIDE_H
#define PARALLAX_HASH_WIDE_H

INLINE struct ip_addr addr_ip(const struct ip_addr *addr)
{
	return *addr;
}

INLINE struct addr4 addr_narrow4(const struct ip_addr *ip)
{
	return (struct addr4){ { ip->word[3] } };
}

INLINE struct addr6 addr_narrow6(const struct ip_addr *ip)
{
	return (struct addr6){ { ip->word[0], ip->word[1], ip->word[2], ip->word[3] } };
}

INLINE struct flow_key4 flow_key_narrow4(const struct flow_key *key)
{
	return (struct flow_key4){ addr_narrow4(&key->saddr), addr_narrow4(&key->daddr), key->sport,
				   key->dport, key->zone };
}

INLINE struct flow_key6 flow_key_narrow6(const struct flow_key *key)
{
	return (struct flow_key6){ addr_narrow6(&key->saddr), addr_narrow6(&key->daddr), key->sport,
				   key->dport, key->zone };
}

/* Family of a flow; the destination is always known. */
INLINE int flow_key_is_v4(const struct flow_key *key)
{
	return ip_is_v4(&key->daddr);
}

/* NAME4 or NAME6 of the key in the form of its family. */
#define FLOW_KEY_HASH(hash, key, ...)                                                              \
	({                                                                                         \
		struct flow_key4 key4_ = flow_key_narrow4(key);                                    \
		struct flow_key6 key6_ = flow_key_narrow6(key);                                    \
                                                                                                   \
		flow_key_is_v4(key) ? hash##4(&key4_, ##__VA_ARGS__) :                             \
				      hash##6(&key6_, ##__VA_ARGS__);                              \
	})

INLINE __u64 walk_hash(const struct flow_key *key, __u8 proto, __u64 seed)
{
	return FLOW_KEY_HASH(walk_hash, key, proto, seed);
}

INLINE __u64 service_hash(const struct service *service, const struct flow_key *key, __u8 proto,
			  __u64 seed)
{
	struct flow_key4 key4 = flow_key_narrow4(key);
	struct flow_key6 key6 = flow_key_narrow6(key);

	return flow_key_is_v4(key) ? service_hash4(service, &key4, proto, seed) :
				     service_hash6(service, &key6, proto, seed);
}

INLINE __u32 flow_hash(const struct flow_key *key, __u8 proto, __u64 seed)
{
	return FLOW_KEY_HASH(flow_hash, key, proto, seed);
}

INLINE __u32 drop_hash(const struct flow_key *key, __u8 proto, __u64 service_id)
{
	return FLOW_KEY_HASH(drop_hash, key, proto, service_id);
}

INLINE __u16 flow_tag(const struct flow_key *key)
{
	return FLOW_KEY_HASH(flow_tag, key);
}

INLINE __u32 reply_bit(const struct ip_addr *ip, __be16 port)
{
	struct addr4 addr4 = addr_narrow4(ip);
	struct addr6 addr6 = addr_narrow6(ip);

	return ip_is_v4(ip) ? reply_bit4(&addr4, port) : reply_bit6(&addr6, port);
}

INLINE __u32 address_bit(const struct ip_addr *ip)
{
	return reply_bit(ip, 0);
}

#endif
