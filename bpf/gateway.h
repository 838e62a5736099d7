/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The gateway role: requests out of a tunnel to pods of this network, replies back into the tunnel.
 * Neither through the stack nor on to another gateway. */
#ifndef GATEWAY_H
#define GATEWAY_H

#include "check.h"
#include "choose.h"
#include "flow_state.h"
#include "hop.h"
#include "source.h"
#include "split.h"
#include "tunnel.h"

#define SNAT_TRIES 16

INLINE struct allowed_key allowed_key(const struct ip_addr *addr, __u32 network, bool ipv4)
{
	return (struct allowed_key){ .prefix = ALLOWED_NETWORK_BITS + 8 * sizeof(*addr),
				     .network = network | (ipv4 ? 0 : ALLOWED_IPV6),
				     .addr = *addr };
}

/* True if `gateway.allow` admits this outer source for the network it names, or the key of its tag does. */
SUBPROGRAM bool source_allowed(const struct outer *outer)
{
	REQUIRE(outer, false);
	if (outer->admitted && settings.admission & ADMISSION_OPEN)
		return true;
	struct allowed_key key = allowed_key(&outer->saddr, outer->vni, outer->family == 4);

	if (bpf_map_lookup_elem(&allowed, &key))
		return true;
	key.network &= ALLOWED_IPV6; /* of any network */
	return bpf_map_lookup_elem(&allowed, &key) != NULL;
}

/* True for a gateway of our own network, at an address of this family, whose packets the doors of pods open. */
SUBPROGRAM bool peer_allowed(const struct ip_addr *addr)
{
	REQUIRE(addr, false);
	struct allowed_key key = allowed_key(addr, ALLOWED_PEER, FAMILY == 4);

	return bpf_map_lookup_elem(&allowed, &key) != NULL;
}

INLINE bool network_known(__u32 vni)
{
	return bpf_map_lookup_elem(&networks, &vni) != NULL;
}

/* True for an address and port that the gateway uses for SNAT. */
INLINE bool is_snat_port(const struct addr *addr, __be16 port)
{
	__u16 number = bpf_ntohs(port);

	return number >= settings.snat_first && number <= settings.snat_last && is_snat(addr);
}

/* Set the flow's peer, and at a pod's door the gateway, to those of this request. Returns 0 or -ENOSPC. */
INLINE int request_peer(struct flow *flow, const struct outer *outer)
{
	int gateway = outer->options & OPTION_RETURN ? peer_row_kept(&outer->saddr) : 0;

	if (gateway < 0 || peer_set(flow, outer_client(outer)))
		return -ENOSPC;
	flow->peer_port = outer_client_port(outer);
	if (outer->options & OPTION_RETURN)
		flow->generation = gateway;
	return 0;
}

/* SNAT address and port of attempt number `attempt`. The first depends on the flow alone. */
INLINE void snat_candidate(const struct flow_key *key, __u32 attempt, struct nat *nat)
{
	__u32 ports = settings.snat_last - settings.snat_first + 1;
	__u32 hash = flow_hash(key, 0, key->zone);
	__u32 mixed = (__u32)mix64(hash + ((__u64)attempt << 32));
	__u32 index = hash_slot(mixed, settings.snat_count[OWN_INDEX]) & (MAX_SNAT - 1);

	nat->saddr = ip_own(&settings.snat[OWN_INDEX][index]);
	nat->sport = bpf_htons(settings.snat_first + hash_slot((__u32)mix64(mixed), ports));
}

/* Open the flow in scratch with the first SNAT port that is free towards its backend, or that rests
 * and may be taken. Inserting the reply entry claims the port. */
INLINE enum reason gateway_open(const struct flow_key *key, struct flow *flow)
{
	int err;

	if (!settings.snat_count[OWN_INDEX] || settings.snat_last < settings.snat_first)
		return REASON_PORTS_FULL;
	err = flow_admit(key);
	if (err)
		return no_place(err);
	err = -EEXIST;
	for (__u32 i = 0; i < 2 * SNAT_TRIES && err == -EEXIST; i++) {
		snat_candidate(key, i % SNAT_TRIES, &flow->nat);
		err = flow_open(key, i >= SNAT_TRIES);
	}
	return err ? no_place(err) : REASON_NONE;
}

