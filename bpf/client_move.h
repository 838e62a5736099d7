/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Flows of this node's clients that leave a gateway of mode forward: any other of its network carries them on. */
#ifndef CLIENT_MOVE_H
#define CLIENT_MOVE_H

#include "flow_state.h"

/* True if any gateway of the network can carry the flow on: they told its endpoint. */
INLINE bool flow_is_movable(const struct flow *flow)
{
	return flow->action == FLOW_ENCAP && unlikely(flow->endpoint);
}

/* The gateway of this address in a network, if packets may go there. The one place where that is asked for
 * established flows. */
INLINE struct gateway *gateway_usable(const struct ip_addr *addr, __u32 network)
{
	struct gateway_key key = { .addr = *addr, .network = network };
	struct gateway *gateway = bpf_map_lookup_elem(&gateways, &key);

	if (!gateway || gateway->kind != BACKEND_GENEVE ||
	    !gateway_takes_over(&key.addr, gateway->tunnel_port))
		return NULL;
	return gateway;
}

/* Find another gateway of its network for a flow whose own is gone, for flow_move(). Returns false if it need
 * not, or cannot move. */
SUBPROGRAM bool client_other_gateway(const struct flow_key *key, const struct flow *flow)
{
	REQUIRE(key && flow, false);
	__u32 id = flow->network, first = flow_hash(key, 0, HASH_SEED_CLIENT);
	struct network *network = bpf_map_lookup_elem(&networks, &id);
	struct flow_pair *pair = scratch_get();
	struct gateway *gateway;
	struct ip_addr addr;

	peer_address(flow, &addr);
	if (!network || !pair || gateway_usable(&addr, id))
		return false;
	way_begin(pair, flow);
	for (__u32 i = 0; i < NETWORK_GATEWAYS && network_gateway(network, first, i, &addr); i++) {
		gateway = gateway_usable(&addr, id);
		if (!gateway || peer_set(&pair->other, &addr))
			continue;
		pair->other.peer_port = gateway->tunnel_port;
		return true;
	}
	return false;
}

/* True if the flow's gateway is that of its backend row, which is there. A flow that has moved is at another
 * one, also when the first comes back. */
INLINE bool client_at_backend(const struct flow *flow)
{
	__u32 row = flow->backend;
	struct backend *backend = bpf_map_lookup_elem(&backends, &row);

	return backend && backend->generation == flow->generation &&
	       !(backend->flags & BACKEND_DRAINING) &&
	       peer_is(flow, &backend->addr, ip_is_v4(&backend->addr) ? 4 : 6);
}

/* Two calls side by side: nested, their frames would not fit into the stack. */
SUBPROGRAM int client_move(const struct flow_key *key, struct flow *flow)
{
	REQUIRE(key && flow, -EINVAL);
	struct flow_pair *pair = scratch_get();

	if (!pair || !client_other_gateway(key, flow))
		return 0;
	return flow_move(key, flow, move_other(pair, key, flow));
}

/* True if the flow needs no other choice though its gateway may have left: it moved on, if it had to. */
INLINE bool client_keeps(struct packet *p, struct flow *flow)
{
	if (likely(!flow_is_movable(flow)) || is_syn(p))
		return false;
	if (unlikely(!health_is_well()) || !client_at_backend(flow))
		client_move(&p->key, flow);
	return true;
}

#endif
