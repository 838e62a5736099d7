/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that arrive at an uplink: out of tunnels, and replies to the gateway's SNAT ports. */
#ifndef UPLINK_H
#define UPLINK_H

#include "forward.h"
#include "fragment.h"
#include "icmp_error.h"
#include "path.h"
#include "probe.h"
#include "xdp_mark.h"

/* ------------------------------------------------------------------ tunnel to client */

/* True if a tunnel packet from this outer source may belong to the flow: from its own gateway, or
 * from any other gateway of that network at the port it listens on. */
INLINE bool tunnel_source_ok(const struct flow *flow, const struct packet *p)
{
	const struct outer *outer = &p->outer;
	struct gateway_key key = { .addr = outer->saddr, .network = flow->network };
	struct gateway *gateway;

	if (outer->vni != flow->network)
		return false;
	if (peer_sent(flow, outer) && outer->sport == flow->peer_port)
		return true;
	gateway = bpf_map_lookup_elem(&gateways, &key);
	return gateway && gateway->kind == BACKEND_GENEVE && gateway->tunnel_port == outer->sport;
}

/* Keep the endpoint that a gateway names, for the requests to come. */
SUBPROGRAM int client_learn(const struct flow_key *key, struct flow *flow, __u32 endpoint)
{
	REQUIRE(key && flow, -EINVAL);
	struct flow_key other_key;
	struct flow *other;

	flow_other_key(key, flow, &other_key);
	other = flow_find_any(&other_key);
	flow->endpoint = endpoint;
	if (other)
		other->endpoint = endpoint;
	return 0;
}

/* A reply passes if it belongs to a flow that was sent into that tunnel; it is accounted to it. */
INLINE enum reason reply_has_flow(struct packet *p)
{
	const struct flow_key *key;
	struct flow_key copy;
	struct flow *flow;
	enum reason reason;

	p->key.zone = FLOW_ZONE(0, FLOW_REPLY, is_udp(p));
	key = packet_key(p, &copy);
	flow = key ? flow_find_any(key) : NULL;
	if (!flow || flow->action != FLOW_DECAP)
		return REASON_TUNNEL_NO_FLOW;
	if (!tunnel_source_ok(flow, p))
		return p->outer.vni == flow->network ? REASON_TUNNEL_SOURCE : REASON_TUNNEL_VNI;
	if (unlikely(is_refusal(p, flow)))
		backend_avoid(flow);
	reason = flow_answered(key, &flow, p->tcp_flags);
	if (reason)
		return reason;
	flow_seen(key, flow, p);
	if (unlikely(flow->endpoint != p->outer.endpoint) && p->outer.endpoint)
		client_learn(key, flow, p->outer.endpoint);
	return REASON_NONE;
}

/* The destination by which to find the next hop to a client; that of the node itself is behind its
 * own pair. */
INLINE struct addr client_route(struct packet *p)
{
	return is_node(&p->key.daddr) ? host_client() : p->key.daddr;
}

/* A packet for a client of this node. `p` is the inner packet, still in its tunnel. */
SUBPROGRAM enum verdict client_from_tunnel(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_DROP);
	enum reason reason = reply_has_flow(p);
	struct addr client;

	if (!reason)
		reason = tunnel_strip(skb, p);
	if (reason)
		return drop(p, reason);
	if (p->tcp_flags & TCP_SYN && clamp_mss(skb, p,
						gateway_pods_mtu(&p->outer.saddr, p->outer.sport,
								 tunnel_mtu(p, &p->outer.saddr))))
		return drop(p, REASON_NO_ROOM);
	client = client_route(p);
	return forwarded(p, REASON_FROM_TUNNEL, route_send(skb, p, &client));
}

/* ------------------------------------------------------------------ tunnel */

/* An ICMP error out of a tunnel, on to the pod or to the client. */
INLINE enum verdict icmp_by_decap(struct __sk_buff *skb, struct packet *p, const struct addr *from,
				  const struct flow *flow)
{
	bool nat = flow->action == FLOW_DECAP_NAT;
	struct addr to = nat ? flow->nat.daddr : client_route(p);
	enum reason reason;

	if (nat && p->ttl <= 1)
		return drop(p, REASON_TUNNEL_TTL);
	reason = tunnel_strip(skb, p);
	if (reason)
		return drop(p, reason);
	if (nat && icmp_translate(skb, p, from, flow, 1))
		return drop(p, REASON_NO_ROOM);
	return forwarded(p, REASON_ICMP_ERROR, route_send(skb, p, &to));
}

