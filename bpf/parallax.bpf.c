// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The programs, one per hook. The logic is in the topic headers. */
#include "escape.h"
#include "families.h"
#include "handover.h"
#include "pod.h"
#include "uplink.h"
#include "xdp.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* TC ingress of a pod's veth: packets that the pod sends. */
SEC("tc")
int px_from_pod(struct __sk_buff *skb)
{
	enum parsed parsed;
	enum match match;
	struct packet *p;

	if (!family_own(skb, FAMILY_FROM_POD))
		return VERDICT_NEXT;
	ip_pull(skb, ETH_HLEN);
	match = match_leaving_frame(skb);
	CHECKED(match);
	if (match == MATCH_NONE)
		return VERDICT_NEXT;
	p = packet_begin(HOOK_FROM_POD);
	if (!p)
		return VERDICT_NEXT;
	parsed = parse_frame(p, skb, ETH_HLEN);
	if (unlikely(parsed == PARSED_FRAGMENT))
		parsed = fragment_parse(skb, p, skb->ifindex, false);
	if (unlikely(parsed == PARSED_ICMP))
		return family_end(skb, icmp_from_pod(skb, p));
	return family_end(skb, is_readable(parsed, match) ? from_pod(skb, p, match) :
							    unreadable_packet(p, parsed));
}

/* TC egress of a pod's veth: packets that the pod receives from the stack. */
SEC("tc")
int px_to_pod(struct __sk_buff *skb)
{
	enum parsed parsed;
	enum match match;
	struct packet *p;

	if (!family_own(skb, FAMILY_TO_POD))
		return VERDICT_NEXT;
	ip_pull(skb, ETH_HLEN);
	match = match_entering_frame(skb);
	CHECKED(match);
	if (match == MATCH_NONE)
		return VERDICT_NEXT;
	p = packet_begin(HOOK_TO_POD);
	if (!p)
		return VERDICT_NEXT;
	parsed = parse_frame(p, skb, ETH_HLEN);
	if (unlikely(parsed == PARSED_FRAGMENT))
		parsed = fragment_parse(skb, p, skb->ingress_ifindex, false);
	if (unlikely(parsed == PARSED_ICMP)) {
		if (settings.door_port)
			door_path(skb, p);
		return icmp_to_pod(skb, p);
	}
	return is_readable(parsed, match) ? to_pod(skb, p, match) : VERDICT_NEXT;
}

/* TC ingress of an uplink: tunnel packets, and replies for our gateway. */
SEC("tc")
int px_uplink(struct __sk_buff *skb)
{
	if (!family_own(skb, FAMILY_UPLINK))
		return VERDICT_NEXT;
	return family_end(skb, uplink_packet(skb, ETH_HLEN));
}

/* The same on a device without Ethernet headers, as WireGuard's. */
SEC("tc")
int px_uplink_l3(struct __sk_buff *skb)
{
	if (!family_own(skb, FAMILY_UPLINK_L3))
		return VERDICT_NEXT;
	return family_end(skb, uplink_packet(skb, 0));
}

/* TC egress of an uplink: packets for virtual IPs must not leave. */
SEC("tc")
int px_to_uplink(struct __sk_buff *skb)
{
	return family_own(skb, FAMILY_TO_UPLINK) ? escaping_packet(skb, ETH_HLEN) : VERDICT_NEXT;
}

SEC("tc")
int px_to_uplink_l3(struct __sk_buff *skb)
{
	return family_own(skb, FAMILY_TO_UPLINK_L3) ? escaping_packet(skb, 0) : VERDICT_NEXT;
}

/* A tunnel packet whose outer headers the other family's px_uplink has read. */
SEC("tc")
int px_inner(struct __sk_buff *skb)
{
	struct packet *p = packet_again();
	__u32 l3;

	if (!p)
		return VERDICT_DROP;
	l3 = ETH_HLEN + p->outer.length;
	pull(skb, l3 + IP_HLEN + TCP_HLEN);
	return family_end(skb, tunnel_packet(skb, p, l3));
}

/* A packet of the other family for a tunnel of this one. */
SEC("tc")
int px_out(struct __sk_buff *skb)
{
	struct packet *p = packet_again();

	return p ? tunnel_leave(skb, p, p->reason) : VERDICT_DROP;
}

/* An ICMP error of the other family about a packet of this one in a tunnel. */
SEC("tc")
int px_path(struct __sk_buff *skb)
{
	struct packet *p = packet_again();

	if (p)
		path_of_client(skb, p);
	return VERDICT_NEXT;
}

/* XDP before px_uplink, where the device suits. */
SEC("xdp")
int px_xdp(struct xdp_md *ctx)
{
	__be16 protocol = xdp_protocol(ctx);

	if (likely(protocol == bpf_htons(ETH_P_OWN)))
		return xdp_decapsulate(ctx);
	if (FAMILY == 4 && protocol == bpf_htons(ETH_P_IPV6))
		bpf_tail_call(ctx, &families_xdp, 0);
	return XDP_PASS;
}

/* The clock of struct flow, for userspace: run by BPF_PROG_TEST_RUN, returns jiffies. */
SEC("tc")
int px_now(struct __sk_buff *skb)
{
	(void)skb;
	return now_ticks();
}

/* ------------------------------------------------------------------ handover, loaded on demand */

SEC("?tc")
int px_hand_from_pod(struct __sk_buff *skb)
{
	struct packet *p = packet_begin(HOOK_FROM_POD);

	hand_frame(skb, HANDOVER_FROM_POD);
	return p ? hand_over(skb, HANDOVER_FROM_POD, is_older_from_pod(skb, p)) : VERDICT_NEXT;
}

SEC("?tc")
int px_hand_to_pod(struct __sk_buff *skb)
{
	struct packet *p = packet_begin(HOOK_TO_POD);

	hand_frame(skb, HANDOVER_TO_POD);
	return p ? hand_over(skb, HANDOVER_TO_POD, is_older_to_pod(skb, p)) : VERDICT_NEXT;
}

SEC("?tc")
int px_hand_uplink(struct __sk_buff *skb)
{
	return hand_uplink(skb, HANDOVER_UPLINK, ETH_HLEN);
}

SEC("?tc")
int px_hand_uplink_l3(struct __sk_buff *skb)
{
	return hand_uplink(skb, HANDOVER_UPLINK_L3, 0);
}

/* A tunnel packet whose outer headers the other family's px_hand_uplink has read. */
SEC("?tc")
int px_hand_inner(struct __sk_buff *skb)
{
	struct packet *p = packet_again();
	__u32 hook, l3;

	if (!p)
		return VERDICT_NEXT;
	hook = p->hook;
	l3 = p->l3;
	pull(skb, l3 + IP_HLEN + TCP_HLEN);
	return hand_over(skb, hook, is_older_inner(skb, p, l3));
}

SEC("?xdp")
int px_hand_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}