/* Choose a pod and open a flow to it. */
SUBPROGRAM enum reason gateway_choose(struct packet *p, const struct service *service, __u32 row)
{
	REQUIRE(p && service, REASON_NO_ROOM);
	struct backend *backend;
	enum reason reason;
	struct flow *flow;

	reason = choose_backend(p, service, row, &service->local_table, HASH_SEED_GATEWAY, &flow,
				&backend);
	if (reason)
		return reason;
	flow->action = FLOW_DECAP_NAT;
	flow->flags = FLOW_REDIRECT;
	flow->network = p->outer.vni;
	flow->nat.daddr = ip_own(&backend->addr);
	flow->nat.dport = backend->port;
	if (request_peer(flow, &p->outer))
		return REASON_PEERS_FULL;
	return gateway_open(&p->key, flow);
}

/* The tunnel of the answer to a request at a pod's door leads by way of the gateway, as replies do. */
INLINE void tunnel_answer_request(struct packet *p)
{
	struct outer *outer = &p->outer;
	__u32 options = outer->options & (OPTION_ENDPOINT | OPTION_RETURN);

	tunnel_answer(outer);
	if (!(options & OPTION_RETURN))
		return;
	outer->options = options;
	outer->sport = outer->dport = settings.door_port;
	tunnel_to_gateway(outer);
	if (is_own_gateway(outer))
		tunnel_to_client(p);
}

/* Answer a tunnel packet with its refusal (RST or ICMP), through the tunnel it came from. */
SUBPROGRAM enum verdict gateway_refuse(struct __sk_buff *skb, struct packet *p, enum reason reason)
{
	REQUIRE(p, VERDICT_DROP);
	struct outer *outer = &p->outer;

	if (!reply_allowed(outer_owner(outer), reason))
		return drop(p, REASON_REPLY_LIMIT);
	drop(p, reason);
	if (tunnel_strip(skb, p) || reply_refuse(skb, p, reason))
		return VERDICT_DROP;
	tunnel_answer_request(p);
	return tunnel_out(skb, p, &p->nat, REASON_NONE);
}

/* Check if a packet of no flow may open one to *ret_service. */
INLINE enum reason gateway_check(struct packet *p, struct service **ret_service, __u32 *ret_row)
{
	if (!source_allowed(&p->outer))
		return REASON_TUNNEL_SOURCE;
	if (!network_known(p->outer.vni))
		return REASON_TUNNEL_VNI;
	if (source_is_bogus(0, &p->key.saddr))
		return REASON_SPOOFED;
	if (p->ttl <= 1)
		return REASON_TUNNEL_TTL;
	*ret_service = service_find_id(p->outer.id, ret_row);
	if (!*ret_service || (*ret_service)->proto != p->proto)
		return REASON_TUNNEL_SERVICE;
	return p->proto == IPPROTO_TCP && !is_syn(p) ? REASON_NO_FLOW : REASON_NONE;
}

/* True for reasons that are answered. Packets of a source that is not admitted are not. */
INLINE bool deserves_refusal(enum reason reason)
{
	return reason == REASON_TUNNEL_TTL || reason == REASON_TUNNEL_SERVICE ||
	       reason == REASON_NO_BACKEND || reason == REASON_NO_FLOW ||
	       reason == REASON_FLOWS_SHARE || reason == REASON_TOO_BIG;
}

SUBPROGRAM enum reason gateway_new(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, REASON_NO_ROOM);
	struct service *service = NULL;
	enum reason reason;
	__u32 row = 0;

	if (p->fragment == FRAGMENT_LATER)
		return REASON_FRAGMENT;
	reason = gateway_check(p, &service, &row);
	if (reason || !service)
		return reason;
	if (!check_ok(skb, p))
		return REASON_CHECKSUM;
	return gateway_choose(p, service, row);
}

