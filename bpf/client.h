/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The client's node: packets for a VIP to a backend, replies back to the client. */
#ifndef CLIENT_H
#define CLIENT_H

#include "check.h"
#include "choose.h"
#include "client_move.h"
#include "conntrack.h"
#include "flow_state.h"
#include "source.h"
#include "split.h"
#include "tunnel.h"

#define PORT_TRIES 8
#define PORT_FIRST 1024
#define PORT_COUNT (65536 - PORT_FIRST)

INLINE enum verdict client_send_nat(struct __sk_buff *skb, struct packet *p,
				    const struct flow *flow)
{
	enum reason reason = flow->flags & FLOW_PASSTHROUGH ? REASON_TO_PASSTHROUGH :
							      REASON_TO_LOCAL;
	bool redirect = flow->flags & FLOW_REDIRECT;

	p->nat = flow->nat;
	if (redirect && p->ttl <= 1)
		return pass(p, REASON_TTL_EXPIRED);
	if (rewrite(skb, p, &p->nat, redirect))
		return drop(p, REASON_NO_ROOM);
	return forwarded(p, reason, redirect ? route_send(skb, p, &p->nat.daddr) : VERDICT_NEXT);
}

/* The tunnel of a flow to a gateway. */
INLINE void client_tunnel(struct packet *p, const struct flow *flow)
{
	__u32 endpoint = flow->endpoint;

	tunnel_begin(p, flow, settings.source, false);
	p->outer.sport = tunnel_source_port(p);
	__builtin_memcpy(&p->outer.id, flow->service_id, sizeof(p->outer.id));
	p->outer.endpoint = endpoint;
	if (unlikely(endpoint) && !is_syn(p)) /* a SYN takes any endpoint */
		p->outer.options = OPTION_ENDPOINT | OPTION_ROOM;
}

INLINE enum verdict client_send_tunnel(struct __sk_buff *skb, struct packet *p,
				       const struct flow *flow)
{
	enum verdict verdict;
	__u32 mtu;

	if (p->ttl <= 1)
		return pass(p, REASON_TTL_EXPIRED);
	client_tunnel(p, flow);
	mtu = tunnel_mtu(p, &p->outer.daddr);
	verdict = fit(skb, p, mtu);
	if (verdict != VERDICT_NONE)
		return verdict;
	if (p->tcp_flags & TCP_SYN &&
	    clamp_mss(skb, p, gateway_pods_mtu(&p->outer.daddr, p->outer.dport, mtu)))
		return drop(p, REASON_NO_ROOM);
	return tunnel_out(skb, p, packet_tuple(p), REASON_TO_TUNNEL);
}

/* Send a packet of a client by its flow's forward entry, or a copy of it. */
SUBPROGRAM enum verdict client_send(struct __sk_buff *skb, struct packet *p,
				    const struct flow *flow)
{
	REQUIRE(p && flow, VERDICT_DROP);
	if (flow->action == FLOW_ENCAP)
		return client_send_tunnel(skb, p, flow);
	return client_send_nat(skb, p, flow);
}

/* Source port number `attempt` for a flow whose reply key another flow holds. */
INLINE __be16 port_candidate(const struct flow_key *key, __u32 attempt)
{
	__u32 hash = flow_hash(key, attempt, key->zone);

	return bpf_htons(PORT_FIRST + hash_slot(hash, PORT_COUNT));
}

/* Open the flow in scratch, unless a direct connection holds its tuple. */
INLINE int client_claim(struct __sk_buff *skb, const struct flow_key *key, struct flow *flow)
{
	if (flow_has_nat(flow) && flow->service != FLOW_NO_SERVICE && !FLOW_IS_UDP(key->zone) &&
	    conntrack_holds(skb, &flow->nat))
		return -EEXIST;
	return flow_open(key, false);
}

/* Open the flow in scratch; if another flow or connection holds its tuple, with another source port. */
INLINE enum reason client_open(struct __sk_buff *skb, const struct flow_key *key, struct flow *flow)
{
	int err = flow_admit(key);

	if (!err)
		err = client_claim(skb, key, flow);
	for (__u32 i = 0; i < PORT_TRIES && err == -EEXIST && flow_has_nat(flow); i++) {
		flow->nat.sport = port_candidate(key, i);
		err = client_claim(skb, key, flow);
	}
	return err ? no_place(err) : REASON_NONE;
}

