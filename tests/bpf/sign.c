/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tags of tunnel packets. */
#include "sign.h"

#include <string.h>

#include "pkt_ip.h"

struct text {
	uint8_t bytes[64];
	uint32_t length;
};

static void put(struct text *text, uint64_t value, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		text->bytes[text->length++] = value >> (8 * i);
}

static void put_network_order(struct text *text, uint16_t value)
{
	text->bytes[text->length++] = value >> 8;
	text->bytes[text->length++] = value;
}

static void put_addr(struct text *text, const struct pkt *pkt, uint32_t addr)
{
	text->length += pkt_addr_bytes(pkt, addr, text->bytes + text->length);
}

static __u64 hash(const struct text *text, const struct siphash_key *key)
{
	__u64 words[8], last = 0;
	uint32_t whole = text->length / 8, rest = text->length % 8;

	memcpy(words, text->bytes, whole * 8);
	memcpy(&last, text->bytes + whole * 8, rest);
	return siphash(key, words, whole, last | (__u64)text->length << 56);
}

static bool is_reply(const struct outer *outer)
{
	bool reply = outer->hop ? outer->hop == HOP_REPLY : outer->sport == TUNNEL_PORT;

	return reply != outer->other_direction;
}

static __u64 tag(const struct pkt *pkt, const struct outer *outer)
{
	uint32_t vni = outer->signed_vni ? outer->signed_vni : outer->vni;
	uint32_t from = outer->hop ? NETWORK2 : vni, to = vni == NETWORK2 ? NETWORK1 : NETWORK2;
	struct siphash_key key = test_key(from, to, outer->key);
	bool ports = (pkt->proto == 6 || pkt->proto == 17) && !(pkt->frag & (MF | 0x1fff));
	struct text text = { 0 };

	put(&text, outer->signed_id ? outer->signed_id : outer->id, 8);
	put(&text, EPOCH + outer->epoch_add, 4);
	put(&text, outer->endpoint, 4);
	put(&text, vni, 3);
	put(&text, is_reply(outer), 1);
	put_network_order(&text, ports ? pkt->sport + outer->signed_port_add : 0);
	put_network_order(&text, ports ? pkt->dport : 0);
	put_addr(&text, pkt, pkt->saddr);
	put_addr(&text, pkt, pkt->daddr);
	put(&text, own_proto(pkt), 1);
	return hash(&text, &key);
}

__u64 sign_pkt(const struct pkt *pkt)
{
	return tag(pkt, pkt->outer) ^ pkt->outer->tag_flip;
}

uint16_t sign_epoch(const struct outer *outer)
{
	return EPOCH + outer->epoch_add;
}