/* True if the packet continues the flow: its number lies between the last that the pod acknowledged,
 * less one as in a keep-alive (RFC 9293 section 3.8.4), and the next. UDP has no numbers. */
INLINE bool request_fits(struct packet *p, const struct flow *flow, const struct flow *other)
{
	__u32 first = other && other->ack ? other->ack - 1 : flow->seq;

	return is_udp(p) || !flow->seq || bpf_ntohl(p->seq) - first <= flow->seq - first;
}

/* Send answers to where the last request came from: a NAT may give the client another outer
 * port, and a client may take another gateway to a pod's door. A packet whose number does not fit goes on to
 * the pod, whose TCP judges it, but moves nothing. Returns -EACCES for a source that is not admitted. */
SUBPROGRAM int gateway_move_peer(const struct flow_key *key, struct flow *flow, struct packet *p)
{
	REQUIRE(key && flow && p, -EINVAL);
	const struct outer *outer = &p->outer;
	struct flow_pair *pair = scratch_get();
	__u32 before = flow_owner(key, flow);
	struct flow *other;

	if (!(outer->options & OPTION_RETURN) && !source_allowed(outer))
		return -EACCES;
	if (!pair)
		return 0;
	other = move_other(pair, key, flow);
	if (!request_fits(p, flow, other))
		return 0;
	way_begin(pair, flow);
	if (request_peer(&pair->other, outer))
		return 0;
	flow_move(key, flow, other);
	owner_change(key, before, flow_owner(key, flow));
	return 0;
}

/* As should_reselect(); a SYN that names another service chooses again too. */
INLINE bool gateway_should_reselect(struct packet *p, struct flow *flow)
{
	struct service *service;

	if (!is_udp(p) && !is_syn(p))
		return false;
	service = service_row(flow->service);
	if (service && service->id == p->outer.id && !backend_left(flow)) {
		if (is_syn(p) && (flow->state == FLOW_CLOSING || flow->flags & FLOW_FIN_FORWARD))
			flow_reopen(&p->key, flow);
		return false;
	}
	flow_delete(&p->key, flow);
	return true;
}

/* Take the packet out of its tunnel and send it to the pod, by the flow or a copy of it. */
SUBPROGRAM enum verdict gateway_deliver(struct __sk_buff *skb, struct packet *p,
					const struct flow *flow)
{
	REQUIRE(p && flow, VERDICT_DROP);
	enum reason reason;

	p->nat = flow->nat;
	reason = tunnel_strip(skb, p);
	if (reason)
		return drop(p, reason);
	if ((p->tcp_flags & TCP_SYN && clamp_mss(skb, p, tunnel_mtu(p, &p->outer.saddr))) ||
	    rewrite_directly(skb, p, &p->nat, 1))
		return drop(p, REASON_NO_ROOM);
	return forwarded(p, REASON_GATEWAY_IN, route_send(skb, p, &p->nat.daddr));
}

/* The first packet of a flow: opens it, in scratch, or is refused. */
INLINE enum verdict gateway_first(struct __sk_buff *skb, struct packet *p)
{
	enum reason reason = gateway_new(skb, p);
	struct flow_pair *pair = scratch_get();

	if (deserves_refusal(reason))
		return gateway_refuse(skb, p, reason);
	if (reason || !pair)
		return drop(p, reason ? reason : REASON_FLOWS_FULL);
	return gateway_deliver(skb, p, &pair->flow);
}

/* A request that belongs to a flow. `p` is the inner packet, still in its tunnel. VERDICT_NONE: no
 * flow. */
