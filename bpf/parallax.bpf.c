// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The programs, one per hook. Everything they do stands in the topic headers. */
#include "client.h"
#include "gateway.h"
#include "xdp.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* A packet for a VIP that cannot be followed never falls through to routing. */
INLINE enum verdict unreadable(const struct packet *p, enum parsed parsed)
{
	enum reason reason = parsed == PARSED_FRAGMENT ? REASON_FRAGMENT :
			     parsed == PARSED_OPTIONS  ? REASON_BAD_HEADER :
							 REASON_TRUNCATED;
	struct filters *f = filters_get();

	if (parsed == PARSED_OTHER || !f ||
	    !filter_has(f->destinations, address_bit(p->key.daddr)) ||
	    !service_is_vip(p->key.daddr))
		return VERDICT_NEXT;
	return drop(p, reason);
}

/* TC ingress of a pod's veth: what the pod sends. */
SEC("tc")
int px_from_pod(struct __sk_buff *skb)
{
	const struct settings *s = settings_get();
	struct filters *f = filters_get();
	struct packet p = {};
	enum parsed parsed = parse_skb(&p, skb, HOOK_FROM_POD);
	enum verdict verdict;

	if (!s || !f)
		return VERDICT_NEXT;
	if (parsed != PARSED)
		return unreadable(&p, parsed);
	if (filter_has(f->replies, reply_bit(p.key.saddr, p.key.sport))) {
		verdict = s->flags & SETTING_GATEWAY ? gateway_reply(skb, &p, s) : VERDICT_NONE;
		if (verdict == VERDICT_NONE)
			verdict = client_reply_redirect(skb, &p, s);
		if (verdict != VERDICT_NONE)
			return verdict;
	}
	if (filter_has(f->destinations, address_bit(p.key.daddr))) {
		if (is_snat_port(s, p.key.daddr, p.key.dport) &&
		    !(s->flags & SETTING_SNAT_SHARED))
			return drop(&p, REASON_SNAT_NO_FLOW);
		return client_packet(skb, &p, s);
	}
	/* Each reply key of a flow with NAT is announced: without that bit nothing can clash. */
	if (is_syn(&p) && filter_has(f->replies, reply_bit(p.key.daddr, p.key.dport)))
		return client_syn(skb, &p, s);
	return VERDICT_NEXT;
}

/* TC egress of a pod's veth: what the pod receives from the stack. */
SEC("tc")
int px_to_pod(struct __sk_buff *skb)
{
	const struct settings *s = settings_get();
	struct filters *f = filters_get();
	struct packet p = {};

	if (parse_skb(&p, skb, HOOK_TO_POD) != PARSED || !s || !f)
		return VERDICT_NEXT;
	if (!filter_has(f->replies, reply_bit(p.key.saddr, p.key.sport)))
		return VERDICT_NEXT;
	return client_reply(skb, &p, s);
}

/* Do tunnels to a client carry this ICMP packet? `p` knows the protocol of IPv4 alone. */
INLINE bool is_plain_icmp(const struct packet *p, const struct iphdr *ip)
{
	return p->proto == IPPROTO_ICMP && ip->ihl == 5 &&
	       !(ip->frag_off & bpf_htons(IP_MF | IP_OFFSET));
}

/* Parse the inner packet at `l3`. Its header never passes ip_rcv() of this node, which would verify
 * the checksum. Returns the reason of a drop or REASON_NONE. */
INLINE enum reason parse_inner(struct packet *p, struct __sk_buff *skb, __u32 l3, bool request)
{
	void *data = skb_data(skb), *end = skb_end(skb);
	struct iphdr *ip = data + l3;
	enum parsed parsed;

	if (l3 > GENEVE_AT + sizeof(struct geneve_header) + GENEVE_OPTIONS_MAX || skb->len < l3)
		return REASON_TRUNCATED;
	parsed = parse_ipv4(p, data, end, l3, skb->len - l3, skb->gso_size);
	if (parsed == PARSED_FRAGMENT)
		return REASON_FRAGMENT;
	if (parsed == PARSED_TRUNCATED)
		return REASON_TRUNCATED;
	if ((void *)(ip + 1) > end || parsed == PARSED_OPTIONS ||
	    (parsed == PARSED_OTHER && (request || !is_plain_icmp(p, ip))))
		return REASON_BAD_HEADER;
	return csum_iphdr_ok(ip) ? REASON_NONE : REASON_TUNNEL_CHECKSUM;
}

