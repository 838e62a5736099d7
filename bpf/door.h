/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The door of a pod: requests of other networks that a gateway of mode forward sent to the pod's own address
 * are opened and translated here, and replies go back by the gateway that the last request came by. A client
 * appears to the pod by an address that stands for it, since another network may use the client's own. */
#ifndef DOOR_H
#define DOOR_H

#include "uplink.h"

#define DOOR_TRIES 16

/* True for a frame to the port at which gateways reach pods. Anybody else's is the pod's own business. */
INLINE bool is_to_door(const IP_HEADER *ip, const struct udphdr *ports)
{
	return settings.door_port && ports->dest == settings.door_port &&
	       ip_is_whole(ip, IPPROTO_UDP);
}

/* True for an address that may stand for a client of another network. */
INLINE bool is_foreign(const struct addr *addr)
{
	struct addr foreign = ip_own(&settings.foreign[OWN_INDEX]);

	return settings.flags & SETTING_KEEP_CLIENT ||
	       addr_is_in(addr, &foreign, settings.foreign_bits[OWN_INDEX]);
}

/* ------------------------------------------------------------------ addresses that stand for clients */

/* The address that stands for a client: of settings.foreign, by a hash of its network and address. */
INLINE void foreign_address(const struct flow_key *key, struct addr *ret)
{
	struct flow_key source = { .saddr = key->saddr };

	*ret = ip_own(&settings.foreign[OWN_INDEX]);
	addr_fill(ret, settings.foreign_bits[OWN_INDEX], walk_hash(&source, 0, key->zone >> 8));
}

/* Source of the client's packets at the pod, number `attempt`: the first has the client's own port. */
INLINE void door_candidate(const struct flow_key *key, __u32 attempt, struct nat *nat)
{
	__u32 hash = flow_hash(key, attempt, key->zone);

	if (settings.flags & SETTING_KEEP_CLIENT)
		nat->saddr = key->saddr;
	else
		foreign_address(key, &nat->saddr);
	nat->sport = attempt ? bpf_htons(PORT_FIRST + hash_slot(hash, PORT_COUNT)) : key->sport;
}

/* ------------------------------------------------------------------ the first packet */

/* Open the flow in scratch with the first port that is free, or rests and may be taken. */
INLINE enum reason door_claim(const struct flow_key *key, struct flow *flow)
{
	int err = flow_admit(key);

	if (err)
		return no_place(err);
	err = -EEXIST;
	for (__u32 i = 0; i < 2 * DOOR_TRIES && err == -EEXIST; i++) {
		door_candidate(key, i % DOOR_TRIES, &flow->nat);
		err = flow_open(key, i >= DOOR_TRIES);
	}
	return err ? no_place(err) : REASON_NONE;
}

/* The row of `peers` of service and endpoint, or -ENOSPC. */
SUBPROGRAM int served_row(const struct outer *outer)
{
	REQUIRE(outer, -EINVAL);
	struct ip_addr served = served_addr(outer->id, outer->endpoint);

	return peer_row_kept(&served);
}

SUBPROGRAM enum reason door_open(struct packet *p)
{
	REQUIRE(p, REASON_NO_ROOM);
	struct flow_pair *pair = scratch_get();
	int served = served_row(&p->outer);
	struct flow *flow;

	if (!pair || served < 0)
		return REASON_PEERS_FULL;
	flow = &pair->flow;
	flow_init(flow, p, FLOW_NO_SERVICE, served, 0);
	flow->action = FLOW_DECAP_NAT;
	flow->flags = FLOW_REDIRECT;
	flow->network = p->outer.vni;
	flow->nat.daddr = ip_own(&p->outer.daddr);
	flow->nat.dport = p->outer.pod_port;
	if (request_peer(flow, &p->outer))
		return REASON_PEERS_FULL;
	return door_claim(&p->key, flow);
}

/* Check if a packet of no flow may open one. */
SUBPROGRAM enum reason door_check(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, REASON_NO_ROOM);
	if (p->fragment == FRAGMENT_LATER)
		return REASON_FRAGMENT;
	if (!network_known(p->outer.vni))
		return REASON_TUNNEL_VNI;
	if (source_is_bogus(0, &p->key.saddr))
		return REASON_SPOOFED;
	if (p->ttl <= 1)
		return REASON_TUNNEL_TTL;
	if (!is_udp(p) && !is_syn(p))
		return REASON_NO_FLOW;
	return check_ok(skb, p) ? REASON_NONE : REASON_CHECKSUM;
}

/* ------------------------------------------------------------------ all packets */

/* Take the packet out of its tunnel and let it in, by the flow or a copy of it. */
SUBPROGRAM enum verdict door_deliver(struct __sk_buff *skb, struct packet *p,
				     const struct flow *flow)
{
	REQUIRE(p && flow, VERDICT_DROP);
	enum reason reason;

	p->nat = flow->nat;
	reason = tunnel_strip(skb, p);
	if (reason)
		return drop(p, reason);
	if ((p->tcp_flags & TCP_SYN && clamp_mss(skb, p, tunnel_mtu(p, &p->outer.saddr))) ||
	    rewrite(skb, p, &p->nat, 1))
		return drop(p, REASON_NO_ROOM);
	return pass(p, REASON_DOOR_IN);
}

/* Two calls side by side: nested, their frames would not fit into the stack. */
INLINE enum verdict door_first(struct __sk_buff *skb, struct packet *p)
{
	enum reason reason = door_check(skb, p);
	struct flow_pair *pair = scratch_get();

	if (!reason)
		reason = door_open(p);
	if (deserves_refusal(reason))
		return gateway_refuse(skb, p, reason);
	if (reason || !pair)
		return drop(p, reason ? reason : REASON_FLOWS_FULL);
	return door_deliver(skb, p, &pair->flow);
}