/* An ICMP packet inside a tunnel: about what this gateway's pod, or this node's client, sent. */
SUBPROGRAM enum verdict icmp_in_tunnel(struct __sk_buff *skb, struct packet *p, bool request)
{
	REQUIRE(p, VERDICT_DROP);
	struct flow_key key;
	struct addr from;
	struct flow *flow;

	if (!icmp_read(skb, p, &from))
		return drop(p, REASON_TUNNEL_NO_FLOW);
	flow = icmp_flow(p, &key, request ? p->outer.vni : 0, request ? FLOW_GATEWAY : FLOW_REPLY);
	if (!flow || flow->action != (request ? FLOW_DECAP_NAT : FLOW_DECAP) ||
	    !(request ? source_allowed(&p->outer) : tunnel_source_ok(flow, p)))
		return drop(p, REASON_TUNNEL_NO_FLOW);
	if (!request && icmp_is_refusal(flow))
		backend_avoid(flow);
	return icmp_by_decap(skb, p, &from, flow);
}

/* The reason to drop an inner packet that is not PARSED. */
INLINE enum reason inner_reason(enum parsed parsed)
{
	switch (parsed) {
	case PARSED:
	case PARSED_ICMP:
		return REASON_NONE;
	case PARSED_FRAGMENT:
		return REASON_FRAGMENT;
	case PARSED_TRUNCATED:
		return REASON_TRUNCATED;
	case PARSED_CHECKSUM:
		return REASON_CHECKSUM;
	default:
		return REASON_BAD_HEADER;
	}
}

/* Parse the inner packet at `l3`, and drop it before anything of it is remembered if it may not enter. It
 * never passes ip_rcv() of this node, which would verify the
 * checksum of its header. */
INLINE enum reason parse_inner(struct packet *p, struct __sk_buff *skb, __u32 l3, bool request)
{
	void *data = skb_data(skb), *end = skb_end(skb);
	IP_HEADER *ip = data + l3;
	enum parsed parsed;
	enum reason reason;

	if (l3 > ETH_HLEN + TUNNEL_OVERHEAD_IPV6 + GENEVE_OPTIONS_MAX || skb->len < l3)
		return REASON_TRUNCATED;
	parsed = parse_ip(p, data, end, l3, skb->len - l3, skb->gso_size);
	if (parsed != PARSED && parsed != PARSED_ICMP && parsed != PARSED_FRAGMENT)
		return inner_reason(parsed);
	if ((void *)(ip + 1) > end || !ip_header_ok(ip))
		return REASON_TUNNEL_CHECKSUM;
	if (parsed == PARSED_FRAGMENT)
		p->fragment = FRAGMENT_FIRST; /* or later: its ports are not signed */
	reason = tunnel_admit(p, request, skb->ifindex);
	if (!reason && parsed == PARSED_FRAGMENT)
		parsed = fragment_parse(skb, p, p->outer.vni, true);
	return reason ? reason : inner_reason(parsed);
}

/* True if this gateway keeps no state of a packet that is addressed to it. */
INLINE bool is_forwarding(bool request)
{
	return request && settings.flags & SETTING_FORWARD;
}

/* A packet of the tunnel p->outer, whose inner packet begins at `l3` and becomes `p`. */
INLINE enum verdict tunnel_packet(struct __sk_buff *skb, struct packet *p, __u32 l3)
{
	bool request = outer_is_request(&p->outer);
	enum reason reason;

	p->proto = 0;
	p->tcp_flags = 0;
	p->length = skb->len;
	if (unlikely(p->outer.options & OPTION_RETURN) && !is_forwarding(request))
		reason = REASON_TUNNEL_CRITICAL;
	else
		reason = parse_inner(p, skb, l3, request && !(p->outer.options & OPTION_RETURN));
	if (reason)
		return drop(p, reason);
	if (unlikely(is_forwarding(request)))
		return p->outer.options & OPTION_RETURN ? forward_reply(skb, p) :
							  forward_request(skb, p);
	if (p->proto == ICMP_OWN)
		return icmp_in_tunnel(skb, p, request);
	return request ? gateway_packet(skb, p) : client_from_tunnel(skb, p);
}

/* Read the headers of a tunnel packet into `outer`. Returns a reason to drop it; *ret_tunnel: it is one.
 * Masquerading may have picked one of our source ports for others. */
INLINE enum reason tunnel_read(struct __sk_buff *skb, const __u32 l2, struct outer *outer,
			       bool *ret_tunnel)
{
	enum reason reason;

	pull(skb, l2 + GENEVE_AT + sizeof(struct geneve_header) + GENEVE_OPTIONS_MAX + IP_HLEN +
			  TCP_HLEN);
	reason = outer_read(skb_data(skb), skb_end(skb), l2, outer);
	*ret_tunnel = reason != REASON_TUNNEL_MALFORMED || outer_is_request(outer);
	return reason;
}