SUBPROGRAM enum verdict gateway_follow(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_DROP);
	const struct outer *outer = &p->outer;
	const struct flow_key *key;
	struct flow_key copy;
	struct flow *flow;
	enum reason reason;

	p->key.zone = FLOW_ZONE(outer->vni, FLOW_GATEWAY, is_udp(p));
	key = packet_key(p, &copy);
	if (!key)
		return VERDICT_DROP;
	flow = flow_find_again(key, p);
	if (flow && (!peer_sent(flow, outer) || flow->peer_port != outer->sport) &&
	    gateway_move_peer(key, flow, p))
		return drop(p, REASON_TUNNEL_SOURCE);
	if (!flow || p->ttl <= 1 || gateway_should_reselect(p, flow))
		return VERDICT_NONE;
	reason = flow_confirmed(key, &flow, p->tcp_flags);
	if (reason)
		return drop(p, reason);
	flow_seen(key, flow, p);
	return gateway_deliver(skb, p, flow);
}

/* A request out of a tunnel. Two calls side by side: nested, the frames that open a flow would not
 * fit into the stack. */
INLINE enum verdict gateway_packet(struct __sk_buff *skb, struct packet *p)
{
	enum verdict verdict = gateway_follow(skb, p);

	return verdict == VERDICT_NONE ? gateway_first(skb, p) : verdict;
}

/* The tunnel back to the client of a flow. */
INLINE void gateway_tunnel(struct packet *p, const struct flow *flow)
{
	struct service *service = service_row(flow->service);

	tunnel_begin(p, flow, settings.listen, true);
	p->outer.sport = settings.listen_port;
	p->outer.id = service ? service->id : 0;
}

/* The one or the other, by the zone of p->key. */
INLINE void reply_tunnel(struct packet *p, const struct flow *flow)
{
	if (FLOW_ROLE(p->key.zone) == FLOW_DOOR_REPLY)
		door_tunnel(p, flow);
	else
		gateway_tunnel(p, flow);
}

/* A pod's reply, by the flow of this role: back into its tunnel. VERDICT_NONE: no flow. */
INLINE enum verdict reply_in_role(struct __sk_buff *skb, struct packet *p,
				  const enum flow_role role, const enum reason forwarded_as)
{
	const struct flow_key *key;
	struct flow_key copy;
	struct flow *flow;
	enum verdict verdict;
	enum reason reason;
	__u32 mtu;

	p->key.zone = FLOW_ZONE(0, role, is_udp(p));
	key = packet_key(p, &copy);
	flow = key ? flow_find_any(key) : NULL;
	if (!flow)
		return VERDICT_NONE;
	if (!flow_comes_by(skb, key, flow, skb->ifindex))
		return drop(p, REASON_SPOOFED);
	p->nat = flow->nat;
	if (role == FLOW_DOOR_REPLY && unlikely(!health_is_well()))
		door_move(key, flow);
	reply_tunnel(p, flow);
	if (p->ttl <= 1)
		return drop(p, REASON_TUNNEL_TTL);
	reason = flow_answered(key, &flow, p->tcp_flags);
	if (reason)
		return drop(p, reason);
	flow_seen(key, flow, p);
	mtu = tunnel_mtu(p, &p->outer.daddr);
	verdict = fit(skb, p, mtu);
	if (verdict != VERDICT_NONE)
		return verdict;
	if ((p->tcp_flags & TCP_SYN && clamp_mss(skb, p, mtu)) || rewrite(skb, p, &p->nat, 1))
		return drop(p, REASON_NO_ROOM);
	if (role == FLOW_DOOR_REPLY && is_own_gateway(&p->outer))
		tunnel_to_client(p);
	return tunnel_out(skb, p, &p->nat, forwarded_as);
}

/* A pod's packet to a SNAT port. */
SUBPROGRAM enum verdict gateway_reply(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_DROP);
	return reply_in_role(skb, p, FLOW_GATEWAY_REPLY, REASON_GATEWAY_OUT);
}

/* A pod's packet to an address that stands for a client. */
SUBPROGRAM enum verdict door_reply(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_DROP);
	return reply_in_role(skb, p, FLOW_DOOR_REPLY, REASON_DOOR_OUT);
}

#endif
