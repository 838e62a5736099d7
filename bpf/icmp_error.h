/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ICMP errors about packets of flows. An error travels like a packet of the other direction: it follows
 * that entry of the flow, which translates it and the packet that it quotes (RFC 5508 section 4.2). */
#ifndef ICMP_ERROR_H
#define ICMP_ERROR_H

#include "client.h"
#include "gateway.h"

/* An ICMP error behind its IP header: so much every router quotes (RFC 792, RFC 4443). */
struct icmp_error {
	__u8 type, code;
	__u16 check;
	__be32 rest;
	IP_HEADER ip;
	__be16 sport, dport;
	__be16 length; /* of UDP */
	__u16 udp_check;
};

#define ICMP_QUOTED_PORTS offsetof(struct icmp_error, sport)
#define QUOTED_TCP_CHECK (ICMP_QUOTED_PORTS + TCP_CHECK)

INLINE bool icmp_is_error(const struct icmp_error *e)
{
	return e->type == ICMP_UNREACH || e->type == ICMP_TOO_BIG ||
	       e->type == ICMP_TIME_EXCEEDED || e->type == ICMP_PARAMETER;
}

/* Read the first eight bytes of the quoted transport header. */
INLINE int icmp_read_ports(struct __sk_buff *skb, struct packet *p, struct icmp_error *e)
{
	int gap = ip_quoted(&e->ip, &e->sport, &p->proto);

	if (gap < 0)
		return -EIO;
	p->quote_gap = gap;
	if (!gap)
		return 0;
	return bpf_skb_load_bytes(skb, p->l4 + ICMP_QUOTED_PORTS + gap, &e->sport, UDP_HLEN);
}

INLINE int icmp_store(struct __sk_buff *skb, struct packet *p, const struct icmp_error *e)
{
	if (!p->quote_gap)
		return bpf_skb_store_bytes(skb, p->l4, e, sizeof(*e), BPF_F_RECOMPUTE_CSUM);
	if (bpf_skb_store_bytes(skb, p->l4, e, ICMP_QUOTED_PORTS, BPF_F_RECOMPUTE_CSUM))
		return -EIO;
	return bpf_skb_store_bytes(skb, p->l4 + ICMP_QUOTED_PORTS + p->quote_gap, &e->sport,
				   UDP_HLEN, BPF_F_RECOMPUTE_CSUM);
}

/* Read the error in `p` into scratch. From then on p->key and p->proto are those of a packet that answers
 * the quoted one; *from: who sent the error. Returns false if it is none. */
INLINE bool icmp_read(struct __sk_buff *skb, struct packet *p, struct addr *from)
{
	struct flow_pair *pair = scratch_get();
	struct icmp_error *e;
	struct addr quoted;

	if (!pair)
		return false;
	e = (void *)pair->bytes;
	if (p->length > skb->len - p->l3 || p->length < IP_HLEN + sizeof(*e) ||
	    bpf_skb_load_bytes(skb, p->l4, e, sizeof(*e)) || !icmp_is_error(e) ||
	    icmp_read_ports(skb, p, e))
		return false;
	quoted = ip_saddr(&e->ip);
	if (!addr_equal(&p->key.daddr, &quoted))
		return false;
	*from = p->key.saddr;
	p->key.saddr = ip_daddr(&e->ip);
	p->key.sport = e->dport;
	p->key.dport = e->sport;
	p->tcp_flags = 0;
	p->tcp_header = 0;
	return true;
}

/* The entry of p->key in this role; *key is its copy on the stack. */
INLINE struct flow *icmp_flow(struct packet *p, struct flow_key *key, __u32 network,
			      enum flow_role role)
{
	*key = p->key;
	key->zone = p->key.zone = FLOW_ZONE(network, role, is_udp(p));
	return flow_find_any(key);
}

