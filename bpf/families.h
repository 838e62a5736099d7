/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the programs of one family to those of the other. IPv4's are attached: they call those of IPv6 for
 * frames of IPv6. A tunnel packet is read by the programs of its outer family, which call the others for an
 * inner packet of the other family; a packet is encapsulated by the programs of the outer family. */
#ifndef FAMILIES_H
#define FAMILIES_H

#include "tunnel.h"

/* Programs of the other object, by enum family_hook. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, FAMILY_HOOKS);
	__type(key, __u32);
	__type(value, __u32);
} families SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} families_xdp SEC(".maps");

/* True for a frame of this family. For one of IPv6 it calls the program of that, if there is one. */
INLINE bool family_own(struct __sk_buff *skb, __u32 hook)
{
	if (likely(skb->protocol == bpf_htons(ETH_P_OWN)))
		return true;
	if (FAMILY == 4 && skb->protocol == bpf_htons(ETH_P_IPV6))
		bpf_tail_call(skb, &families, hook);
	return false;
}

/* The packet in progress, begun by the other family's program. */
INLINE struct packet *packet_again(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

INLINE __u32 family_hook(enum verdict verdict)
{
	return verdict == VERDICT_OUT  ? FAMILY_OUT :
	       verdict == VERDICT_PATH ? FAMILY_PATH :
					 FAMILY_INNER;
}

/* The end of a program. A verdict that leaves the rest to the other family's programs returns only if they
 * are not loaded. */
INLINE int family_end(struct __sk_buff *skb, enum verdict verdict)
{
	struct packet *p;

	if (likely(verdict > VERDICT_NONE))
		return verdict;
	bpf_tail_call(skb, &families, family_hook(verdict));
	if (verdict == VERDICT_PATH)
		return VERDICT_NEXT;
	p = packet_again();
	return p ? drop(p, verdict == VERDICT_OUT ? REASON_NO_ROUTE : REASON_TUNNEL_MALFORMED) :
		   VERDICT_DROP;
}

#endif