/* True if a flow to this pod skips the stack. */
INLINE bool takes_redirect(struct __sk_buff *skb, const struct addr *pod)
{
	return settings.flags & SETTING_REDIRECT && route_pod(skb, pod);
}

/* True for a packet that the node itself sends: it came through the node's own pair. */
INLINE bool from_host(struct __sk_buff *skb)
{
	return iface_role(skb->ifindex) == IFACE_HOST;
}

INLINE int client_flow_tunnel(struct flow *flow, const struct backend *backend)
{
	flow->action = FLOW_ENCAP;
	__builtin_memcpy(flow->service_id, &backend->service_id, sizeof(backend->service_id));
	flow->network = backend->network;
	flow->peer_port = backend->tunnel_port;
	gateway_use(&backend->addr, backend->tunnel_port);
	return peer_set(flow, &backend->addr);
}

/* Source address of a flow's packets after NAT. */
INLINE struct addr nat_source(struct packet *p, bool host, bool hairpin)
{
	return host ? host_client() : hairpin ? p->key.daddr : p->key.saddr;
}

INLINE void client_flow_nat(struct __sk_buff *skb, struct packet *p, struct flow *flow,
			    const struct backend *backend, bool host)
{
	struct addr *pod = &p->nat.daddr;
	bool hairpin;

	*pod = ip_own(&backend->addr);
	hairpin = addr_equal(pod, &p->key.saddr) && !host;

	flow->action = FLOW_NAT;
	flow->nat.saddr = nat_source(p, host, hairpin);
	flow->nat.daddr = *pod;
	flow->nat.sport = p->key.sport;
	flow->nat.dport = backend->port;
	if (backend->kind == BACKEND_PASSTHROUGH)
		flow->flags |= FLOW_PASSTHROUGH;
	else if (hairpin || (!host && takes_redirect(skb, pod)))
		flow->flags |= FLOW_REDIRECT;
}

/* True for this node's own address towards gateways. */
INLINE bool is_node(const struct addr *addr)
{
	return ip_is(&settings.source[OWN_INDEX], addr);
}

/* Choose a backend and open a flow to it. */
SUBPROGRAM enum reason client_choose(struct __sk_buff *skb, struct packet *p,
				     const struct service *service, __u32 row)
{
	REQUIRE(p && service, REASON_NO_ROOM);
	struct backend *backend;
	enum reason reason;
	struct flow *flow;
	bool host;

	if (!source_may_open(skb, &p->key.saddr))
		return REASON_SPOOFED;
	reason = choose_backend(p, service, row, &service->table, HASH_SEED_CLIENT, &flow,
				&backend);
	if (reason)
		return reason;
	if (!check_ok(skb, p))
		return REASON_CHECKSUM;
	host = from_host(skb);
	flow->iface = skb->ifindex;
	if (backend->kind != BACKEND_GENEVE)
		client_flow_nat(skb, p, flow, backend, host);
	else if (client_flow_tunnel(flow, backend))
		return REASON_PEERS_FULL;
	/* Other nodes may have this address of ours as well: a gateway could not tell them apart. */
	if (host && flow->action == FLOW_ENCAP && !is_node(&p->key.saddr))
		return REASON_SPOOFED;
	return client_open(skb, &p->key, flow);
}

/* A TCP packet that opens no flow and belongs to none. For takeover_ns after the VIP or the
 * interface was captured such connections pass untouched: they are older than these programs. Later
 * ones are refused. */
INLINE enum verdict out_of_state(struct __sk_buff *skb, struct packet *p,
				 const struct service *service)
{
	__u32 ifindex = skb->ifindex;
	struct iface *iface = bpf_map_lookup_elem(&ifaces, &ifindex);
	__u64 taken = service->captured_ns;

	if (iface && iface->captured_ns > taken)
		taken = iface->captured_ns;
	if (bpf_ktime_get_ns() < taken + settings.takeover_ns)
		return pass(p, REASON_TAKEOVER);
	return refuse(skb, p, REASON_NO_FLOW);
}

