/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The mark by which XDP passes the outer fields it stripped to TC, as data_meta before the frame.
 * GRO merges only packets of equal metadata, so no field may differ between segments of a flow. */
#ifndef XDP_MARK_H
#define XDP_MARK_H

#include "geneve.h"

/* Never on a wire: metadata comes from XDP alone. */
#define XDP_MARK_IPV4 0x50784765
#define XDP_MARK_IPV6 0x50784766

/* The destination is the node's own address of that family. */
struct xdp_mark {
	__u32 magic; /* by the outer family */
	__u32 vni;
	__u32 id[2];
	__be16 sport, dport;
	__u32 told;     /* as in struct outer */
	__u32 endpoint; /* 0: none */
	__be32 saddr[]; /* 1 or 4 words */
};

#define XDP_MARK_BYTES(family) (sizeof(struct xdp_mark) + ((family) == 4 ? 4 : 16))

/* The kernel takes up to 32 bytes, in words; since Linux 6.3 more (net/core/filter.c,
 * bpf_xdp_adjust_meta). */
_Static_assert(XDP_MARK_BYTES(4) <= 32, "xdp_mark");

INLINE void xdp_mark_write(struct xdp_mark *mark, const struct outer *outer)
{
	struct addr saddr = ip_own(&outer->saddr);

	*mark = (struct xdp_mark){
		.magic = FAMILY == 4 ? XDP_MARK_IPV4 : XDP_MARK_IPV6,
		.vni = outer->vni,
		.id = { (__u32)outer->id, outer->id >> 32 },
		.sport = outer->sport,
		.dport = outer->dport,
		.told = outer->told,
		.endpoint = outer->endpoint,
	};
	__builtin_memcpy(mark->saddr, saddr.word, sizeof(saddr));
}

/* The mark of a frame, or NULL. */
INLINE struct xdp_mark *xdp_mark_of(struct __sk_buff *skb)
{
	struct xdp_mark *mark = (void *)(long)skb->data_meta;

	if ((void *)mark + XDP_MARK_BYTES(4) > skb_data(skb))
		return NULL;
	return mark->magic == XDP_MARK_IPV4 || mark->magic == XDP_MARK_IPV6 ? mark : NULL;
}

/* Addresses of a marked frame, of either family. */
INLINE bool xdp_mark_addresses(struct __sk_buff *skb, const struct xdp_mark *mark,
			       struct outer *outer)
{
	const struct ip_addr *own;

	outer->family = mark->magic == XDP_MARK_IPV4 ? 4 : 6;
	if (outer->family == 6 && (void *)mark + XDP_MARK_BYTES(6) > skb_data(skb))
		return false;
	if (outer->family == 4)
		outer->saddr = IP_V4(mark->saddr[0]);
	else
		__builtin_memcpy(outer->saddr.word, mark->saddr, sizeof(outer->saddr));
	own = mark->dport == settings.listen_port ? settings.listen : settings.source;
	outer->daddr = own[outer->family == 4 ? IP_V4_INDEX : IP_V6_INDEX];
	return true;
}

INLINE bool xdp_mark_read(struct __sk_buff *skb, struct outer *outer)
{
	const struct xdp_mark *mark = xdp_mark_of(skb);

	if (!mark || !xdp_mark_addresses(skb, mark, outer))
		return false;
	outer->vni = mark->vni;
	outer->id = (__u64)mark->id[1] << 32 | mark->id[0];
	outer->sport = mark->sport;
	outer->dport = mark->dport;
	outer->told = mark->told;
	outer->endpoint = mark->endpoint;
	outer->options = OPTION_SERVICE | (mark->endpoint ? OPTION_ENDPOINT | OPTION_ROOM : 0);
	outer->length = 0;
	outer->protocol = bpf_htons(ETH_P_OWN);
	return true;
}

#endif