/* The length of the IP packet in an untagged frame if it is a tunnel's, or 0. */
INLINE __u32 tunnel_length(struct __sk_buff *skb, const __u32 l2)
{
	if (skb->vlan_present)
		return 0;
	return outer_length(skb_data(skb), skb_end(skb), l2, skb->len - l2, skb->gso_size);
}

/* True for a frame to one of the gateway's SNAT addresses. */
INLINE bool is_to_snat(struct __sk_buff *skb, const __u32 l2)
{
	IP_HEADER *ip = skb_data(skb) + l2;
	struct addr daddr;

	if (!settings.snat_count[OWN_INDEX] || (void *)(ip + 1) > skb_end(skb))
		return false;
	daddr = ip_daddr(ip);
	return filter_destination(&daddr) && is_snat(&daddr);
}

INLINE bool is_icmp(struct __sk_buff *skb, const __u32 l2)
{
	IP_HEADER *ip = skb_data(skb) + l2;

	return (void *)(ip + 1) <= skb_end(skb) && ip_proto(ip) == ICMP_OWN;
}

/* Put an Ethernet header before the IP header, where all later steps expect one. Sending over a device
 * without Ethernet headers removes it again. */
INLINE int ethernet_add(struct __sk_buff *skb)
{
	return bpf_skb_change_head(skb, ETH_HLEN, 0) ? -EIO : ethernet_own(skb);
}

/* A packet to a SNAT address, at ETH_HLEN. */
INLINE enum verdict snat_packet(struct __sk_buff *skb, struct packet *p, enum parsed parsed)
{
	enum verdict verdict;

	if (parsed == PARSED_ICMP)
		return icmp_to_snat(skb, p);
	verdict = gateway_reply(skb, p);
	if (verdict != VERDICT_NONE)
		return verdict;
	/* On an address of the node itself the port may be one that masquerading picked. */
	return settings.flags & SETTING_SNAT_SHARED ? VERDICT_NEXT : drop(p, REASON_SNAT_NO_FLOW);
}

/* A packet to a SNAT address, or ICMP, which may be about our tunnel packets. */
INLINE enum verdict plain_packet(struct __sk_buff *skb, struct packet *p, const __u32 l2)
{
	enum parsed parsed;

	p->outer.family = 0; /* of no tunnel, for drop_event() */
	parsed = parse_frame(p, skb, l2);
	if (parsed == PARSED_FRAGMENT)
		parsed = fragment_parse(skb, p, 0, false);
	if (parsed == PARSED_ICMP && path_learn(skb, p) == VERDICT_PATH)
		return VERDICT_PATH;
	if (parsed != PARSED_ICMP && parsed != PARSED)
		return unreadable_packet(p, parsed);
	if (parsed == PARSED_ICMP ? !is_snat(&p->key.daddr) :
				    !is_snat_port(&p->key.daddr, p->key.dport))
		return VERDICT_NEXT;
	if (!l2 && ethernet_add(skb))
		return drop(p, REASON_NO_ROOM);
	packet_move(p, ETH_HLEN);
	return snat_packet(skb, p, parsed);
}

/* A tunnel packet of `length` bytes as it arrived. */
INLINE enum verdict tunnel_frame(struct __sk_buff *skb, struct packet *p, const __u32 l2,
				 __u32 length)
{
	enum reason reason;
	bool tunnel;

	reason = tunnel_read(skb, l2, &p->outer, &tunnel);
	if (!tunnel && !p->outer.probe)
		return VERDICT_NEXT;
	p->length = length;
	if (!l2 && ethernet_add(skb))
		return drop(p, REASON_NO_ROOM);
	if (unlikely(p->outer.probe))
		return probe_packet(skb, p);
	if (reason)
		return drop(p, reason);
	return tunnel_is_mixed(p) ? VERDICT_INNER :
				    tunnel_packet(skb, p, ETH_HLEN + p->outer.length);
}

/* A packet of an uplink whose frames begin with `l2` bytes, ETH_HLEN or 0, before the IP header. Other
 * traffic passes unchanged, before the per-CPU memory is looked up. */
INLINE enum verdict uplink_packet(struct __sk_buff *skb, const __u32 l2)
{
	bool marked;
	__u32 length;
	struct packet *p;

	ip_pull(skb, l2);
	marked = l2 && xdp_mark_of(skb) != NULL;
	length = marked ? 0 : tunnel_length(skb, l2);
	if (!marked && !length && !is_to_snat(skb, l2) && !is_icmp(skb, l2))
		return VERDICT_NEXT;
	p = packet_begin(HOOK_UPLINK);
	if (!p)
		return VERDICT_NEXT;
	if (marked && xdp_mark_read(skb, &p->outer))
		return tunnel_packet(skb, p, ETH_HLEN);
	return length ? tunnel_frame(skb, p, l2, length) : plain_packet(skb, p, l2);
}

#endif
