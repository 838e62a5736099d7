/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the programs of an older data plane to these, without a packet in between: the agent attaches
 * px_hand_* to all hooks, which call the older programs, and then switches all of them at once by one
 * store. From then on packets of a flow that only the older maps hold still go to the older programs,
 * until the agent has carried the flow over; all other packets go to the newer ones.
 *
 * As elsewhere (families.h), each family's programs read packets of that family alone.
 *
 * XDP passes all packets meanwhile: its mark (xdp_mark.h) is for TC programs of the same build. */
#ifndef HANDOVER_H
#define HANDOVER_H

#include "door.h"
#include "older.h"

/* Written by the agent; enum handover_stage. */
MAP(handover, ARRAY, 0, __u32, __u32, 1);

/* By HANDOVER_PROGRAM(). */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, HANDOVER_PROGRAM(HANDOVER_CALLS, 0));
	__type(key, __u32);
	__type(value, __u32);
} handover_programs SEC(".maps");

/* ------------------------------------------------------------------ calls */

/* Call the programs that are responsible for a packet, from its first hook on. */
INLINE int hand_over(struct __sk_buff *skb, __u32 hook, bool older)
{
	__u32 zero = 0, *stage = bpf_map_lookup_elem(&handover, &zero);
	bool newer = stage && *(volatile __u32 *)stage != HANDOVER_OLDER && !older;

	bpf_tail_call(skb, &handover_programs,
		      HANDOVER_PROGRAM(newer ? HANDOVER_CALL_NEWER : HANDOVER_CALL_OLDER, hook));
	return VERDICT_NEXT;
}

/* Leave a frame of IPv6 to the program of that family; returns if there is none. */
INLINE void hand_frame(struct __sk_buff *skb, __u32 hook)
{
	if (FAMILY == 4 && skb->protocol == bpf_htons(ETH_P_IPV6))
		bpf_tail_call(skb, &handover_programs, HANDOVER_PROGRAM(HANDOVER_CALL_IPV6, hook));
}

/* The same for the packet at `l3` in the tunnel p->outer, which arrived at `hook`. */
INLINE void hand_inner(struct __sk_buff *skb, struct packet *p, __u32 hook, __u32 l3)
{
	p->l3 = l3;
	p->hook = hook;
	bpf_tail_call(skb, &handover_programs,
		      HANDOVER_PROGRAM(FAMILY == 4 ? HANDOVER_CALL_IPV6 : HANDOVER_CALL_IPV4,
				       HANDOVER_INNER));
}

/* ------------------------------------------------------------------ flows */

/* True if only the older maps hold this flow. The newer ones are asked first: the agent inserts a flow
 * there before it deletes the older one, and waits for running programs in between. */
INLINE bool is_only_older(const struct flow_key *key)
{
	return !flow_find_any(key) && older_holds(key);
}

/* The same for the packet's flow in this role. */
SUBPROGRAM bool is_older(struct packet *p, __u32 network, __u32 role)
{
	REQUIRE(p, false);
	struct flow_key key = p->key;

	key.zone = FLOW_ZONE(network, role, is_udp(p));
	return is_only_older(&key);
}

/* The same for the flow of which this packet would be answered. */
SUBPROGRAM bool is_answer_older(struct packet *p)
{
	REQUIRE(p, false);
	struct flow_key key = {
		.saddr = p->key.daddr,
		.daddr = p->key.saddr,
		.sport = p->key.dport,
		.dport = p->key.sport,
		.zone = FLOW_ZONE(0, FLOW_REPLY, is_udp(p)),
	};

	return is_only_older(&key);
}

/* True if an ICMP packet quotes one that this node's client sent into a tunnel, by such a flow. */
SUBPROGRAM bool is_path_older(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, false);
	struct path_error e;
	struct flow_key key;

	return !path_read(skb, p, &e) && e.geneve.protocol == bpf_htons(ETH_P_OWN) &&
	       path_client_key(skb, p, &key) && is_only_older(&key);
}

/* ------------------------------------------------------------------ packets */

/* Read the ports of a fragment, or in ICMP those of the flow that it is about. Fragments are remembered
 * for the newer programs before they are responsible, for they know no others. */
INLINE bool hand_read(struct __sk_buff *skb, struct packet *p, enum parsed parsed, __u32 zone,
		      bool all)
{
	struct addr from;

	if (parsed == PARSED_FRAGMENT)
		parsed = fragment_parse(skb, p, zone, all);
	return parsed == PARSED_ICMP ? icmp_read(skb, p, &from) : parsed == PARSED;
}

INLINE bool is_older_from_pod(struct __sk_buff *skb, struct packet *p)
{
	return hand_read(skb, p, parse_skb(p, skb, ETH_HLEN), skb->ifindex, false) &&
	       (is_older(p, 0, FLOW_CLIENT) || is_older(p, 0, FLOW_REPLY) ||
		is_older(p, 0, FLOW_GATEWAY_REPLY) || is_older(p, 0, FLOW_DOOR_REPLY) ||
		is_answer_older(p));
}

/* The same for a request at a pod's door. */
INLINE bool is_older_door(struct __sk_buff *skb, struct packet *p)
{
	return door_read(skb, p) == VERDICT_NEXT && is_older(p, p->outer.vni, FLOW_DOOR);
}

INLINE bool is_older_to_pod(struct __sk_buff *skb, struct packet *p)
{
	enum parsed parsed = parse_skb(p, skb, ETH_HLEN);

	if ((parsed == PARSED || parsed == PARSED_CHECKSUM) && settings.door_port && is_udp(p) &&
	    p->key.dport == settings.door_port)
		return is_older_door(skb, p);
	return hand_read(skb, p, parsed, skb->ingress_ifindex, false) && is_older(p, 0, FLOW_REPLY);
}

/* The packet at `l3` in the tunnel p->outer. */
INLINE bool is_older_inner(struct __sk_buff *skb, struct packet *p, __u32 l3)
{
	enum parsed parsed;

	if (l3 > ETH_HLEN + TUNNEL_OVERHEAD_IPV6 + GENEVE_OPTIONS_MAX || skb->len < l3)
		return false;
	parsed = parse_ip(p, skb_data(skb), skb_end(skb), l3, skb->len - l3, skb->gso_size);
	return hand_read(skb, p, parsed, p->outer.vni, true) &&
	       (is_older(p, 0, FLOW_REPLY) || is_older(p, p->outer.vni, FLOW_GATEWAY));
}

/* A packet in no tunnel. */
INLINE bool is_older_plain(struct __sk_buff *skb, struct packet *p, const __u32 l2)
{
	enum parsed parsed = parse_skb(p, skb, l2);

	if (hand_read(skb, p, parsed, 0, false) && is_older(p, 0, FLOW_GATEWAY_REPLY))
		return true;
	return parsed == PARSED_ICMP && is_path_older(skb, p);
}

INLINE int hand_uplink(struct __sk_buff *skb, __u32 hook, const __u32 l2)
{
	struct packet *p = packet_begin(HOOK_UPLINK);
	bool tunnel = false;
	__u32 l3;

	hand_frame(skb, hook);
	if (!p)
		return VERDICT_NEXT;
	pull(skb, l2 + IP_HLEN + TCP_HLEN);
	if (!tunnel_length(skb, l2) || tunnel_read(skb, l2, &p->outer, &tunnel) || !tunnel)
		return hand_over(skb, hook, is_older_plain(skb, p, l2));
	l3 = l2 + p->outer.length;
	if (tunnel_is_mixed(p))
		hand_inner(skb, p, hook, l3);
	return hand_over(skb, hook, is_older_inner(skb, p, l3));
}

#endif
