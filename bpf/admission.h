/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tags of tunnel packets, by which two networks that share a key know one another's. A tag covers the
 * direction, the time, the sender's network, service and endpoint, and the addresses, ports and protocol of
 * the inner packet; all fragments and ICMP count as packets without ports. A flow's tag changes once per
 * epoch: senders and receivers remember it. */
#ifndef ADMISSION_H
#define ADMISSION_H

#include "count.h"
#include "parallax_siphash.h"
#include "route.h"

#define TAG_SLOTS 4096 /* on each CPU: 64 bytes in IPv4, 88 in IPv6, for each of two maps */

/* The last tag of a slot. */
struct tag_slot {
	struct tagged tagged;
	__u32 key;        /* 0: the sender has none */
	__u32 generation; /* settings.key_generation */
	__u64 network;    /* of the other end */
	__u64 tag;
};

MAP(keys, HASH, BPF_F_NO_PREALLOC, struct admission_key_id, struct admission_key, 2 * MAX_KEYS);
MAP(tags_sent, PERCPU_ARRAY, 0, __u32, struct tag_slot, TAG_SLOTS);
MAP(tags_verified, PERCPU_ARRAY, 0, __u32, struct tag_slot, TAG_SLOTS);

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words of struct tagged");

INLINE __u32 epoch_now(void)
{
	return epoch_at(settings.epoch, now_ticks(), settings.hz);
}

/* The epoch that a tag names, by its low half. Two clocks that differ by less than an epoch are never further
 * apart than one: the tag of any other is not believed, and false is returned. */
INLINE bool epoch_of_tag(const struct outer *outer, __u32 *ret)
{
	__u32 now = epoch_now();
	__s16 later = (__s16)(outer->epoch - (__u16)now);

	*ret = now + later;
	return later >= -1 && later <= 1;
}

/* What the tag of p->outer in this epoch covers, around a packet of these addresses and ports. */
INLINE void tagged_fill(struct packet *p, const struct nat *inner, __u32 epoch)
{
	const struct outer *outer = &p->outer;
	struct tagged *to = &p->tagged;
	__u64 ends = (__u64)outer->reply << 24 | outer->vni;

	if (likely(!p->fragment && (p->proto == IPPROTO_TCP || is_udp(p))))
		ends |= (__u64)inner->dport << 48 | (__u64)inner->sport << 32;
	to->word[0] = outer->id;
	to->word[1] = epoch;
	if (outer->options & OPTION_ENDPOINT)
		to->word[1] |= (__u64)outer->endpoint << 32;
	to->word[2] = ends;
	if (FAMILY == 4) {
		to->word[3] = (__u64)inner->daddr.word[0] << 32 | inner->saddr.word[0];
	} else {
		for (__u32 i = 0; i < 2; i++) {
			to->word[3 + i] = (__u64)inner->saddr.word[(2 * i + 1) % ADDR_WORDS] << 32 |
					  inner->saddr.word[(2 * i) % ADDR_WORDS];
			to->word[(5 + i) % TAGGED_WORDS] =
				(__u64)inner->daddr.word[(2 * i + 1) % ADDR_WORDS] << 32 |
				inner->daddr.word[(2 * i) % ADDR_WORDS];
		}
	}
	to->last = (8ull * TAGGED_WORDS + 1) << 56 | p->proto;
}

INLINE bool tagged_equal(const struct tagged *a, const struct tagged *b)
{
	__u64 differs = a->last ^ b->last;

	for (__u32 i = 0; i < TAGGED_WORDS; i++)
		differs |= a->word[i] ^ b->word[i];
	return !differs;
}

/* By the upper bits, on which all others have an effect: ports and addresses differ in their last bytes, which are the
 * upper ones of the words. */
INLINE __u32 tag_index(const struct tagged *tagged)
{
	__u64 hash = 0;

	for (__u32 i = 2; i < TAGGED_WORDS; i++)
		hash = (hash ^ tagged->word[i]) * 0x9e3779b97f4a7c15ULL;
	return hash_slot(hash >> 32, TAG_SLOTS);
}

SUBPROGRAM __u64 tag_compute(const struct tagged *tagged, const struct siphash_key *key)
{
	REQUIRE(tagged && key, 0);
	return siphash(key, tagged->word, TAGGED_WORDS, tagged->last);
}

INLINE struct admission_key *key_find(__u32 network, __u32 id)
{
	struct admission_key_id name = { network, id, settings.key_generation };

	return bpf_map_lookup_elem(&keys, &name);
}

/* True if the slot remembers p->tagged with the keys of now. */
INLINE bool tag_is_known(const struct tag_slot *slot, const struct packet *p, __u32 network)
{
	return slot && slot->network == network && slot->generation == settings.key_generation &&
	       tagged_equal(&slot->tagged, &p->tagged);
}

