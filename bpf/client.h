/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The client's node: from a packet for a VIP to a backend, and replies back to the client. */
#ifndef CLIENT_H
#define CLIENT_H

#include "choose.h"
#include "flow_state.h"
#include "tunnel.h"

#define PORT_TRIES 8
#define PORT_FIRST 1024
#define PORT_COUNT (65536 - PORT_FIRST)

INLINE enum verdict client_send_nat(struct __sk_buff *skb, struct packet *p,
				    const struct settings *s, const struct flow *flow)
{
	enum reason reason = flow->flags & FLOW_PASSTHROUGH ? REASON_TO_PASSTHROUGH :
							      REASON_TO_LOCAL;
	bool redirect = flow->flags & FLOW_REDIRECT;
	struct nat nat = flow->nat;

	if (redirect && p->ttl <= 1)
		return pass(p, REASON_TTL_EXPIRED);
	if (rewrite(skb, p, &nat, redirect))
		return drop(p, REASON_NO_ROOM);
	return forwarded(p, reason, redirect ? route_send(skb, p, s, nat.daddr) : VERDICT_NEXT);
}

INLINE enum verdict client_send_tunnel(struct __sk_buff *skb, struct packet *p,
				       const struct settings *s, const struct flow *flow)
{
	struct outer outer = {
		.saddr = s->source.v4,
		.daddr = flow->peer.v4,
		.sport = tunnel_source_port(p),
		.dport = flow->peer_port,
		.vni = s->network,
		.id = { flow->service_id[0], flow->service_id[1] },
		.tos = p->tos,
	};

	if (p->ttl <= 1)
		return pass(p, REASON_TTL_EXPIRED);
	if (segment_length(skb, p) > tunnel_mtu(s))
		return refuse_too_big(skb, p, s, tunnel_mtu(s));
	if (p->tcp_flags & TCP_SYN && clamp_mss(skb, p, tunnel_mtu(s)))
		return drop(p, REASON_NO_ROOM);
	return forwarded(p, REASON_TO_TUNNEL, tunnel_send(skb, p, s, &outer));
}

/* Send a packet of the forward half where its flow, or a copy of it, says. Returns the verdict. */
SUBPROGRAM enum verdict client_send(struct __sk_buff *skb, struct packet *p,
				    const struct settings *s, const struct flow *flow)
{
	REQUIRE(p && s && flow, VERDICT_DROP);
	if (flow->action == FLOW_ENCAP)
		return client_send_tunnel(skb, p, s, flow);
	return client_send_nat(skb, p, s, flow);
}

/* Another source port for a flow whose reply key is held by another flow. */
INLINE __be16 port_candidate(const struct flow_key *key, __u32 attempt)
{
	__u32 hash = flow_hash(key->saddr, key->daddr, key->sport, key->dport, attempt, key->zone);

	return bpf_htons(PORT_FIRST + hash_slot(hash, PORT_COUNT));
}

/* Open the flow in scratch; where its reply key is taken, with another source port. Returns the
 * reason it was refused or REASON_NONE. */
INLINE enum reason client_open(const struct flow_key *key, struct flow *flow, __u32 hz)
{
	int ret = flow_open(key, true, hz);

	for (__u32 i = 0; i < PORT_TRIES && ret == -EEXIST && flow_has_nat(flow); i++) {
		flow->nat.sport = port_candidate(key, i);
		ret = flow_open(key, false, hz);
	}
	if (ret == -EEXIST)
		return REASON_PORTS_FULL;
	return ret ? REASON_FLOWS_FULL : REASON_NONE;
}

/* The path of a flow to a pod: does it enter the pod directly? */
INLINE bool client_redirects(struct __sk_buff *skb, const struct settings *s, __be32 pod)
{
	return s->flags & SETTING_REDIRECT && route_pod(skb, pod);
}

/* What skips the stack skips its reverse path filter as well: is the source another pod's? */
INLINE bool client_spoofs(struct __sk_buff *skb, const struct flow *flow, __be32 saddr)
{
	__u32 ifindex;

	if (flow->action == FLOW_NAT && !(flow->flags & FLOW_REDIRECT))
		return false;
	ifindex = route_pod(skb, saddr);
	return ifindex && ifindex != skb->ifindex;
}

INLINE void client_flow_tunnel(struct flow *flow, const struct backend *backend)
{
	flow->action = FLOW_ENCAP;
	flow->service_id[0] = (__u32)backend->service_id;
	flow->service_id[1] = backend->service_id >> 32;
	flow->network = backend->network;
	flow->peer = backend->addr;
	flow->peer_port = backend->tunnel_port;
}

INLINE void client_flow_nat(struct __sk_buff *skb, const struct packet *p, const struct settings *s,
			    struct flow *flow, const struct backend *backend)
{
	bool hairpin = backend->addr.v4 == p->key.saddr;