/* A packet of a tunnel whose inner one starts at `l3`; `p` is filled with that one. */
INLINE enum verdict tunnel_packet(struct __sk_buff *skb, struct packet *p, const struct settings *s,
				  const struct outer *outer, __u32 l3)
{
	bool request = outer_for_gateway(s, outer->daddr, outer->dport);
	enum reason reason;

	*p = (struct packet){ .hook = HOOK_UPLINK, .length = skb->len };
	reason = parse_inner(p, skb, l3, request);
	if (outer->probe)
		reason = REASON_TUNNEL_MALFORMED;
	if (reason)
		return drop(p, reason);
	return request ? gateway_packet(skb, p, s, outer) : client_from_tunnel(skb, p, s, outer);
}

/* Is this UDP packet, still as it came, one of a tunnel? Begins `outer`. */
INLINE bool is_tunnel(const struct packet *p, const struct settings *s, struct outer *outer)
{
	*outer = (struct outer){
		.saddr = p->key.saddr,
		.daddr = p->key.daddr,
		.sport = p->key.sport,
		.dport = p->key.dport,
		.tos = p->tos,
	};
	return is_udp(p) && (outer_for_gateway(s, outer->daddr, outer->dport) ||
			     outer_for_client(s, outer->daddr, outer->dport));
}

INLINE enum reason read_tunnel(struct __sk_buff *skb, struct outer *outer)
{
	pull(skb, GENEVE_AT + sizeof(struct geneve_header) + GENEVE_OPTIONS_MAX + IP_HLEN + TCP_HLEN);
	return outer_read(skb_data(skb), skb_end(skb), outer);
}

INLINE enum verdict snat_packet(struct __sk_buff *skb, struct packet *p, const struct settings *s)
{
	struct filters *f = filters_get();
	enum verdict verdict;

	if (!f || !filter_has(f->destinations, address_bit(p->key.daddr)) ||
	    !is_snat_port(s, p->key.daddr, p->key.dport))
		return VERDICT_NEXT;
	verdict = gateway_reply(skb, p, s);
	if (verdict != VERDICT_NONE)
		return verdict;
	/* On an address of the node itself, masquerading picks ports as well. */
	return s->flags & SETTING_SNAT_SHARED ? VERDICT_NEXT : drop(p, REASON_SNAT_NO_FLOW);
}

/* TC ingress of an uplink: tunnel packets, and replies for our gateway. One `p` and one `outer`
 * serve all: below this program the stack of 512 bytes is shared by seven more frames. */
SEC("tc")
int px_uplink(struct __sk_buff *skb)
{
	const struct settings *s = settings_get();
	struct packet p = {};
	struct outer outer;
	__u32 l3 = ETH_HLEN;
	enum reason reason;

	if (!s)
		return VERDICT_NEXT;
	pull(skb, ETH_HLEN + IP_HLEN + TCP_HLEN);
	if (!xdp_mark_read(skb, &outer)) {
		if (parse_skb(&p, skb, HOOK_UPLINK) != PARSED)
			return VERDICT_NEXT;
		if (!is_tunnel(&p, s, &outer))
			return snat_packet(skb, &p, s);
		reason = read_tunnel(skb, &outer);
		/* Masquerading picks our source ports too: no tunnel packet then. */
		if (reason == REASON_TUNNEL_MALFORMED && !outer_for_gateway(s, outer.daddr, outer.dport))
			return VERDICT_NEXT;
		if (reason)
			return drop(&p, reason);
		l3 += outer.length;
	}
	return tunnel_packet(skb, &p, s, &outer, l3);
}

/* XDP before px_uplink, where the device suits. */
SEC("xdp")
int px_xdp(struct xdp_md *ctx)
{
	return xdp_decapsulate(ctx);
}

/* The clock of struct flow, for userspace: run by BPF_PROG_TEST_RUN, returns jiffies. */
SEC("tc")
int px_now(struct __sk_buff *skb)
{
	(void)skb;
	return now_ticks();
}