INLINE void tag_remember(struct tag_slot *slot, const struct packet *p, __u32 network)
{
	slot->tagged = p->tagged;
	slot->key = p->outer.key;
	slot->generation = settings.key_generation;
	slot->network = network;
	slot->tag = p->outer.tag;
}

/* ------------------------------------------------------------------ sending */

/* Compute the tag of p->tagged by the key that signs. */
SUBPROGRAM int tag_sign(struct packet *p)
{
	REQUIRE(p, -EINVAL);
	__u32 index = tag_index(&p->tagged);
	struct admission_key *key = key_find(p->outer.receiver, 0);
	struct tag_slot *slot = bpf_map_lookup_elem(&tags_sent, &index);

	p->outer.key = key ? key->id : 0;
	p->outer.tag = key ? tag_compute(&p->tagged, &key->send) : 0;
	if (slot)
		tag_remember(slot, p, p->outer.receiver);
	return 0;
}

/* Sign the packet with the addresses and ports `inner`, which leaves by the tunnel p->outer. Networks
 * without a key send unsigned. */
INLINE void tunnel_sign(struct packet *p, const struct nat *inner)
{
	struct outer *outer = &p->outer;
	struct tag_slot *slot;
	__u32 epoch, index;

	if (likely(!(settings.admission & ADMISSION_SIGN)))
		return;
	epoch = epoch_now();
	tagged_fill(p, inner, epoch);
	index = tag_index(&p->tagged);
	slot = bpf_map_lookup_elem(&tags_sent, &index);
	if (likely(tag_is_known(slot, p, outer->receiver))) {
		outer->key = slot->key;
		outer->tag = slot->tag;
	} else {
		tag_sign(p);
	}
	outer->epoch = epoch;
	if (outer->key)
		outer->options |= OPTION_ADMISSION;
}

/* ------------------------------------------------------------------ receiving */

/* The network by whose key a packet is signed: between gateway and pod ours, though it names the client's. */
INLINE __u32 tag_network(const struct outer *outer)
{
	return outer->options & OPTION_RETURN ? settings.network : outer->vni;
}

/* Check a tag that is not remembered. */
SUBPROGRAM enum reason tag_verify(struct packet *p)
{
	REQUIRE(p, REASON_NO_ROOM);
	__u32 index = tag_index(&p->tagged), network = tag_network(&p->outer);
	struct admission_key *key = p->outer.key ? key_find(network, p->outer.key) : NULL;
	struct tag_slot *slot;

	if (!key)
		return REASON_TUNNEL_KEY;
	if (tag_compute(&p->tagged, &key->receive) != p->outer.tag)
		return REASON_TUNNEL_FORGED;
	slot = bpf_map_lookup_elem(&tags_verified, &index);
	if (slot)
		tag_remember(slot, p, network);
	return REASON_NONE;
}

SUBPROGRAM enum reason tunnel_verify(struct packet *p)
{
	REQUIRE(p, REASON_NO_ROOM);
	struct outer *outer = &p->outer;
	struct tag_slot *slot;
	__u32 epoch, index;
	enum reason reason;

	if (!epoch_of_tag(outer, &epoch))
		return REASON_TUNNEL_EPOCH;
	tagged_fill(p, (const struct nat *)&p->key, epoch);
	index = tag_index(&p->tagged);
	slot = bpf_map_lookup_elem(&tags_verified, &index);
	if (likely(tag_is_known(slot, p, tag_network(outer)) && slot->key == outer->key &&
		   slot->tag == outer->tag)) {
		outer->admitted = 1;
		return REASON_NONE;
	}
	reason = tag_verify(p);
	outer->admitted = !reason;
	return reason;
}

/* The reason why the packet in the tunnel p->outer, which came in by `ifindex`, may not enter. Between gateway
 * and pod the addresses of the network's own gateways and endpoints decide, and tags only where the network has a
 * key. Its IP header is parsed, and the ports behind it; nothing of it is remembered yet. */
INLINE enum reason tunnel_admit(struct packet *p, bool request, __u32 ifindex)
{
	bool is_signed = p->outer.options & OPTION_ADMISSION;

	if (likely(!settings.admission && !is_signed) || p->outer.admitted)
		return REASON_NONE;
	if (must_not_come_in(ifindex, tag_network(&p->outer)))
		return REASON_TUNNEL_NOT_ENCRYPTED;
	if (p->outer.options & OPTION_RETURN && !(settings.admission & ADMISSION_HOP))
		return REASON_NONE;
	if (!is_signed)
		return settings.admission & ADMISSION_REQUIRE ? REASON_TUNNEL_UNSIGNED :
								REASON_NONE;
	p->outer.reply = !request;
	return tunnel_verify(p);
}

#endif