/* True if the error says that what would have opened the flow reached nobody. */
INLINE bool icmp_is_refusal(const struct flow *flow)
{
	struct flow_pair *pair = scratch_get();
	const struct icmp_error *e;

	if (!pair || flow->state != FLOW_OPENING || flow->flags & FLOW_ANSWERED)
		return false;
	e = (void *)pair->bytes;
	return e->type == ICMP_UNREACH && !(ICMP_UNREACH == ICMP_TOO_BIG && e->code == ICMP_TOO_BIG_CODE);
}

/* ------------------------------------------------------------------ translation */

/* Update the checksum of the quoted transport header, where it is quoted; returns the difference to the
 * sum. */
INLINE __u64 icmp_quoted_check(struct __sk_buff *skb, struct packet *p, struct icmp_error *e,
			       __u64 diff)
{
	__u32 at = p->l4 + QUOTED_TCP_CHECK + p->quote_gap;
	__u16 check = e->udp_check, after;

	if (is_udp(p)) {
		if (!check)
			return 0;
		e->udp_check = csum_update(check, diff);
		return csum_diff16(check, e->udp_check);
	}
	if (p->l3 + p->length < at + sizeof(check) ||
	    bpf_skb_load_bytes(skb, at, &check, sizeof(check)))
		return 0;
	after = csum_update(check, diff);
	bpf_skb_store_bytes(skb, at, &after, sizeof(after), 0);
	return csum_diff16(check, after);
}

/* The quoted packet, in scratch, becomes what it was before the flow rewrote it: the entry's tuple with
 * both ends swapped. `outer`: what the error's own addresses add to the sum. */
SUBPROGRAM int icmp_quote(struct __sk_buff *skb, struct packet *p, const struct flow *flow,
			  __u64 outer)
{
	REQUIRE(p && flow, -EINVAL);
	struct flow_pair *pair = scratch_get();
	struct icmp_error *e = pair ? (void *)pair->bytes : NULL;
	const struct nat *nat = &flow->nat;

	CHECKED(outer); /* IPv4 does not use it, and clang would leave the register as it is */
	if (!e)
		return -ENOSPC;
	__u64 ports = csum_diff16(e->sport, nat->dport) + csum_diff16(e->dport, nat->sport);
	__u64 addrs = csum_diff_addr(&p->key.daddr, &nat->daddr) +
		      csum_diff_addr(&p->key.saddr, &nat->saddr);
	__u64 diff = ports + ip_readdress(&e->ip, &nat->daddr, &nat->saddr);

	diff += icmp_quoted_check(skb, p, e, addrs + ports);
	e->check = csum_update(e->check, diff + (ICMP_PSEUDO ? outer : 0));
	e->sport = nat->dport;
	e->dport = nat->sport;
	return icmp_store(skb, p, e);
}

/* An error of the end itself comes from where its packets come from; one of a router keeps its source. */
SUBPROGRAM int icmp_translate(struct __sk_buff *skb, struct packet *p, const struct addr *from,
			      const struct flow *flow, __u8 hops)
{
	REQUIRE(p && from && flow, -EINVAL);
	struct nat *to = &p->nat;
	struct tuple_bytes bytes;
	__u64 outer;

	*to = flow->nat;
	if (!addr_equal(from, &p->key.saddr))
		to->saddr = *from;
	outer = csum_diff_addr(from, &to->saddr) + csum_diff_addr(&p->key.daddr, &to->daddr);
	if (icmp_quote(skb, p, flow, outer))
		return -EIO;
	p->proto = ICMP_OWN;
	bytes = tuple_bytes(p, to, csum_short(outer), hops);
	return tuple_store(skb, p, &bytes, false);
}

/* ------------------------------------------------------------------ hooks */

