/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The gateway role in mode forward: no state. A request goes on to the door of the pod that its endpoint id
 * names, or that is chosen for it, with the client's outer address in an option; the reply brings that back.
 * Only outer headers are written. */
#ifndef FORWARD_H
#define FORWARD_H

#include "gateway.h"

/* The endpoint that a packet names, if the service has it, draining or not. */
INLINE struct backend *endpoint_find(const struct outer *outer)
{
	struct endpoint_key key = { .service_id = outer->id,
				    .endpoint = outer->endpoint,
				    .family = FAMILY };
	__u32 *found = bpf_map_lookup_elem(&endpoints, &key);
	struct backend *backend;
	__u32 row;

	if (!found)
		return NULL;
	row = *found; /* before Linux 6.2 a key is not taken from a map */
	backend = bpf_map_lookup_elem(&backends, &row);
	return backend && backend->generation && backend->service_id == key.service_id &&
			       backend->endpoint == key.endpoint ?
		       backend :
		       NULL;
}

/* Choose an endpoint, as all gateways of the network would. */
INLINE struct backend *forward_select(struct packet *p, enum reason *ret_reason)
{
	__u32 row = 0;
	struct service *service = service_find_id(p->outer.id, &row);

	if (!service || service->proto != p->proto) {
		*ret_reason = REASON_TUNNEL_SERVICE;
		return NULL;
	}
	return service_choose(&service->local_table,
			      service_hash(service, &p->key, p->proto, HASH_SEED_GATEWAY),
			      service->id, &row, ret_reason);
}

/* Find where a request goes: p->nat names the pod, p->outer.endpoint its id. A packet that opens a
 * connection, and any of UDP, leaves an endpoint that is draining. One without id that opens none is
 * for the door to judge. */
SUBPROGRAM enum reason forward_choose(struct packet *p)
{
	REQUIRE(p, REASON_NO_ROOM);
	struct outer *outer = &p->outer;
	bool opens = is_udp(p) || is_syn(p);
	struct backend *backend = outer->endpoint ? endpoint_find(outer) : NULL;
	enum reason reason = REASON_NO_FLOW;

	if (backend && opens && backend->flags & BACKEND_DRAINING)
		backend = NULL;
	if (!backend && p->proto == ICMP_OWN)
		return REASON_TUNNEL_NO_FLOW;
	if (!backend && (opens || !outer->endpoint))
		backend = forward_select(p, &reason);
	if (!backend)
		return reason;
	if (!backend->endpoint)
		return REASON_STALE_ROW; /* it is being added */
	p->nat.daddr = ip_own(&backend->addr);
	p->nat.dport = backend->port;
	outer->endpoint = backend->endpoint;
	return REASON_NONE;
}

INLINE enum reason forward_check(struct packet *p)
{
	if (!source_allowed(&p->outer))
		return REASON_TUNNEL_SOURCE;
	if (!network_known(p->outer.vni))
		return REASON_TUNNEL_VNI;
	return source_is_bogus(0, &p->key.saddr) ? REASON_SPOOFED : forward_choose(p);
}

/* Turn the tunnel of a request into that to the pod's door. */
INLINE void forward_tunnel(struct packet *p)
{
	struct outer *outer = &p->outer;

	outer->back = outer->saddr;
	outer->back_port = outer->sport;
	outer->pod_port = p->nat.dport;
	outer->options = OPTION_SERVICE | OPTION_ENDPOINT | OPTION_RETURN;
	outer->family = FAMILY;
	outer->receiver = settings.network;
	outer->reply = 0;
	outer->saddr = settings.inside[OWN_INDEX];
	outer->daddr = addr_ip(&p->nat.daddr);
	outer->label = FAMILY == 4 ? 0 : flow_hash(&p->key, p->proto, 0);
}

/* Turn a request that may enter into that which goes on, with the greatest length of packets that pass there in
 * p->mtu. */
INLINE enum reason forward_on(struct packet *p)
{
	enum reason reason = forward_check(p);

	if (reason)
		return reason;
	forward_tunnel(p);
	p->mtu = tunnel_mtu(p, &p->outer.daddr);
	return REASON_NONE;
}

/* Turn a reply from a pod's door into that to the client. Only endpoints of the service may send it. */
INLINE enum reason forward_back(struct packet *p)
{
	struct outer *outer = &p->outer;
	struct backend *backend = endpoint_find(outer);

	if (!network_known(outer->vni))
		return REASON_TUNNEL_VNI;
	if (!backend || !ip_equal(&backend->addr, &outer->saddr))
		return REASON_TUNNEL_ENDPOINT;
	tunnel_to_client(p);
	outer->reply = 1;
	return REASON_NONE;
}

/* Tell the client that a request does not fit on the way to the pod. */
SUBPROGRAM enum verdict forward_too_big(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_DROP);
	struct outer *outer = &p->outer;

	outer->daddr = settings.listen[ip_is_v4(&outer->back) ? IP_V4_INDEX : IP_V6_INDEX];
	outer->saddr = outer->back;
	outer->family = ip_is_v4(&outer->back) ? 4 : 6;
	outer->options = OPTION_SERVICE;
	return gateway_refuse(skb, p, REASON_TOO_BIG);
}

/* A request out of a tunnel. `p` is the inner packet, still in it. */
SUBPROGRAM enum verdict forward_request(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_DROP);
	enum reason reason = forward_on(p);

	if (deserves_refusal(reason))
		return gateway_refuse(skb, p, reason);
	if (reason)
		return drop(p, reason);
	if (segment_length(skb, p) > p->mtu)
		return p->proto == ICMP_OWN ? drop(p, REASON_TOO_BIG) : forward_too_big(skb, p);
	return tunnel_out(skb, p, packet_tuple(p), REASON_GATEWAY_IN);
}

/* A reply from a pod's door: on to the client. */
SUBPROGRAM enum verdict forward_reply(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_DROP);
	enum reason reason = forward_back(p);

	if (reason)
		return drop(p, reason);
	return tunnel_out(skb, p, packet_tuple(p), REASON_GATEWAY_OUT);
}

#endif
