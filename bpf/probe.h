/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Probes of gateways: tunnel packets with the O bit (RFC 8926 section 3.4) and the probe option, of any size.
 * The gateway's program answers, so that an answer means that it would carry packets; the answer is as large
 * as the probe, so that it tries the size in both directions. The program of the node that asked writes it
 * into `health`. */
#ifndef PROBE_H
#define PROBE_H

#include "health.h"
#include "parallax_probe.h"
#include "path.h"
#include "tunnel.h"

/* The headers of a probe, and of the answer that it becomes, in p->headers. */
struct probe_headers {
	IP_HEADER ip;
	struct udphdr udp;
	struct geneve_header geneve;
	struct geneve_probe_option option;
	struct geneve_admission_option tag; /* with OPTION_ADMISSION */
};

_Static_assert(sizeof(struct probe_headers) <= HEADERS_MAX, "probe_headers");

INLINE struct probe_headers *probe_headers(struct packet *p)
{
	return (void *)p->headers;
}

/* ------------------------------------------------------------------ tags */

SUBPROGRAM __u64 probe_compute(struct packet *p, const struct siphash_key *key, __u32 epoch)
{
	REQUIRE(p && key, 0);
	union probe_tagged tagged = {};

	tagged.option = probe_headers(p)->option;
	tagged.epoch = epoch;
	tagged.network = p->outer.vni;
	return probe_tag(key, &tagged);
}

SUBPROGRAM enum reason probe_verify(struct packet *p)
{
	REQUIRE(p, REASON_NO_ROOM);
	struct outer *outer = &p->outer;
	struct admission_key *key = outer->key ? key_find(outer->vni, outer->key) : NULL;
	__u32 epoch;

	if (!epoch_of_tag(outer, &epoch))
		return REASON_TUNNEL_EPOCH;
	if (!key)
		return REASON_TUNNEL_KEY;
	if (probe_compute(p, &key->receive, epoch) != outer->tag)
		return REASON_TUNNEL_FORGED;
	outer->admitted = 1;
	return REASON_NONE;
}

/* Sign an answer by the key that its probe named: who asked has that one. */
SUBPROGRAM int probe_sign(struct packet *p)
{
	REQUIRE(p, -EINVAL);
	struct outer *outer = &p->outer;
	struct admission_key *key = key_find(outer->receiver, outer->key);
	__u32 epoch = epoch_now();

	if (!key) /* it was removed this moment */
		return -ENOENT;
	outer->epoch = epoch;
	outer->tag = probe_compute(p, &key->send, epoch);
	outer->options = OPTION_ADMISSION;
	option_write_admission(&probe_headers(p)->tag, outer);
	return 0;
}

/* Why a probe or an answer is not believed. */
INLINE enum reason probe_admit(struct packet *p)
{
	if (p->outer.options & OPTION_ADMISSION)
		return probe_verify(p);
	return settings.admission & ADMISSION_REQUIRE ? REASON_TUNNEL_UNSIGNED : REASON_NONE;
}

/* ------------------------------------------------------------------ the gateway */

/* Why a probe is not answered. Before tags are required, those of everybody are answered where a key is enough
 * to enter. */
INLINE enum reason probe_refusal(struct packet *p)
{
	struct outer *outer = &p->outer;
	enum reason reason = probe_admit(p);

	if (reason)
		return reason;
	if (!(settings.admission & ADMISSION_OPEN) && !source_allowed(outer))
		return REASON_TUNNEL_SOURCE;
	if (!network_known(outer->vni))
		return REASON_TUNNEL_VNI;
	return probe_allowed(outer_owner(outer)) ? REASON_NONE : REASON_REPLY_LIMIT;
}

INLINE void probe_fill(struct packet *p, const struct gateway_health *own)
{
	struct probe_headers *headers = probe_headers(p);
	struct geneve_probe_option *option = &headers->option;

	geneve_set_vni(&headers->geneve, settings.network);
	option->flags = PROBE_ANSWER | (settings.flags & SETTING_FORWARD ? 0 : PROBE_KEEPS);
	option->services = bpf_htonl(own->services);
	option->mtu = bpf_htons(own->mtu);
	option->load = own->load;
}

INLINE void probe_fill_outer(struct packet *p, __u32 length)
{
	struct addr saddr = ip_own(&p->outer.saddr), daddr = ip_own(&p->outer.daddr);
	struct probe_headers *headers = probe_headers(p);

	ip_fill(&headers->ip, &saddr, &daddr, IPPROTO_UDP, length - IP_HLEN, TUNNEL_TTL);
	ip_finish(&headers->ip, 0, 0);
	headers->udp.source = p->outer.sport;
	headers->udp.dest = p->outer.dport;
	headers->udp.len = length_field(length - IP_HLEN);
	headers->udp.check = 0;
}

/* What the node found of the path to it; where probes of everybody are answered, only one with a tag tells. */
INLINE void probe_hear(struct packet *p)
{
	if (p->outer.admitted || !(settings.admission & ADMISSION_OPEN))
		path_told_by_peer(&p->outer.saddr, bpf_ntohs(probe_headers(p)->option.mtu));
}

/* IP bytes of the answer to a probe of as many, of which `headers` are written. */
INLINE __u32 probe_length(const struct packet *p, __u32 headers)
{
	__u32 length = p->length < settings.mtu ? p->length : settings.mtu;

	return length < headers ? headers : length;
}

/* Turn a probe of p->length bytes in p->headers into its answer, which goes back by the way that answers to
 * requests take; returns how many bytes of it to write, or 0: it is not answered, which is counted. */
