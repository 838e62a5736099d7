/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fragments. The first one of a packet has the ports: they are remembered for a moment, and the others
 * follow the same flow. Fragments are never put together; one that comes before the first has no flow. */
#ifndef FRAGMENT_H
#define FRAGMENT_H

#include "source.h"

#define FRAGMENT_SECONDS 5

struct fragment_key {
	struct addr saddr, daddr;
	__u32 id;
	__u32 zone; /* bits 8-31 where the packet comes from, 0-7 protocol */
};

struct fragment {
	__be16 sport, dport;
	__u32 seen; /* jiffies, low 32 bits */
};

/* Ports by packet. An LRU: what is lost of it, the sender sends again. */
MAP(fragments, LRU_HASH, 0, struct fragment_key, struct fragment, MAX_FRAGMENTS);

/* True if replies of a flow come from this address and port, or its destination may be a VIP. */
INLINE bool fragment_concerns(const struct packet *p)
{
	return filter_reply(&p->key.saddr, p->key.sport) || filter_destination(&p->key.daddr);
}

/* Read the transport header of a first fragment, all of which it must have (RFC 1858 section 3, RFC 8200
 * section 4.5). */
INLINE enum parsed fragment_ports(struct __sk_buff *skb, struct packet *p)
{
	struct tcphdr l4 = {};

	p->fragment = FRAGMENT_FIRST;
	if (is_udp(p)) {
		if (bpf_skb_load_bytes(skb, p->l4, &l4, UDP_HLEN))
			return PARSED_TRUNCATED;
		return parse_udp(p, &l4, &l4 + 1);
	}
	if (bpf_skb_load_bytes(skb, p->l4, &l4, TCP_HLEN))
		return PARSED_TRUNCATED;
	return parse_tcp(p, &l4, &l4 + 1);
}

/* Find the ports of a later fragment. */
INLINE enum parsed fragment_follow(struct packet *p, const struct fragment_key *key)
{
	struct fragment *known = bpf_map_lookup_elem(&fragments, key);

	if (!known || now_ticks() - known->seen > FRAGMENT_SECONDS * settings.hz)
		return PARSED_FRAGMENT;
	p->key.sport = known->sport;
	p->key.dport = known->dport;
	p->tcp_flags = 0;
	p->tcp_header = 0;
	p->fragment = FRAGMENT_LATER;
	return PARSED;
}

/* Go on with a packet that is PARSED_FRAGMENT. `zone`: the network of the tunnel that it came by, or the
 * interface; `all`: remember it whatever the filters say. */
SUBPROGRAM enum parsed fragment_parse(struct __sk_buff *skb, struct packet *p, __u32 zone, bool all)
{
	REQUIRE(p, PARSED_FRAGMENT);
	struct fragment_key key = { .zone = zone << 8 | p->proto };
	struct ip_fragment fragment = {};
	struct fragment known;
	enum parsed parsed = ip_fragment(skb, p, &fragment);

	if (parsed != PARSED_FRAGMENT)
		return parsed;
	if (p->length > skb->len - p->l3)
		return PARSED_TRUNCATED;
	if (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP)
		return PARSED_OTHER;
	key.saddr = p->key.saddr;
	key.daddr = p->key.daddr;
	key.id = fragment.id;
	if (fragment.offset)
		return fragment_follow(p, &key);
	parsed = fragment_ports(skb, p);
	if (parsed != PARSED)
		return parsed;
	if (!all && !fragment_concerns(p))
		return PARSED_OTHER;
	known = (struct fragment){ p->key.sport, p->key.dport, now_ticks() };
	bpf_map_update_elem(&fragments, &key, &known, BPF_ANY);
	return PARSED;
}

/* True for an address that packets without ports must not be routed to: a VIP, or a SNAT address that is
 * no node's own. */
INLINE bool is_unroutable(const struct addr *addr)
{
	return filter_destination(addr) &&
	       (service_is_vip(addr) || (is_snat(addr) && !(settings.flags & SETTING_SNAT_SHARED)));
}

/* A packet without readable ports, as a fragment that came before the first. */
INLINE enum verdict unreadable_packet(struct packet *p, enum parsed parsed)
{
	enum reason reason = parsed == PARSED_FRAGMENT ? REASON_FRAGMENT :
			     parsed == PARSED_OPTIONS  ? REASON_BAD_HEADER :
			     parsed == PARSED_CHECKSUM ? REASON_CHECKSUM :
							 REASON_TRUNCATED;

	if (parsed == PARSED_OTHER || parsed == PARSED_ICMP || !is_unroutable(&p->key.daddr))
		return VERDICT_NEXT;
	return drop(p, reason);
}

#endif
