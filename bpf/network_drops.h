/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Dropped packets by the other network and the gateway, where a packet came out of a tunnel or was about to
 * enter one. */
#ifndef NETWORK_DROPS_H
#define NETWORK_DROPS_H

#include "geneve.h"

/* What this node is for a packet of the tunnel p->outer, which was read; at a pod's veth it is one to be sent. */
INLINE enum usage_role tunnel_role(const struct packet *p)
{
	const struct outer *outer = &p->outer;

	if (p->hook == HOOK_TO_POD)
		return USAGE_DOOR;
	if (p->hook != HOOK_FROM_POD)
		return is_tunnel_source(outer->dport) ? USAGE_CLIENT : USAGE_GATEWAY;
	if (!outer->reply)
		return USAGE_CLIENT;
	return outer->options & OPTION_RETURN ? USAGE_DOOR : USAGE_GATEWAY;
}

INLINE struct network_drop_key network_drop_key(const struct packet *p, enum reason reason)
{
	const struct outer *outer = &p->outer;
	bool sent = p->hook == HOOK_FROM_POD;
	struct network_drop_key key = { .network = sent ? outer->receiver : outer->vni,
					.role = tunnel_role(p),
					.reason = reason };

	if (key.network == settings.network) /* from a pod to the gateway */
		key.network = outer->vni;
	if (key.role != USAGE_GATEWAY)
		key.gateway = sent ? outer->daddr : outer->saddr;
	return key;
}

INLINE struct network_drop_key drop_key_of_reason(enum reason reason)
{
	return (struct network_drop_key){ .reason = reason };
}

/* Take names out of the key that are not configured: a sender makes no more of them than there are. */
INLINE void network_drop_known(struct network_drop_key *key)
{
	struct gateway_key gateway = { key->gateway,
				       key->role == USAGE_DOOR ? settings.network : key->network };
	__u32 network = key->network;

	if (network == settings.network || !bpf_map_lookup_elem(&networks, &network))
		*key = drop_key_of_reason(key->reason);
	else if (!bpf_map_lookup_elem(&gateways, &gateway))
		key->gateway = (struct ip_addr){};
}

/* The counter of a key, which is made if there is room; else that of the reason alone. */
INLINE __u64 *network_drop_find(struct network_drop_key *key)
{
	const __u64 none = 0;
	__u64 *found = bpf_map_lookup_elem(&network_drops, key);

	if (found)
		return found;
	network_drop_known(key);
	bpf_map_update_elem(&network_drops, key, &none, BPF_NOEXIST);
	found = bpf_map_lookup_elem(&network_drops, key);
	if (found)
		return found;
	*key = drop_key_of_reason(key->reason);
	return bpf_map_lookup_elem(&network_drops, key);
}

/* True for a packet in the tunnel p->outer, which may be of an earlier packet. */
INLINE bool is_in_tunnel(const struct packet *p)
{
	return p->hook == HOOK_FROM_POD || p->hook == HOOK_TO_POD ? p->tunnel : p->outer.family;
}

INLINE void count_network_drop(const struct packet *p, enum reason reason)
{
	struct network_drop_key key;
	__u64 *packets;

	if (!is_in_tunnel(p))
		return;
	key = network_drop_key(p, reason);
	packets = network_drop_find(&key);
	if (packets)
		__sync_fetch_and_add(packets, 1);
}

#endif
