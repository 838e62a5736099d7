/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that leave a pod or are about to enter one. */
#ifndef POD_H
#define POD_H

#include "client.h"
#include "fragment.h"
#include "icmp_error.h"

/* A packet that a pod sends as a backend: the reply of a flow. VERDICT_NONE: of no flow. */
INLINE enum verdict pod_reply(struct __sk_buff *skb, struct packet *p)
{
	enum verdict verdict = VERDICT_NONE;

	if (settings.flags & SETTING_GATEWAY)
		verdict = gateway_reply(skb, p);
	return verdict == VERDICT_NONE ? client_reply_redirect(skb, p) : verdict;
}

/* Look at the bytes of addresses and ports, unparsed: false if the packet concerns neither a
 * service nor a flow. Then it passes before the per-CPU memory is looked up. */
INLINE bool may_leave_pod(struct __sk_buff *skb, const struct filters *f)
{
	IP_HEADER *ip = skb_data(skb) + ETH_HLEN;
	struct tcphdr *tcp = (void *)(ip + 1);

	if ((void *)(tcp + 1) > skb_end(skb))
		return true;
	/* Each reply key of a flow with NAT is announced: without that bit no SYN can clash. */
	return filter_has(f->replies, reply_bit(ip_saddr_at(ip), tcp->source)) ||
	       filter_has(f->destinations, address_bit(ip_daddr_at(ip))) ||
	       (((__u8 *)tcp)[13] & TCP_SYN &&
		filter_has(f->replies, reply_bit(ip_daddr_at(ip), tcp->dest))) ||
	       !ip_is_plain(ip);
}

/* The same for a packet that a pod is about to receive. */
INLINE bool may_enter_pod(struct __sk_buff *skb, const struct filters *f)
{
	IP_HEADER *ip = skb_data(skb) + ETH_HLEN;
	struct udphdr *ports = (void *)(ip + 1);

	if ((void *)(ports + 1) > skb_end(skb))
		return true;
	return filter_has(f->replies, reply_bit(ip_saddr_at(ip), ports->source)) ||
	       !ip_is_plain(ip);
}

/* A parsed packet that a pod sends. */
INLINE enum verdict from_pod(struct __sk_buff *skb, struct packet *p, const struct filters *f)
{
	enum verdict verdict;

	if (filter_has(f->replies, reply_bit(&p->key.saddr, p->key.sport))) {
		verdict = pod_reply(skb, p);
		if (verdict != VERDICT_NONE)
			return verdict;
	}
	if (filter_has(f->destinations, address_bit(&p->key.daddr))) {
		if (is_snat_port(&p->key.daddr, p->key.dport) &&
		    !(settings.flags & SETTING_SNAT_SHARED))
			return drop(p, REASON_SNAT_NO_FLOW);
		return client_packet(skb, p);
	}
	if (is_syn(p) && filter_has(f->replies, reply_bit(&p->key.daddr, p->key.dport)))
		return client_syn(skb, p);
	return VERDICT_NEXT;
}

#endif
