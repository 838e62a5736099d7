/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* XDP on NICs: strips tunnel packets in the form that we send of their outer headers and marks
 * them, so that GRO merges the inner segments; px_uplink checks and delivers them. All else
 * passes. */
#ifndef XDP_H
#define XDP_H

#include "count.h"
#include "xdp_mark.h"

/* Parse the outer headers. Returns the length of a tunnel packet in the one form that we send, or
 * 0. */
INLINE __u32 xdp_outer(struct xdp_md *ctx, struct outer *outer)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	__u32 length = outer_begin(data, end, ETH_HLEN, end - data - ETH_HLEN, false, outer);

	if (!length || outer_read(data, end, ETH_HLEN, outer) ||
	    outer->length != TUNNEL_OVERHEAD_IPV4)
		return 0;
	return length;
}

/* Move the Ethernet header up to the inner packet and put the mark before it. */
INLINE bool xdp_strip(struct xdp_md *ctx, const struct outer *outer)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct xdp_mark *mark;
	struct ethhdr copy;

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return false;
	copy = *eth;
	if (bpf_xdp_adjust_head(ctx, TUNNEL_OVERHEAD_IPV4))
		return false;
	eth = (void *)(long)ctx->data;
	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return false;
	*eth = copy;
	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*mark)))
		return false;
	mark = (void *)(long)ctx->data_meta;
	if ((void *)(mark + 1) > (void *)(long)ctx->data)
		return false;
	mark->magic = XDP_MARK_MAGIC;
	mark->outer = *outer;
	return true;
}

INLINE int xdp_decapsulate(struct xdp_md *ctx)
{
	struct outer outer;
	__u32 length = xdp_outer(ctx, &outer);
	struct packet *p = length ? packet_begin(HOOK_XDP) : NULL;

	if (!p)
		return XDP_PASS;
	p->length = length;
	/* A frame without its outer headers must not reach the stack unmarked. */
	if (!xdp_strip(ctx, &outer)) {
		drop(p, REASON_NO_ROOM);
		return XDP_DROP;
	}
	count(p, REASON_XDP_DECAP);
	return XDP_PASS;
}

#endif