/* Open a flow for a connection to no service, from another source. VERDICT_NONE if it was opened. */
INLINE enum verdict open_direct(struct __sk_buff *skb, struct packet *p, struct addr saddr)
{
	struct flow_pair *pair = scratch_get();
	enum reason reason;

	if (!pair || !source_may_open(skb, &p->key.saddr) || !check_ok(skb, p))
		return VERDICT_NEXT;
	flow_init(&pair->flow, p, FLOW_NO_SERVICE, 0, 0);
	pair->flow.iface = skb->ifindex;
	pair->flow.nat = (struct nat){
		.saddr = saddr, .daddr = p->key.daddr, .sport = p->key.sport, .dport = p->key.dport
	};
	filter_add(filters.destinations, address_bit(&p->key.daddr));
	reason = client_open(skb, &p->key, &pair->flow);
	return reason ? drop(p, reason) : VERDICT_NONE;
}

/* A SYN to no service whose replies would match a translated flow: one client port is used both to
 * a VIP and directly to the pod behind it. The direct connection gets a flow with another source
 * port. Returns VERDICT_NONE if that flow was opened. */
SUBPROGRAM enum verdict client_direct(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_DROP);
	struct flow_pair *pair = scratch_get();
	struct flow *held;

	if (!pair)
		return VERDICT_NEXT;
	pair->held = (struct flow_key){
		.saddr = p->key.daddr,
		.daddr = p->key.saddr,
		.sport = p->key.dport,
		.dport = p->key.sport,
		.zone = FLOW_ZONE(0, FLOW_REPLY, false),
	};
	held = flow_find_any(&pair->held);
	if (!held || flow_expired(&pair->held, held))
		return VERDICT_NEXT;
	return open_direct(skb, p, p->key.saddr);
}

/* From the node itself such a packet is routed on, with the source that leads its replies back. */
SUBPROGRAM enum verdict host_direct(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_DROP);
	return open_direct(skb, p, host_client());
}

/* A packet to a port of a VIP that no service has. */
INLINE enum verdict no_service(struct __sk_buff *skb, struct packet *p)
{
	if (!is_udp(p) && !is_syn(p))
		return VERDICT_NEXT;
	return is_udp(p) && !from_host(skb) ? VERDICT_NEXT : VERDICT_DIRECT;
}

/* Open a flow for a packet that has none. Returns VERDICT_NONE if that worked; VERDICT_DIRECT. */
SUBPROGRAM enum verdict client_new(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_DROP);
	struct service *service;
	__u32 row = 0;
	bool stale;
	enum reason reason;

	if (p->fragment == FRAGMENT_LATER)
		return drop(p, REASON_FRAGMENT);
	service = service_find(p, &row, &stale);
	if (stale)
		return drop(p, REASON_STALE_ROW);
	if (!service)
		return no_service(skb, p);
	if (p->proto == IPPROTO_TCP && !is_syn(p))
		return out_of_state(skb, p, service);
	if (service_drops(p, service, row))
		return refuse(skb, p, REASON_DROP_OVERLOAD);
	reason = client_choose(skb, p, service, row);
	if (reason == REASON_NO_BACKEND || reason == REASON_FLOWS_SHARE)
		return refuse(skb, p, reason);
	return reason ? drop(p, reason) : VERDICT_NONE;
}

/* True if the packet must choose a backend again; its flow is deleted then. A SYN, and any UDP
 * packet, does so if the backend has left, in any state: a flow whose backend died in silence stays
 * established for hours, and a client that dials again from the same port would be sent there. A SYN that
 * nobody answers goes elsewhere when it is sent for the third time. */
INLINE bool should_reselect(struct packet *p, struct flow *flow)
{
	bool again;

	if (!is_udp(p) && !is_syn(p))
		return false;
	again = is_third_syn(p, flow);
	if (again)
		backend_avoid(flow);
	if (again || backend_left(flow)) {
		flow_delete(&p->key, flow);
		return true;
	}
	if (is_syn(p)) {
		if (flow->state == FLOW_CLOSING || flow->flags & FLOW_FIN_FORWARD)
			flow_reopen(&p->key, flow);
		flow_touch(&p->key, flow); /* `embryonic` may have evicted the other entry */
	}
	return false;
}

/* Send by the flow just opened, which is still in scratch, unless there is a verdict already. */
INLINE enum verdict send_opened(struct __sk_buff *skb, struct packet *p, enum verdict verdict)
{
	struct flow_pair *pair;

	if (verdict != VERDICT_NONE)
		return verdict;
	pair = scratch_get();
	return pair ? client_send(skb, p, &pair->flow) : drop(p, REASON_FLOWS_FULL);
}