/* True if the flow leads to the pod that the packet was sent to. */
INLINE bool door_is_here(const struct flow *flow, const struct outer *outer)
{
	return ip_is(&outer->daddr, &flow->nat.daddr) && flow->nat.dport == outer->pod_port;
}

/* True if the packet opens another flow; the one that it has is deleted then. */
INLINE bool door_should_reopen(struct packet *p, struct flow *flow)
{
	bool here = door_is_here(flow, &p->outer);

	if (here && is_syn(p) && (flow->state == FLOW_CLOSING || flow->flags & FLOW_FIN_FORWARD))
		flow_reopen(&p->key, flow);
	if (here)
		return false;
	if (is_udp(p) || is_syn(p))
		flow_delete(&p->key, flow);
	return true;
}

/* True if the last request came the same way. */
INLINE bool door_same_way(const struct flow *flow, const struct outer *outer)
{
	struct peer *gateway = peer_at(flow->generation);

	return gateway && ip_equal(&gateway->addr, &outer->saddr) &&
	       flow->peer_port == outer->back_port &&
	       peer_is(flow, &outer->back, ip_is_v4(&outer->back) ? 4 : 6);
}

/* A request that belongs to a flow. VERDICT_NONE: no flow. */
SUBPROGRAM enum verdict door_follow(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_DROP);
	const struct flow_key *key;
	struct flow_key copy;
	struct flow *flow;
	enum reason reason;

	p->key.zone = FLOW_ZONE(p->outer.vni, FLOW_DOOR, is_udp(p));
	key = packet_key(p, &copy);
	if (!key)
		return VERDICT_DROP;
	flow = flow_find_again(key, p);
	if (!flow || p->ttl <= 1 || door_should_reopen(p, flow))
		return VERDICT_NONE;
	if (unlikely(!door_same_way(flow, &p->outer)))
		gateway_move_peer(key, flow, p);
	reason = flow_confirmed(key, &flow, p->tcp_flags);
	if (reason)
		return drop(p, reason);
	flow_seen(key, flow, p);
	return door_deliver(skb, p, flow);
}

/* An ICMP error in the tunnel: about what the pod sent. */
SUBPROGRAM enum verdict door_icmp(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_DROP);
	struct flow_key key;
	struct addr from;
	struct flow *flow;
	enum reason reason;

	if (!icmp_read(skb, p, &from))
		return drop(p, REASON_TUNNEL_NO_FLOW);
	flow = icmp_flow(p, &key, p->outer.vni, FLOW_DOOR);
	if (!flow || !door_is_here(flow, &p->outer))
		return drop(p, REASON_TUNNEL_NO_FLOW);
	if (p->ttl <= 1)
		return drop(p, REASON_TUNNEL_TTL);
	reason = tunnel_strip(skb, p);
	if (reason)
		return drop(p, reason);
	return icmp_translate(skb, p, &from, flow, 1) ? drop(p, REASON_NO_ROOM) :
							pass(p, REASON_ICMP_ERROR);
}

/* Read the tunnel of a packet at a pod's door. VERDICT_NONE: it is the pod's own. */
SUBPROGRAM enum verdict door_read(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_DROP);
	struct ip_addr from = addr_ip(&p->key.saddr);
	enum reason reason;

	if (p->l4 != ETH_HLEN + IP_HLEN || !peer_allowed(&from))
		return VERDICT_NONE;
	pull(skb, ETH_HLEN + GENEVE_AT + sizeof(struct geneve_header) + GENEVE_OPTIONS_MAX +
			  IP_HLEN + TCP_HLEN);
	reason = outer_read(skb_data(skb), skb_end(skb), ETH_HLEN, &p->outer);
	if (reason == REASON_TUNNEL_MALFORMED || (!reason && !(p->outer.options & OPTION_RETURN)))
		return VERDICT_NONE;
	if (!reason && tunnel_is_mixed(p))
		reason = REASON_TUNNEL_MALFORMED;
	p->proto = 0;
	p->tcp_flags = 0;
	p->length = skb->len;
	if (!reason)
		reason = parse_inner(p, skb, ETH_HLEN + p->outer.length, true);
	p->tunnel = 1;
	return reason ? drop(p, reason) : VERDICT_NEXT;
}

/* Learn from an ICMP packet for a pod: about a reply that its door sent to a gateway, in the pod's name. */
SUBPROGRAM int door_path(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, 0);
	struct path_error e;
	struct addr from;

	if (path_read(skb, p, &e) || e.udp.dest != settings.door_port || !icmp_check_ok(skb, p))
		return 0;
	from = ip_saddr(&e.ip);
	if (addr_equal(&from, &p->key.daddr) && peer_allowed(&p->outer.daddr))
		path_note(p);
	return 0;
}

/* A UDP packet that a pod sends to that port: none to a gateway, which would take it for a reply. */
INLINE enum verdict door_forged(struct packet *p)
{
	struct ip_addr to = addr_ip(&p->key.daddr);

	return peer_allowed(&to) ? drop(p, REASON_SPOOFED) : VERDICT_NEXT;
}

/* A UDP packet to the port of a pod's door. VERDICT_NONE: it is the pod's own. */
INLINE enum verdict door_packet(struct __sk_buff *skb, struct packet *p)
{
	enum verdict verdict = door_read(skb, p);

	if (verdict != VERDICT_NEXT)
		return verdict;
	if (p->proto == ICMP_OWN)
		return door_icmp(skb, p);
	verdict = door_follow(skb, p);
	return verdict == VERDICT_NONE ? door_first(skb, p) : verdict;
}

#endif
