/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The outer address of a flow's other tunnel end: IPv4 in the flow itself, IPv6 in a row of `peers`, which
 * all flows of that address share. What a flow at a pod's door has beyond that are rows of `peers` as well. */
#ifndef PEER_H
#define PEER_H

#include "packet.h"

#define PEER_PROBES 8

/* No flow that names a row is idle for longer; nor is one that was never established, so that a flood from
 * many addresses holds the rows for no longer than it goes on. */
#define PEER_TIMEOUT (TIMEOUT_ESTABLISHED + 600)
#define PEER_PASSING_TIMEOUT (2 * TIMEOUT_OPENING)

MAP(peers, ARRAY, BPF_F_MMAPABLE, __u32, struct peer, MAX_PEERS);

/* True for a row that no flow names: it was never used, or not for long. A time of use is made odd to
 * differ from 0: it may lie a tick ahead. */
INLINE bool peer_is_free(const struct peer *peer)
{
	__u32 timeout = peer->passing ? PEER_PASSING_TIMEOUT : PEER_TIMEOUT;

	return !peer->used || now_ticks() + settings.hz - peer->used > (timeout + 1) * settings.hz;
}

/* Take a free row. Another CPU may take it as well: the loser goes on. */
INLINE bool peer_take(struct peer *peer, const struct ip_addr *ip)
{
	__u32 used = peer->used;

	if (!peer_is_free(peer) ||
	    __sync_val_compare_and_swap(&peer->used, used, now_ticks() | 1) != used)
		return false;
	peer->addr = *ip;
	peer->passing = 1;
	return true;
}

/* The row of an outer address, which is made if there is room; or -ENOSPC. */
SUBPROGRAM int peer_row(const struct ip_addr *ip)
{
	REQUIRE(ip, -EINVAL);
	__u64 hash = mix64(((__u64)ip->word[0] << 32 | ip->word[1]) ^
			   mix64((__u64)ip->word[2] << 32 | ip->word[3]));

	for (__u32 i = 0; i < PEER_PROBES; i++) {
		__u32 row = ((__u32)hash + i) & (MAX_PEERS - 1);
		struct peer *peer = bpf_map_lookup_elem(&peers, &row);

		if (!peer)
			return -ENOSPC;
		if (peer->used && ip_equal(&peer->addr, ip)) {
			peer->used = now_ticks() | 1;
			return row;
		}
		if (peer_take(peer, ip))
			return row;
	}
	return -ENOSPC;
}

INLINE __u8 peer_family(const struct flow *flow)
{
	return flow->flags & FLOW_PEER6 ? 6 : 4;
}

/* A row that a flow names, marked as used once a second. */
INLINE struct peer *peer_at(__u32 row)
{
	struct peer *peer = bpf_map_lookup_elem(&peers, &row);

	if (peer && now_ticks() - peer->used >= settings.hz)
		peer->used = now_ticks() | 1;
	return peer;
}

/* The row of the flow's peer. */
INLINE struct peer *peer_of(const struct flow *flow)
{
	return peer_at(flow->peer);
}

/* A flow that names the row may be idle for long. */
INLINE void peer_keep_row(__u32 row)
{
	struct peer *peer = bpf_map_lookup_elem(&peers, &row);

	if (peer)
		peer->passing = 0;
}

/* The row of what a door's flows name beside their clients, which is kept at once: gateways and
 * endpoints of its own network are few. */
INLINE int peer_row_kept(const struct ip_addr *ip)
{
	int row = peer_row(ip);

	if (row >= 0)
		peer_keep_row(row);
	return row;
}

/* The flow is established. */
INLINE void peer_keep(const struct flow *flow)
{
	if (unlikely(peer_family(flow) == 6))
		peer_keep_row(flow->peer);
}

INLINE void peer_address(const struct flow *flow, struct ip_addr *ret)
{
	struct peer *peer;

	if (likely(peer_family(flow) == 4)) {
		*ret = IP_V4(flow->peer);
		return;
	}
	*ret = (struct ip_addr){};
	peer = peer_of(flow);
	if (peer)
		*ret = peer->addr;
}

/* Set the flow's peer. Returns 0 or -ENOSPC. */
INLINE int peer_set(struct flow *flow, const struct ip_addr *ip)
{
	int row;

	if (likely(ip_is_v4(ip))) {
		flow->flags &= ~FLOW_PEER6;
		flow->peer = ip->word[3];
		return 0;
	}
	row = peer_row(ip);
	if (row < 0)
		return row;
	flow->flags |= FLOW_PEER6;
	flow->peer = row;
	if (flow->state != FLOW_OPENING)
		peer_keep_row(row);
	return 0;
}

INLINE void peer_copy(struct flow *to, const struct flow *from)
{
	to->flags = (to->flags & ~FLOW_PEER6) | (from->flags & FLOW_PEER6);
	to->peer = from->peer;
	to->peer_port = from->peer_port;
}

/* True if the flow's peer has this address, of family `family`. */
INLINE bool peer_is(const struct flow *flow, const struct ip_addr *ip, __u8 family)
{
	struct peer *peer;

	if (peer_family(flow) != family)
		return false;
	if (likely(family == 4))
		return ip->word[3] == flow->peer;
	peer = peer_of(flow);
	return peer && ip_equal(&peer->addr, ip);
}

/* True if the packet in the tunnel comes from the flow's peer. */
INLINE bool peer_sent(const struct flow *flow, const struct outer *outer)
{
	return peer_is(flow, &outer->saddr, outer->family);
}

#endif
