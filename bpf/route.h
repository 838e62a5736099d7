/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Next hops of packets that skip the stack: cached per CPU, validated once a second. */
#ifndef ROUTE_H
#define ROUTE_H

#include "count.h"

#define PACKET_HOST 0

/* By the upper bits of the hash: neighbours' addresses differ in their last byte, which is the upper one of a word. */
INLINE struct next_hop *next_hop_slot(const struct addr *dst)
{
	__u32 slot = 0;

	for (__u32 i = 0; i < ADDR_WORDS; i++)
		slot = (slot ^ dst->word[i]) * 0x9e3779b1u;
	slot = hash_slot(slot, NEXT_HOP_SLOTS);
	return bpf_map_lookup_elem(&next_hops, &slot);
}

/* enum iface_role, or 0 for any other interface. */
INLINE __u32 iface_role(__u32 ifindex)
{
	struct iface *iface = bpf_map_lookup_elem(&ifaces, &ifindex);

	return iface ? iface->role : 0;
}

INLINE bool is_pod_iface(__u32 ifindex)
{
	return iface_role(ifindex) == IFACE_POD;
}

/* ------------------------------------------------------------------ devices that encrypt */

INLINE bool iface_encrypts(const struct iface *iface)
{
	return iface && iface->flags & IFACE_ENCRYPTS;
}

/* True for a network whose tunnel packets may leave and come in by devices that encrypt alone. One that a pod's
 * door did not name (0) may be such a network. */
SUBPROGRAM bool network_is_encrypted(__u32 id)
{
	struct network *network = bpf_map_lookup_elem(&networks, &id);

	return !id || (network && network->flags & NETWORK_ENCRYPTED);
}

SUBPROGRAM bool came_in_plain(__u32 ifindex, __u32 network)
{
	return !iface_encrypts(bpf_map_lookup_elem(&ifaces, &ifindex)) &&
	       network_is_encrypted(network);
}

/* True for a tunnel packet of `network` that must not have come in by `ifindex`. Between gateway and pod
 * packets are of our own network. */
INLINE bool must_not_come_in(__u32 ifindex, __u32 network)
{
	return unlikely(settings.admission & ADMISSION_ENCRYPTED) &&
	       came_in_plain(ifindex, network);
}

/* True for a packet of the tunnel p->outer that must not leave by `hop`. A hop stays in use for a second, but
 * with its own device. */
INLINE bool would_leave_plain(const struct packet *p, const struct next_hop *hop)
{
	return unlikely(hop->flags & NEXT_HOP_PLAIN) && network_is_encrypted(p->outer.receiver);
}

INLINE __u32 next_hop_flags(__u32 ifindex)
{
	struct iface *iface = bpf_map_lookup_elem(&ifaces, &ifindex);
	__u32 flags = iface && iface->role == IFACE_POD ? NEXT_HOP_POD : 0;

	if (settings.admission & ADMISSION_ENCRYPTED && !iface_encrypts(iface))
		flags |= NEXT_HOP_PLAIN;
	return flags;
}

/* ------------------------------------------------------------------ routes */

/* Ask the kernel's routes for `dst`, as for a packet that came by `ifindex`. */
INLINE long route_ask(struct __sk_buff *skb, __u32 ifindex, const struct addr *dst,
		      struct bpf_fib_lookup *fib)
{
	fib->family = AF_OWN;
	fib->ifindex = ifindex;
	fib_destination(fib, dst);
	return bpf_fib_lookup(skb, fib, sizeof(*fib), 0);
}

INLINE bool route_found(long ret)
{
	return ret == BPF_FIB_LKUP_RET_SUCCESS || ret == BPF_FIB_LKUP_RET_NO_NEIGH ||
	       ret == BPF_FIB_LKUP_RET_FRAG_NEEDED; /* concerns this packet, not the route */
}

