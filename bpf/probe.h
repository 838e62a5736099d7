/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Probes of gateways: tunnel packets with the O bit (RFC 8926 section 3.4) and the probe option, of any size.
 * The gateway's program answers, so that an answer means that it would carry packets; the answer has no
 * payload. The program of the node that asked writes it into `health`. */
#ifndef PROBE_H
#define PROBE_H

#include "health.h"
#include "tunnel.h"

struct probe_bytes {
	struct geneve_header geneve;
	struct geneve_probe_option option;
};

struct probe_packet {
	IP_HEADER ip;
	struct udphdr udp;
	struct probe_bytes bytes;
};

/* Why a probe is not answered. Probes have no tags: where a key is enough to enter, those of everybody are
 * answered. */
INLINE enum reason probe_refusal(const struct outer *outer)
{
	if (!(settings.admission & ADMISSION_OPEN) && !source_allowed(outer))
		return REASON_TUNNEL_SOURCE;
	if (!network_known(outer->vni))
		return REASON_TUNNEL_VNI;
	return probe_allowed(outer_owner(outer)) ? REASON_NONE : REASON_REPLY_LIMIT;
}

/* Turn a probe into its answer. */
INLINE void probe_fill(struct probe_bytes *bytes, const struct gateway_health *own)
{
	struct geneve_probe_option *option = &bytes->option;

	bytes->geneve.vni[0] = settings.network >> 16;
	bytes->geneve.vni[1] = settings.network >> 8;
	bytes->geneve.vni[2] = settings.network;
	option->flags = PROBE_ANSWER;
	option->services = bpf_htonl(own->services);
	option->mtu = bpf_htons(own->mtu);
	option->load = own->load;
}

/* Send the answer back by the way that answers to requests take. */
INLINE enum verdict probe_send(struct __sk_buff *skb, struct packet *p,
			       const struct probe_bytes *bytes)
{
	struct addr saddr = ip_own(&p->outer.saddr), daddr = ip_own(&p->outer.daddr);
	struct probe_packet answer = {};

	ip_fill(&answer.ip, &saddr, &daddr, IPPROTO_UDP, sizeof(answer) - IP_HLEN, TUNNEL_TTL);
	ip_finish(&answer.ip, 0, 0);
	answer.udp.source = p->outer.sport;
	answer.udp.dest = p->outer.dport;
	answer.udp.len = length_field(sizeof(answer) - IP_HLEN);
	answer.bytes = *bytes;
	if (bpf_skb_store_bytes(skb, ETH_HLEN, &answer, sizeof(answer), BPF_F_RECOMPUTE_CSUM) ||
	    bpf_skb_change_tail(skb, ETH_HLEN + sizeof(answer), 0))
		return drop(p, REASON_NO_ROOM);
	return forwarded(p, REASON_PROBE_ANSWERED, route_send(skb, p, &daddr));
}

/* A probe to the gateway of this node. */
INLINE enum verdict probe_request(struct __sk_buff *skb, struct packet *p,
				  struct probe_bytes *bytes)
{
	enum reason reason = probe_refusal(&p->outer);
	struct gateway_health *own = health_row(0);

	if (reason || !own)
		return drop(p, reason ? reason : REASON_NO_ROOM);
	probe_fill(bytes, own);
	tunnel_answer(&p->outer);
	return probe_send(skb, p, bytes);
}

INLINE void probe_note(struct gateway_health *gateway, struct health_probe *probe,
		       const struct probe_bytes *bytes, const struct outer *outer)
{
	__u32 rtt_us = (bpf_ktime_get_ns() - probe->sent_ns) / 1000;

	gateway->services = bpf_ntohl(bytes->option.services);
	gateway->network = outer->vni;
	gateway->mtu = bpf_ntohs(bytes->option.mtu);
	gateway->load = bytes->option.load;
	*(volatile __u32 *)&probe->rtt_us = rtt_us ? rtt_us : 1;
}

/* An answer to this node: from the gateway that it asked, with number and time of a probe on its way. */
INLINE enum verdict probe_answer(struct packet *p, const struct probe_bytes *bytes)
{
	__u32 row = bpf_ntohl(bytes->option.row), sequence = bpf_ntohl(bytes->option.sequence);
	struct gateway_health *gateway = health_row(row);
	struct health_probe *probe;

	if (!row || !gateway || gateway->port != p->outer.sport ||
	    !ip_equal(&gateway->addr, &p->outer.saddr))
		return drop(p, REASON_TUNNEL_SOURCE);
	probe = &gateway->probes[sequence & (HEALTH_PROBES - 1)];
	if (probe->sequence != sequence || probe->sent_ns != bytes->option.time)
		return drop(p, REASON_TUNNEL_NO_FLOW);
	if (!probe->rtt_us)
		probe_note(gateway, probe, bytes, &p->outer);
	count(p, REASON_PROBE_BACK);
	return VERDICT_DROP;
}

/* A packet at ETH_HLEN that outer_read() takes for a probe. */
SUBPROGRAM enum verdict probe_packet(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_DROP);
	struct probe_bytes bytes;
	bool request = outer_is_request(&p->outer);

	p->proto = 0; /* for drop_event() */
	if (bpf_skb_load_bytes(skb, ETH_HLEN + GENEVE_AT, &bytes, sizeof(bytes)) ||
	    request != !(bytes.option.flags & PROBE_ANSWER))
		return drop(p, REASON_TUNNEL_MALFORMED);
	return request ? probe_request(skb, p, &bytes) : probe_answer(p, &bytes);
}

#endif
