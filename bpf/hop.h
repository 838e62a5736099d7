/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The way from a pod's door back to a gateway of mode forward: which one, and by which headers. */
#ifndef HOP_H
#define HOP_H

#include "flow_state.h"
#include "tunnel.h"

/* ------------------------------------------------------------------ headers */

/* Turn the tunnel from a pod's door to the gateway into that from the gateway to the client. */
INLINE void tunnel_to_client(struct packet *p)
{
	struct outer *outer = &p->outer;
	__u32 family = ip_is_v4(&outer->back) ? IP_V4_INDEX : IP_V6_INDEX;

	outer->family = family == IP_V4_INDEX ? 4 : 6;
	outer->daddr = outer->back;
	outer->dport = outer->back_port;
	outer->saddr = settings.listen[family];
	outer->sport = settings.listen_port;
	outer->options = OPTION_ENDPOINT | OPTION_ROOM;
	outer->label = family == IP_V4_INDEX ? 0 : flow_hash(&p->key, p->proto, 0);
	outer->receiver = outer->vni == settings.network ? 0 : outer->vni;
	outer->vni = settings.network;
}

/* On the way from a pod's door to the gateway the tunnel names the client's network, so that the gateway knows by
 * which key the client's node is to be told, and if by a device that encrypts. Without such demands it names ours,
 * as versions before them expect. */
INLINE void tunnel_to_gateway(struct outer *outer)
{
	if (likely(!settings.admission))
		return;
	outer->vni = outer->receiver;
	outer->receiver = settings.network;
}

/* True if a door's gateway is this node: nothing goes there by the network. */
INLINE bool is_own_gateway(const struct outer *outer)
{
	return settings.flags & SETTING_FORWARD &&
	       ip_equal(&outer->daddr, &settings.inside[OWN_INDEX]);
}

/* The tunnel back to the client of a flow at a pod's door, by the gateway that the last request came by. */
INLINE void door_tunnel(struct packet *p, const struct flow *flow)
{
	struct peer *gateway = peer_at(flow->generation), *served = peer_at(flow->backend);
	struct outer *outer = &p->outer;

	tunnel_begin(p, flow, settings.source, true);
	outer->back = outer->daddr;
	outer->back_port = flow->peer_port;
	outer->pod_port = p->key.sport;
	outer->family = FAMILY;
	outer->label = FAMILY == 4 ? 0 : flow_hash(&p->key, p->proto, 0);
	outer->saddr = addr_ip(&p->key.saddr);
	outer->sport = tunnel_source_port(p);
	outer->dport = settings.door_port;
	tunnel_to_gateway(outer);
	if (!gateway || !served) /* never: for the verifier */
		return;
	outer->daddr = gateway->addr;
	outer->id = served_service(&served->addr);
	outer->endpoint = served_endpoint(&served->addr);
	outer->options = OPTION_ENDPOINT | OPTION_RETURN;
}

/* ------------------------------------------------------------------ which gateway */

/* Another gateway of our network that lives, for a flow at a pod's door whose own is dead: its row of `peers`, or
 * -ENOENT. */
INLINE int door_other_gateway(const struct flow_key *key)
{
	__u32 own = settings.network, first = flow_hash(key, 0, HASH_SEED_GATEWAY);
	struct network *network = bpf_map_lookup_elem(&networks, &own);
	struct ip_addr addr;
	int row;

	if (!network)
		return -ENOENT;
	for (__u32 i = 0; i < NETWORK_GATEWAYS && network_gateway(network, first, i, &addr); i++) {
		if (ip_is_v4(&addr) != (FAMILY == 4) ||
		    !gateway_takes_over(&addr, settings.door_port))
			continue;
		row = peer_row_kept(&addr);
		if (row >= 0)
			return row;
	}
	return -ENOENT;
}

/* Where only the pod sends, its node itself must leave a gateway that is dead. */
SUBPROGRAM int door_move(const struct flow_key *key, struct flow *flow)
{
	REQUIRE(key && flow, -EINVAL);
	struct peer *gateway = peer_at(flow->generation);
	struct flow_pair *pair = scratch_get();
	struct ip_addr addr;
	int row;

	if (!gateway || !pair)
		return 0;
	addr = gateway->addr;
	if (gateway_lives(&addr, settings.door_port))
		return 0;
	row = door_other_gateway(key);
	if (row < 0)
		return row;
	way_begin(pair, flow);
	pair->other.generation = row;
	return flow_move(key, flow, move_other(pair, key, flow));
}

#endif
