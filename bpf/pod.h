/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that leave a pod or are about to enter one. */
#ifndef POD_H
#define POD_H

#include "client.h"
#include "door.h"
#include "fragment.h"
#include "icmp_error.h"

/* A packet that a pod sends as a backend: the reply of a flow. VERDICT_NONE: of no flow. */
INLINE enum verdict pod_reply(struct __sk_buff *skb, struct packet *p)
{
	enum verdict verdict = VERDICT_NONE;

	if (settings.door_port && is_foreign(&p->key.daddr))
		verdict = door_reply(skb, p);
	if (verdict == VERDICT_NONE && settings.flags & SETTING_GATEWAY)
		verdict = gateway_reply(skb, p);
	return verdict == VERDICT_NONE ? client_reply_redirect(skb, p) : verdict;
}

/* ------------------------------------------------------------------ filters */

/* What a packet of a pod may concern, by its addresses and ports. */
enum match {
	MATCH_NONE,    /* neither a service nor a flow */
	MATCH_REPLY,   /* a flow, as its reply */
	MATCH_SERVICE, /* a virtual IP, or a flow to another address */
	MATCH_CLASH,   /* a SYN to where replies of a flow come from */
	MATCH_DOOR, /* a tunnel packet of a gateway, for the pod; or one that the pod itself sends */
	MATCH_UNREADABLE, /* ports are not right behind the IP header */
};

/* Match the bytes of a frame, unparsed, that leaves a pod. MATCH_NONE is sure, and most frames pass by it
 * before the per-CPU memory is looked up. */
INLINE enum match match_leaving_frame(struct __sk_buff *skb)
{
	IP_HEADER *ip = skb_data(skb) + ETH_HLEN;
	struct tcphdr *tcp = (void *)(ip + 1);

	if ((void *)(tcp + 1) > skb_end(skb))
		return MATCH_UNREADABLE;
	if (filter_reply(ip_saddr_at(ip), tcp->source))
		return MATCH_REPLY;
	if (filter_destination(ip_daddr_at(ip)))
		return MATCH_SERVICE;
	if (((__u8 *)tcp)[13] & TCP_SYN && filter_reply(ip_daddr_at(ip), tcp->dest))
		return MATCH_CLASH;
	if (unlikely(is_to_door(ip, (void *)tcp)))
		return MATCH_DOOR;
	return ip_is_plain(ip) ? MATCH_NONE : MATCH_UNREADABLE;
}

/* The same for a frame that a pod is about to receive. */
INLINE enum match match_entering_frame(struct __sk_buff *skb)
{
	IP_HEADER *ip = skb_data(skb) + ETH_HLEN;
	struct udphdr *ports = (void *)(ip + 1);

	if ((void *)(ports + 1) > skb_end(skb))
		return MATCH_UNREADABLE;
	if (unlikely(is_to_door(ip, ports)))
		return MATCH_DOOR;
	if (filter_reply(ip_saddr_at(ip), ports->source))
		return MATCH_REPLY;
	return ip_is_plain(ip) ? MATCH_NONE : MATCH_UNREADABLE;
}

/* True if that match was of other bytes than the ports, or of none. */
INLINE bool match_is_void(const struct packet *p, enum match match)
{
	return match == MATCH_UNREADABLE || p->fragment || ip_hlen(p) != IP_HLEN;
}

/* Match a parsed packet that leaves a pod; `replies`: not ruled out. */
INLINE enum match match_leaving(const struct packet *p, bool replies)
{
	if (replies && filter_reply(&p->key.saddr, p->key.sport))
		return MATCH_REPLY;
	if (filter_destination(&p->key.daddr))
		return MATCH_SERVICE;
	return is_syn(p) && filter_reply(&p->key.daddr, p->key.dport) ? MATCH_CLASH : MATCH_NONE;
}

/* ------------------------------------------------------------------ packets */

/* True for a packet that goes on: a tunnel packet may lack the UDP checksum over IPv6, too (RFC 6935). */
INLINE bool is_readable(enum parsed parsed, enum match match)
{
	return parsed == PARSED || (match == MATCH_DOOR && parsed == PARSED_CHECKSUM);
}

/* A parsed packet that a pod sends. */
INLINE enum verdict from_pod(struct __sk_buff *skb, struct packet *p, enum match match)
{
	enum verdict verdict;

	if (unlikely(match == MATCH_DOOR))
		return door_forged(p);
	if (match_is_void(p, match))
		match = match_leaving(p, true);
	if (match == MATCH_REPLY) {
		verdict = pod_reply(skb, p);
		if (verdict != VERDICT_NONE)
			return verdict;
		match = match_leaving(p, false);
	}
	if (match == MATCH_SERVICE) {
		if (is_snat_port(&p->key.daddr, p->key.dport) &&
		    !(settings.flags & SETTING_SNAT_SHARED))
			return drop(p, REASON_SNAT_NO_FLOW);
		return client_packet(skb, p);
	}
	return match == MATCH_CLASH && is_syn(p) ? client_syn(skb, p) : VERDICT_NEXT;
}

/* A parsed packet that a pod is about to receive. */
INLINE enum verdict to_pod(struct __sk_buff *skb, struct packet *p, enum match match)
{
	enum verdict verdict;

	if (unlikely(match == MATCH_DOOR)) {
		verdict = door_packet(skb, p);
		if (verdict != VERDICT_NONE)
			return verdict;
	}
	if ((match == MATCH_DOOR || match_is_void(p, match)) &&
	    !filter_reply(&p->key.saddr, p->key.sport))
		return VERDICT_NEXT;
	return client_reply(skb, p);
}

#endif