	flow->action = FLOW_NAT;
	flow->nat.saddr = hairpin ? p->key.daddr : p->key.saddr;
	flow->nat.daddr = backend->addr.v4;
	flow->nat.sport = p->key.sport;
	flow->nat.dport = backend->port;
	if (backend->kind == BACKEND_PASSTHROUGH)
		flow->flags |= FLOW_PASSTHROUGH;
	else if (hairpin || client_redirects(skb, s, backend->addr.v4))
		flow->flags |= FLOW_REDIRECT;
}

/* Choose a backend and open a flow to it. Returns why not, or REASON_NONE. */
SUBPROGRAM enum reason client_choose(struct __sk_buff *skb, const struct packet *p,
				     const struct settings *s, const struct service *service,
				     __u32 row)
{
	REQUIRE(p && s && service, REASON_NO_ROOM);
	struct backend *backend;
	struct flow *flow;
	enum reason reason = choose_backend(p, service, row, &service->table, HASH_SEED_CLIENT, &flow,
				    &backend);

	if (reason)
		return reason;
	flow->bytes = p->length;
	if (backend->kind == BACKEND_GENEVE)
		client_flow_tunnel(flow, backend);
	else
		client_flow_nat(skb, p, s, flow, backend);
	if (client_spoofs(skb, flow, p->key.saddr))
		return REASON_SPOOFED;
	return client_open(&p->key, flow, s->hz);
}

/* A TCP packet in mid-stream without a flow. Connections older than us pass untouched: they
 * belong to whoever carried the VIP before. */
INLINE enum verdict client_stray(struct __sk_buff *skb, struct packet *p, const struct settings *s,
				 const struct service *service)
{
	__u32 ifindex = skb->ifindex;
	struct iface *iface = bpf_map_lookup_elem(&ifaces, &ifindex);
	__u64 taken = service->captured_ns;

	if (iface && iface->captured_ns > taken)
		taken = iface->captured_ns;
	if (bpf_ktime_get_ns() < taken + s->takeover_ns)
		return pass(p, REASON_TAKEOVER);
	return refuse(skb, p, s, REASON_NO_FLOW);
}

/* A SYN that is no service's, but whose reply key belongs to a flow we translate: the same client
 * port once to a VIP and once directly to the pod behind it. The direct one gets a flow with
 * another port. Returns VERDICT_NONE when it did, else the verdict. */
SUBPROGRAM enum verdict client_direct(const struct packet *p, const struct settings *s)
{
	REQUIRE(p && s, VERDICT_DROP);
	struct flow_key reply = {
		.saddr = p->key.daddr,
		.daddr = p->key.saddr,
		.sport = p->key.dport,
		.dport = p->key.sport,
		.zone = FLOW_ZONE(0, FLOW_REPLY, false),
	};
	struct flow *held = flow_find_any(&reply);
	struct halves *halves = scratch_get();
	struct filters *f = filters_get();
	struct nat *nat;
	enum reason reason;

	if (!held || flow_expired(&reply, held, s->hz) || !f || !halves)
		return VERDICT_NEXT;
	flow_init(&halves->flow, &p->key, FLOW_NO_SERVICE, 0, 0);
	halves->flow.bytes = p->length;
	nat = &halves->flow.nat;
	nat->saddr = p->key.saddr;
	nat->daddr = p->key.daddr;
	nat->sport = p->key.sport;
	nat->dport = p->key.dport;
	filter_add(f->destinations, address_bit(p->key.daddr));
	reason = client_open(&p->key, &halves->flow, s->hz);
	return reason ? drop(p, reason) : VERDICT_NONE;
}

/* No flow yet. Returns VERDICT_NONE when there is one now, else the verdict. */
SUBPROGRAM enum verdict client_new(struct __sk_buff *skb, struct packet *p,
				   const struct settings *s)
{
	REQUIRE(p && s, VERDICT_DROP);
	struct service *service;
	__u32 row = 0;
	bool stale;
	enum reason reason;

	service = service_find(p, &row, &stale);
	if (stale)
		return drop(p, REASON_STALE_ROW);
	if (!service)
		return is_syn(p) ? client_direct(p, s) : VERDICT_NEXT;
	if (p->proto == IPPROTO_TCP && !is_syn(p))
		return client_stray(skb, p, s, service);
	if (service_drops(p, service, row))
		return refuse(skb, p, s, REASON_DROP_OVERLOAD);
	reason = client_choose(skb, p, s, service, row);
	if (reason == REASON_NO_BACKEND)
		return refuse(skb, p, s, reason);
	return reason ? drop(p, reason) : VERDICT_NONE;
}