/* Look the next hop up in the kernel's routes. Returns -ENETUNREACH without a route. */
SUBPROGRAM int route_lookup(struct __sk_buff *skb, const struct addr *dst, struct next_hop *hop)
{
	REQUIRE(dst && hop, -EINVAL);
	struct bpf_fib_lookup fib = {};
	long ret = route_ask(skb, skb->ifindex, dst, &fib);

	if (ret == BPF_FIB_LKUP_RET_FWD_DISABLED)
		fib.ifindex = settings.uplink; /* not from that interface: let redirect_neigh try */
	else if (!route_found(ret))
		return -ENETUNREACH;
	hop->dst = *dst;
	hop->ifindex = fib.ifindex;
	hop->flags = next_hop_flags(fib.ifindex);
	/* Linux 5.15 returns success for a neighbour without an address. */
	if (ret == BPF_FIB_LKUP_RET_SUCCESS && *(__u32 *)fib.dmac | *(__u16 *)(fib.dmac + 4))
		hop->flags |= NEXT_HOP_RESOLVED;
	__builtin_memcpy(hop->smac, fib.smac, sizeof(hop->smac));
	__builtin_memcpy(hop->dmac, fib.dmac, sizeof(hop->dmac));
	return 0;
}

/* The interface of the pod behind an address of this node, or 0. */
SUBPROGRAM int route_pod(struct __sk_buff *skb, const struct addr *addr)
{
	REQUIRE(addr, 0);
	struct next_hop hop = {};

	WRITTEN(hop);
	if (route_lookup(skb, addr, &hop) || !(hop.flags & NEXT_HOP_POD))
		return 0;
	return hop.ifindex;
}

/* Enter a pod past its veth's hooks and the host's backlog. */
INLINE enum verdict enter_pod(struct __sk_buff *skb, __u32 ifindex)
{
	if (skb->pkt_type != PACKET_HOST)
		bpf_skb_change_type(skb, PACKET_HOST);
	return bpf_redirect_peer(ifindex, 0);
}

/* Without a cached next hop, or with one older than a second: look it up, and let the kernel
 * resolve and probe the neighbour with this packet, which fib_lookup never does. `enter`: a pod past its
 * hooks; else the packet is of a tunnel. */
SUBPROGRAM enum verdict route_slow(struct __sk_buff *skb, struct packet *p, const struct addr *dst,
				   bool enter)
{
	REQUIRE(p && dst, VERDICT_DROP);
	struct next_hop hop = {}, *slot;

	WRITTEN(hop);
	if (route_lookup(skb, dst, &hop))
		return drop(p, REASON_NO_ROUTE);
	if (!enter && would_leave_plain(p, &hop))
		return drop(p, REASON_NOT_ENCRYPTED);
	slot = next_hop_slot(dst);
	if (slot && hop.flags & (NEXT_HOP_RESOLVED | NEXT_HOP_POD)) {
		hop.stamp = now_ticks();
		*slot = hop;
	}
	if (hop.flags & NEXT_HOP_POD && enter)
		return enter_pod(skb, hop.ifindex);
	return bpf_redirect_neigh(hop.ifindex, NULL, 0, 0);
}

/* The next hop to `dst`, if it was looked up within a second; or NULL. An empty slot is that of no address. */
INLINE struct next_hop *next_hop_known(const struct addr *dst)
{
	struct next_hop *hop = next_hop_slot(dst);

	return hop && addr_equal(&hop->dst, dst) && now_ticks() - hop->stamp < settings.hz ? hop :
											     NULL;
}

INLINE enum verdict route_go(struct __sk_buff *skb, struct packet *p, const struct addr *dst,
			     bool enter)
{
	struct next_hop *hop = next_hop_known(dst);

	if (!hop)
		return route_slow(skb, p, dst, enter);
	if (hop->flags & NEXT_HOP_POD && enter)
		return enter_pod(skb, hop->ifindex);
	if (!enter && would_leave_plain(p, hop))
		return drop(p, REASON_NOT_ENCRYPTED);
	if (bpf_skb_store_bytes(skb, 0, hop->dmac, sizeof(hop->dmac) + sizeof(hop->smac), 0))
		return drop(p, REASON_NO_ROOM);
	return bpf_redirect(hop->ifindex, 0);
}

/* Send towards `dst`: the destination in the IP header at ETH_HLEN, or host_client(). */
INLINE enum verdict route_send(struct __sk_buff *skb, struct packet *p, const struct addr *dst)
{
	return route_go(skb, p, dst, true);
}

#endif
