/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The interface that an address belongs to, and that a flow's packets come by. */
#ifndef SOURCE_H
#define SOURCE_H

#include "filter.h"
#include "owner.h"
#include "route.h"
#include "service.h"

enum source {
	SOURCE_OWN,     /* the routes lead to the interface that the packet came by */
	SOURCE_FOREIGN, /* they lead elsewhere */
	SOURCE_UNKNOWN, /* they lead to a device that may have pods behind it, as a bridge */
};

/* True if a packet came from the address a moment ago, or went there, by this interface. */
INLINE bool source_cached(__u32 ifindex, const struct addr *addr)
{
	struct next_hop *hop = next_hop_slot(addr);

	return hop && addr_equal(&hop->dst, addr) && hop->ifindex == ifindex &&
	       now_ticks() - hop->stamp < settings.hz;
}

/* Judge a route that does not lead back to `ifindex`, by which the packet came. A pod sends from addresses that
 * are routed to it; all other interfaces, among them several uplinks, may forward anything but the
 * packets of a pod of this node. */
INLINE enum source source_judge(long ret, __u32 ifindex, __u32 found)
{
	__u32 role = IFACE_UPLINK; /* without a route, as an address elsewhere */

	if (ret == BPF_FIB_LKUP_RET_FWD_DISABLED || ret == BPF_FIB_LKUP_RET_UNSUPP_LWT)
		return SOURCE_UNKNOWN;
	if (route_found(ret))
		role = iface_role(found);
	if (role == IFACE_POD)
		return SOURCE_FOREIGN;
	return role && is_pod_iface(ifindex) ? SOURCE_FOREIGN : SOURCE_UNKNOWN;
}

/* Keep the way to a pod, by which the next packets from its address are known. */
INLINE void source_remember(__u32 ifindex, const struct addr *addr,
			    const struct bpf_fib_lookup *fib)
{
	struct next_hop *slot = next_hop_slot(addr);

	if (!slot || !is_pod_iface(ifindex))
		return;
	*slot = (struct next_hop){
		.dst = *addr, .ifindex = ifindex, .stamp = now_ticks(), .flags = NEXT_HOP_POD
	};
	__builtin_memcpy(slot->smac, fib->smac, sizeof(slot->smac));
	__builtin_memcpy(slot->dmac, fib->dmac, sizeof(slot->dmac));
}

/* Whether a packet from `addr` may have come by `ifindex`; 0 is this machine. */
SUBPROGRAM enum source source_of(struct __sk_buff *skb, __u32 ifindex, const struct addr *addr)
{
	REQUIRE(addr, SOURCE_UNKNOWN);
	struct bpf_fib_lookup fib = {};
	long ret;

	if (!ifindex)
		return SOURCE_UNKNOWN;
	if (source_cached(ifindex, addr))
		return SOURCE_OWN;
	ret = route_ask(skb, ifindex, addr, &fib);
	if (!route_found(ret) || fib.ifindex != ifindex)
		return source_judge(ret, ifindex, fib.ifindex);
	source_remember(ifindex, addr, &fib);
	return SOURCE_OWN;
}

INLINE bool is_snat(const struct addr *addr)
{
	for (__u32 i = 0; i < MAX_SNAT; i++) {
		struct addr snat = ip_own(&settings.snat[OWN_INDEX][i]);

		if (i < settings.snat_count[OWN_INDEX] && addr_equal(&snat, addr))
			return true;
	}
	return false;
}

/* True for an address that nobody sends from by this interface: a virtual IP; a SNAT address, which may
 * be the node's own, but for the node itself. */
INLINE bool source_is_bogus(__u32 ifindex, const struct addr *addr)
{
	return addr_is_bogus(addr) ||
	       (filter_destination(addr) &&
		(service_is_vip(addr) || (is_snat(addr) && iface_role(ifindex) != IFACE_HOST)));
}

/* True if a packet of the pod behind skb->ifindex may open a flow from `addr`. */
INLINE bool source_may_open(struct __sk_buff *skb, const struct addr *addr)
{
	return !source_is_bogus(skb->ifindex, addr) &&
	       source_of(skb, skb->ifindex, addr) != SOURCE_FOREIGN;
}

/* The flow's packets came by another interface until now. True if they may come by `ifindex`, which
 * is remembered: the address has moved there, as to a pod that was made again, or nobody knew the
 * interface yet. Where the routes do not tell, a flow stays with its interface while that exists. */
SUBPROGRAM bool flow_moves(struct __sk_buff *skb, const struct flow_key *key, struct flow *flow,
			   __u32 ifindex)
{
	REQUIRE(key && flow, false);
	enum source source = source_of(skb, ifindex, &key->saddr);

	if (source == SOURCE_FOREIGN)
		return false;
	if (source == SOURCE_UNKNOWN && flow->state != FLOW_OPENING && is_pod_iface(flow->iface) &&
	    is_pod_iface(ifindex))
		return false;
	if (FLOW_ROLE(key->zone) == FLOW_CLIENT)
		owner_change(key, flow_owner(key, flow), owner_row(0, ifindex));
	flow->iface = ifindex;
	return true;
}

/* True if the packet comes from the interface of its flow's entry. */
INLINE bool flow_comes_by(struct __sk_buff *skb, const struct flow_key *key, struct flow *flow,
			  __u32 ifindex)
{
	return likely(flow->iface == ifindex) || flow_moves(skb, key, flow, ifindex);
}

#endif
