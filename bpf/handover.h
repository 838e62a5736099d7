/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the programs of an older data plane to these, without a packet in between: the agent attaches
 * px_hand_* to all hooks, which call the older programs, and then switches all of them at once by one
 * store. From then on packets of a flow that only the older maps hold still go to the older programs,
 * until the agent has carried the flow over; all other packets go to the newer ones.
 *
 * XDP passes all packets meanwhile: its mark (xdp_mark.h) is for TC programs of the same build. */
#ifndef HANDOVER_H
#define HANDOVER_H

#include "older.h"
#include "uplink.h"

/* Written by the agent; enum handover_stage. */
MAP(handover, ARRAY, 0, __u32, __u32, 1);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2 * HANDOVER_HOOKS);
	__type(key, __u32);
	__type(value, __u32);
} handover_programs SEC(".maps");

INLINE bool is_newer_stage(void)
{
	__u32 zero = 0, *stage = bpf_map_lookup_elem(&handover, &zero);

	return stage && *(volatile __u32 *)stage != HANDOVER_OLDER;
}

INLINE int hand_over(struct __sk_buff *skb, __u32 hook, bool newer)
{
	bpf_tail_call(skb, &handover_programs, hook + (newer ? HANDOVER_HOOKS : 0));
	return VERDICT_NEXT;
}

/* True if only the older maps hold this flow. The newer ones are asked first: the agent inserts a flow
 * there before it deletes the older one, and waits for running programs in between. */
INLINE bool is_only_older(const struct flow_key *key)
{
	return !flow_find_any(key) && older_holds(key);
}

/* The same for the packet's flow in this role. */
INLINE bool is_older(struct packet *p, __u32 network, enum flow_role role)
{
	struct flow_key key = p->key;

	key.zone = FLOW_ZONE(network, role, is_udp(p));
	return is_only_older(&key);
}

/* The same for the flow of which this packet would be answered. */
INLINE bool is_answer_older(struct packet *p)
{
	struct flow_key key = {
		.saddr = p->key.daddr,
		.daddr = p->key.saddr,
		.sport = p->key.dport,
		.dport = p->key.sport,
		.zone = FLOW_ZONE(0, FLOW_REPLY, is_udp(p)),
	};

	return is_only_older(&key);
}

INLINE bool is_older_from_pod(struct __sk_buff *skb, struct packet *p)
{
	return parse_skb(p, skb, ETH_HLEN) == PARSED &&
	       (is_older(p, 0, FLOW_CLIENT) || is_older(p, 0, FLOW_REPLY) ||
		is_older(p, 0, FLOW_GATEWAY_REPLY) || is_answer_older(p));
}

INLINE bool is_older_to_pod(struct __sk_buff *skb, struct packet *p)
{
	return parse_skb(p, skb, ETH_HLEN) == PARSED && is_older(p, 0, FLOW_REPLY);
}

INLINE bool is_older_tunnel(struct __sk_buff *skb, struct packet *p, const __u32 l2)
{
	p->length = skb->len;
	return !parse_inner(p, skb, l2 + p->outer.length) &&
	       (is_older(p, 0, FLOW_REPLY) || is_older(p, p->outer.vni, FLOW_GATEWAY));
}

INLINE bool is_older_uplink(struct __sk_buff *skb, struct packet *p, const __u32 l2)
{
	bool tunnel = false;

	pull(skb, l2 + IP_HLEN + TCP_HLEN);
	if (tunnel_length(skb, l2) && !tunnel_read(skb, l2, &p->outer, &tunnel) && tunnel)
		return is_older_tunnel(skb, p, l2);
	return parse_skb(p, skb, l2) == PARSED && is_older(p, 0, FLOW_GATEWAY_REPLY);
}

#endif