/* A packet of no flow. Two calls side by side: nested, their frames would not fit into the stack. */
INLINE enum verdict client_first(struct __sk_buff *skb, struct packet *p)
{
	enum verdict verdict = client_new(skb, p);

	if (verdict == VERDICT_DIRECT)
		verdict = from_host(skb) ? host_direct(skb, p) : client_direct(skb, p);
	return send_opened(skb, p, verdict);
}

/* True if an established connection must end because its endpoint left (`draining: reset`). */
INLINE bool should_reset(struct packet *p, const struct flow *flow)
{
	return settings.flags & SETTING_RESET && !is_udp(p) && !is_syn(p) &&
	       !flow_is_movable(flow) && backend_left(flow);
}

/* A packet of a pod to a possible VIP. */
INLINE enum verdict client_packet(struct __sk_buff *skb, struct packet *p)
{
	struct flow *flow;
	enum reason reason;

	p->key.zone = FLOW_ZONE(0, FLOW_CLIENT, is_udp(p));
	flow = flow_find_again(&p->key, p);
	if (flow && !flow_comes_by(skb, &p->key, flow, skb->ifindex))
		return drop(p, REASON_SPOOFED);
	if (!flow || (!client_keeps(p, flow) && should_reselect(p, flow)))
		return client_first(skb, p);
	if (should_reset(p, flow)) {
		flow_delete(&p->key, flow);
		return refuse(skb, p, REASON_BACKEND_GONE);
	}
	reason = flow_confirmed(&p->key, &flow, p->tcp_flags);
	if (reason)
		return drop(p, reason);
	flow_seen(&p->key, flow, p);
	return client_send(skb, p, flow);
}

/* A SYN of a pod to no service. */
INLINE enum verdict client_syn(struct __sk_buff *skb, struct packet *p)
{
	p->key.zone = FLOW_ZONE(0, FLOW_CLIENT, false);
	return send_opened(skb, p, client_direct(skb, p));
}

/* True for a reply to open_direct() for the node itself: the stack may have translated its source, so
 * no route tells the interface that it may come by. */
INLINE bool is_reply_from_stack(struct packet *p, const struct flow *flow)
{
	struct addr host = host_client();

	return flow->service == FLOW_NO_SERVICE && addr_equal(&p->key.daddr, &host);
}

/* A reply at the client's veth: its source becomes the VIP again. */
INLINE enum verdict client_reply(struct __sk_buff *skb, struct packet *p)
{
	struct flow *flow;
	enum reason reason;

	p->key.zone = FLOW_ZONE(0, FLOW_REPLY, is_udp(p));
	flow = flow_find_any(&p->key);
	if (!flow || flow->action != FLOW_NAT)
		return VERDICT_NEXT;
	if (!is_reply_from_stack(p, flow) &&
	    !flow_comes_by(skb, &p->key, flow, skb->ingress_ifindex))
		return drop(p, REASON_SPOOFED);
	p->nat = flow->nat;
	reason = flow_answered(&p->key, &flow, p->tcp_flags);
	if (reason)
		return drop(p, reason);
	flow_seen(&p->key, flow, p);
	if (rewrite(skb, p, &p->nat, 0))
		return drop(p, REASON_NO_ROOM);
	return pass(p, REASON_REPLY);
}

/* The same at the veth of the backend's pod, for flows that skip the stack. VERDICT_NONE: no such
 * flow. */
SUBPROGRAM enum verdict client_reply_redirect(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_DROP);
	const struct flow_key *key;
	struct flow_key copy;
	struct flow *flow;
	enum reason reason;

	p->key.zone = FLOW_ZONE(0, FLOW_REPLY, is_udp(p));
	key = packet_key(p, &copy);
	flow = key ? flow_find_any(key) : NULL;
	if (!flow || !(flow->flags & FLOW_REDIRECT))
		return VERDICT_NONE;
	if (!flow_comes_by(skb, key, flow, skb->ifindex))
		return drop(p, REASON_SPOOFED);
	p->nat = flow->nat;
	if (p->ttl <= 1)
		return pass(p, REASON_TTL_EXPIRED);
	reason = flow_answered(key, &flow, p->tcp_flags);
	if (reason)
		return drop(p, reason);
	flow_seen(key, flow, p);
	if (rewrite(skb, p, &p->nat, 1))
		return drop(p, REASON_NO_ROOM);
	return forwarded(p, REASON_REPLY, route_send(skb, p, &p->nat.daddr));
}

#endif
