/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that are about to leave the node with a virtual IP as destination. Nothing beyond the uplink
 * knows it: they belong to connections of an earlier data plane, which has been uninstalled, or come from
 * a sender that crosses no hook of ours. */
#ifndef ESCAPE_H
#define ESCAPE_H

#include "pod.h"

/* True if the destination may be a virtual IP. Other packets pass before the per-CPU memory is looked
 * up. */
INLINE bool may_escape(struct __sk_buff *skb, const __u32 l2)
{
	IP_HEADER *ip = skb_data(skb) + l2;

	if ((void *)(ip + 1) > skb_end(skb))
		return false;
	return filter_destination(ip_daddr_at(ip));
}

/* A packet that an uplink is about to send. Without an Ethernet header there is no answer. */
INLINE enum verdict escaping_packet(struct __sk_buff *skb, const __u32 l2)
{
	enum parsed parsed;
	struct packet *p;
	__u32 row = 0;
	bool stale;

	ip_pull(skb, l2);
	if (!may_escape(skb, l2))
		return VERDICT_NEXT;
	p = packet_begin(HOOK_UPLINK);
	if (!p)
		return VERDICT_NEXT;
	p->outer.family = 0; /* of no tunnel, for drop_event() */
	parsed = parse_frame(p, skb, l2);
	if (parsed != PARSED)
		return unreadable_packet(p, parsed);
	if (!service_find(p, &row, &stale) && !stale)
		return VERDICT_NEXT;
	return refuse_back(skb, p, REASON_ESCAPED, BPF_F_INGRESS);
}

#endif