SUBPROGRAM __u32 probe_answer(struct packet *p)
{
	REQUIRE(p, 0);
	__u32 length = sizeof(struct probe_headers);
	struct gateway_health *own = health_row(0);
	enum reason reason = probe_refusal(p);

	if (!reason && own) {
		probe_hear(p);
		probe_fill(p, own);
		tunnel_answer(&p->outer);
		if (!p->outer.admitted)
			length -= sizeof(struct geneve_admission_option);
		else if (probe_sign(p))
			reason = REASON_TUNNEL_KEY;
	}
	if (reason || !own) {
		drop(p, reason ? reason : REASON_NO_ROOM);
		return 0;
	}
	p->length = probe_length(p, length);
	probe_fill_outer(p, p->length);
	return length;
}

/* Write the answer, by lengths that Linux 6.1 knows. */
INLINE int probe_store(struct __sk_buff *skb, struct packet *p, bool has_tag)
{
	const __u32 length = sizeof(struct probe_headers);

	if (has_tag)
		return bpf_skb_store_bytes(skb, ETH_HLEN, p->headers, length, BPF_F_RECOMPUTE_CSUM);
	return bpf_skb_store_bytes(skb, ETH_HLEN, p->headers,
				   length - sizeof(struct geneve_admission_option),
				   BPF_F_RECOMPUTE_CSUM);
}

/* A probe to the gateway of this node. */
INLINE enum verdict probe_request(struct __sk_buff *skb, struct packet *p)
{
	struct addr daddr;
	__u32 length;

	p->length = skb->len - ETH_HLEN; /* Ethernet's own padding is less than any probe */
	length = probe_answer(p);
	if (!length)
		return VERDICT_DROP;
	daddr = ip_own(&p->outer.daddr);
	if (probe_store(skb, p, length == sizeof(struct probe_headers)) ||
	    bpf_skb_change_tail(skb, ETH_HLEN + p->length, 0))
		return drop(p, REASON_NO_ROOM);
	return forwarded(p, REASON_PROBE_ANSWERED, route_go(skb, p, &daddr, false));
}

/* ------------------------------------------------------------------ the node that asked */

INLINE void probe_note(struct gateway_health *gateway, struct health_probe *probe, struct packet *p)
{
	const struct geneve_probe_option *option = &probe_headers(p)->option;
	__u32 rtt_us = (bpf_ktime_get_ns() - probe->sent_ns) / 1000;

	gateway->services = bpf_ntohl(option->services);
	gateway->network = p->outer.vni;
	gateway->mtu = bpf_ntohs(option->mtu);
	gateway->load = option->load;
	gateway->flags = option->flags;
	*(volatile __u32 *)&probe->rtt_us = rtt_us ? rtt_us : 1;
}

/* True for a gateway of the network that it names. */
INLINE bool is_gateway_of(const struct outer *outer)
{
	struct gateway_key key = { .addr = outer->saddr, .network = outer->vni };

	return bpf_map_lookup_elem(&gateways, &key) != NULL;
}

/* Why an answer is not believed: who has a key of one network speaks for none of another. */
INLINE enum reason probe_disbelief(struct packet *p)
{
	enum reason reason = probe_admit(p);

	return !reason && p->outer.admitted && !is_gateway_of(&p->outer) ? REASON_TUNNEL_VNI :
									   reason;
}

/* An answer to this node: from the gateway that it asked, with number and time of a probe on its way. */
INLINE enum verdict probe_back(struct packet *p)
{
	const struct geneve_probe_option *option = &probe_headers(p)->option;
	__u32 named = bpf_ntohl(option->row), row = named & ~HEALTH_ROW_SIZED;
	__u32 sequence = bpf_ntohl(option->sequence);
	struct gateway_health *gateway = health_row(row);
	enum reason reason = probe_disbelief(p);
	struct health_probe *probe;

	if (reason)
		return drop(p, reason);
	if (!row || !gateway || gateway->port != p->outer.sport ||
	    !ip_equal(&gateway->addr, &p->outer.saddr))
		return drop(p, REASON_TUNNEL_SOURCE);
	probe = health_probe(gateway, named, sequence);
	if (probe->sequence != sequence || probe->sent_ns != option->time)
		return drop(p, REASON_TUNNEL_NO_FLOW);
	if (!probe->rtt_us)
		probe_note(gateway, probe, p);
	count(p, REASON_PROBE_BACK);
	return VERDICT_DROP;
}

/* Read what outer_read() takes for a probe into p->headers. */
INLINE int probe_read(struct __sk_buff *skb, struct packet *p)
{
	struct probe_headers *headers = probe_headers(p);

	return bpf_skb_load_bytes(skb, ETH_HLEN + GENEVE_AT, &headers->geneve,
				  sizeof(headers->geneve) + sizeof(headers->option));
}

/* A packet at ETH_HLEN that outer_read() takes for a probe. */
SUBPROGRAM enum verdict probe_packet(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_DROP);
	bool request = outer_is_request(&p->outer);

	p->proto = 0; /* for drop_event() */
	if (probe_read(skb, p) || request != !(probe_headers(p)->option.flags & PROBE_ANSWER))
		return drop(p, REASON_TUNNEL_MALFORMED);
	if (must_not_come_in(skb->ifindex, p->outer.vni))
		return drop(p, REASON_TUNNEL_NOT_ENCRYPTED);
	return request ? probe_request(skb, p) : probe_back(p);
}

#endif