/* Does this packet start over? Then the flow must not decide alone: a SYN, and any UDP packet,
 * chooses again when the backend is out of service. That holds in any state: of a backend that
 * died in silence the table still says "established", and who dials again from the same port
 * would be sent to it for hours. Returns true when the flow was given up. */
INLINE bool client_starts_over(struct packet *p, struct flow *flow)
{
	if (!is_udp(p) && !is_syn(p))
		return false;
	if (backend_is_out(flow)) {
		flow_delete(&p->key, flow);
		return true;
	}
	if (is_syn(p)) {
		if (flow->state == FLOW_CLOSING || flow->flags & FLOW_FIN_FORWARD)
			flow_reopen(&p->key, flow);
		flow_touch(&p->key, flow); /* the half-open table may have lost the other half */
	}
	return false;
}

/* Send by the flow just opened, which still stands in scratch, unless there is a verdict already. */
INLINE enum verdict client_opened(struct __sk_buff *skb, struct packet *p, const struct settings *s,
				  enum verdict verdict)
{
	struct halves *halves;

	if (verdict != VERDICT_NONE)
		return verdict;
	halves = scratch_get();
	return halves ? client_send(skb, p, s, &halves->flow) : drop(p, REASON_FLOWS_FULL);
}

/* draining: reset. An established connection ends when its endpoint leaves. */
INLINE bool client_gives_up(const struct packet *p, const struct settings *s,
			    const struct flow *flow)
{
	return s->flags & SETTING_RESET && !is_udp(p) && !is_syn(p) && backend_is_out(flow);
}

/* A packet of a pod whose destination may be a VIP. */
INLINE enum verdict client_packet(struct __sk_buff *skb, struct packet *p, const struct settings *s)
{
	struct flow *flow;

	p->key.zone = FLOW_ZONE(0, FLOW_CLIENT, is_udp(p));
	flow = flow_find_any(&p->key);
	if (!flow && !is_udp(p) && !is_syn(p))
		flow = flow_find(&p->key); /* promoted between the two look-ups */
	if (!flow || client_starts_over(p, flow))
		return client_opened(skb, p, s, client_new(skb, p, s));
	if (client_gives_up(p, s, flow)) {
		flow_delete(&p->key, flow);
		return refuse(skb, p, s, REASON_BACKEND_GONE);
	}
	flow = flow_confirmed(&p->key, flow, p->tcp_flags, s->hz);
	if (!flow)
		return drop(p, REASON_FLOWS_FULL);
	flow_seen(&p->key, flow, p, s->hz);
	return client_send(skb, p, s, flow);
}

/* A SYN of a pod that is no service's. */
INLINE enum verdict client_syn(struct __sk_buff *skb, struct packet *p, const struct settings *s)
{
	p->key.zone = FLOW_ZONE(0, FLOW_CLIENT, false);
	return client_opened(skb, p, s, client_direct(p, s));
}

/* A reply at the client's own veth: the virtual IP speaks again. */
INLINE enum verdict client_reply(struct __sk_buff *skb, struct packet *p, const struct settings *s)
{
	struct flow *flow;
	struct nat nat;

	p->key.zone = FLOW_ZONE(0, FLOW_REPLY, is_udp(p));
	flow = flow_find_any(&p->key);
	if (!flow || flow->action != FLOW_NAT)
		return VERDICT_NEXT;
	nat = flow->nat;
	flow = flow_answered(&p->key, flow, p->tcp_flags, s->hz);
	if (!flow)
		return drop(p, REASON_FLOWS_FULL);
	flow_seen(&p->key, flow, p, s->hz);
	if (rewrite(skb, p, &nat, 0))
		return drop(p, REASON_NO_ROOM);
	return pass(p, REASON_REPLY);
}

/* The same where the backend's pod sends it, on a path that skips the stack. Returns the verdict
 * or VERDICT_NONE. */
SUBPROGRAM enum verdict client_reply_redirect(struct __sk_buff *skb, struct packet *p,
					      const struct settings *s)
{
	REQUIRE(p && s, VERDICT_DROP);
	struct flow_key key;
	struct flow *flow;
	struct nat nat;

	p->key.zone = FLOW_ZONE(0, FLOW_REPLY, is_udp(p));
	key = p->key;
	flow = flow_find_any(&key);
	if (!flow || !(flow->flags & FLOW_REDIRECT))
		return VERDICT_NONE;
	nat = flow->nat;
	if (p->ttl <= 1)
		return pass(p, REASON_TTL_EXPIRED);
	flow = flow_answered(&key, flow, p->tcp_flags, s->hz);
	if (!flow)
		return drop(p, REASON_FLOWS_FULL);
	flow_seen(&key, flow, p, s->hz);
	if (rewrite(skb, p, &nat, 1))
		return drop(p, REASON_NO_ROOM);
	return forwarded(p, REASON_REPLY, route_send(skb, p, s, nat.daddr));
}

#endif