/* By a translated flow: on through the stack, or past it. */
INLINE enum verdict icmp_by_nat(struct __sk_buff *skb, struct packet *p, const struct addr *from,
				const struct flow *flow)
{
	bool redirect = flow->flags & FLOW_REDIRECT;
	struct addr to = flow->nat.daddr;

	if (redirect && p->ttl <= 1)
		return drop(p, REASON_TUNNEL_TTL);
	if (icmp_translate(skb, p, from, flow, redirect))
		return drop(p, REASON_NO_ROOM);
	return forwarded(p, REASON_ICMP_ERROR, redirect ? route_send(skb, p, &to) : VERDICT_NEXT);
}

/* Into a tunnel, after translation at a gateway. */
INLINE enum verdict icmp_by_tunnel(struct __sk_buff *skb, struct packet *p, const struct addr *from,
				   const struct flow *flow)
{
	if (p->ttl <= 1)
		return drop(p, REASON_TUNNEL_TTL);
	if (flow->action == FLOW_NAT_ENCAP) {
		reply_tunnel(p, flow);
		if (icmp_translate(skb, p, from, flow, 1))
			return drop(p, REASON_NO_ROOM);
		if (p->outer.options & OPTION_RETURN && is_own_gateway(&p->outer))
			tunnel_to_client(p);
	} else {
		client_tunnel(p, flow);
		p->nat.saddr = *from;
		p->nat.daddr = p->key.daddr;
		p->proto = ICMP_OWN;
	}
	return tunnel_out(skb, p, &p->nat, REASON_ICMP_ERROR);
}

/* A pod sends errors about what it received, from its own address. */
INLINE struct flow *icmp_pod_flow(struct packet *p, const struct addr *from, struct flow_key *key)
{
	struct flow *flow = NULL;

	if (!addr_equal(from, &p->key.saddr))
		return NULL;
	if (settings.door_port)
		flow = icmp_flow(p, key, 0, FLOW_DOOR_REPLY);
	if (!flow && settings.flags & SETTING_GATEWAY)
		flow = icmp_flow(p, key, 0, FLOW_GATEWAY_REPLY);
	if (!flow) {
		flow = icmp_flow(p, key, 0, FLOW_REPLY);
		if (flow && !(flow->flags & FLOW_REDIRECT))
			return NULL;
	}
	return flow ? flow : icmp_flow(p, key, 0, FLOW_CLIENT);
}

/* An ICMP packet that a pod sends. */
SUBPROGRAM enum verdict icmp_from_pod(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_NEXT);
	struct flow_key key;
	struct addr from;
	struct flow *flow;

	if (!icmp_read(skb, p, &from))
		return VERDICT_NEXT;
	flow = icmp_pod_flow(p, &from, &key);
	if (!flow)
		return VERDICT_NEXT;
	if (flow->iface != skb->ifindex && source_of(skb, skb->ifindex, &from) == SOURCE_FOREIGN)
		return drop(p, REASON_SPOOFED);
	return flow->action == FLOW_NAT ? icmp_by_nat(skb, p, &from, flow) :
					  icmp_by_tunnel(skb, p, &from, flow);
}

/* An ICMP packet for a pod: about what it sent, by anyone on the way. */
SUBPROGRAM enum verdict icmp_to_pod(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_NEXT);
	struct flow_key key;
	struct addr from;
	struct flow *flow;

	if (!icmp_read(skb, p, &from))
		return VERDICT_NEXT;
	flow = icmp_flow(p, &key, 0, FLOW_REPLY);
	if (!flow || flow->action != FLOW_NAT || flow->flags & FLOW_REDIRECT)
		return VERDICT_NEXT;
	return icmp_by_nat(skb, p, &from, flow);
}

/* An ICMP packet for a SNAT address of the gateway. */
SUBPROGRAM enum verdict icmp_to_snat(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_NEXT);
	struct flow_key key;
	struct addr from;
	struct flow *flow;

	if (!icmp_read(skb, p, &from))
		return VERDICT_NEXT;
	flow = icmp_flow(p, &key, 0, FLOW_GATEWAY_REPLY);
	return flow ? icmp_by_tunnel(skb, p, &from, flow) : VERDICT_NEXT;
}

#endif
