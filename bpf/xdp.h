/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* XDP on NICs: sends on what a gateway of mode forward gets, answers probes there, and strips tunnel packets in the form that we send of
 * their outer headers and marks them, so that GRO merges the inner segments; px_uplink checks and delivers them. All
 * else passes. */
#ifndef XDP_H
#define XDP_H

#include "xdp_forward.h"
#include "xdp_mark.h"

/* True if the outer headers have a form that we send, and room in the mark. */
INLINE bool xdp_suits(const struct outer *outer)
{
	if (likely(outer->options == OPTION_SERVICE))
		return outer->length == TUNNEL_OVERHEAD;
	return outer->length == TUNNEL_OVERHEAD + options_length(outer) + tag_length(outer) &&
	       !(outer->options & OPTION_RETURN);
}

INLINE bool xdp_outer(struct xdp_md *ctx, struct outer *outer)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;

	return !outer_read(data, end, ETH_HLEN, outer);
}

/* ETH_P_*, or 0. */
INLINE __be16 xdp_protocol(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;

	return (void *)(eth + 1) <= (void *)(long)ctx->data_end ? eth->h_proto : 0;
}

INLINE __u32 xdp_length(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;

	return outer_length(data, end, ETH_HLEN, end - data - ETH_HLEN, false);
}

/* Both addresses of an Ethernet header, copied in words. */
struct macs {
	__u32 word[3];
};

INLINE bool xdp_read_macs(struct xdp_md *ctx, struct macs *ret)
{
	struct ethhdr *eth = (void *)(long)ctx->data;

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return false;
	*ret = *(struct macs *)eth;
	return true;
}

/* Leave `length` bytes of outer headers out, and make room for the mark: in this order, else the kernel moves
 * the bytes of the mark. Returns false with the frame as it was if there is no room. */
INLINE bool xdp_move(struct xdp_md *ctx, __s32 length)
{
	if (bpf_xdp_adjust_head(ctx, length))
		return false;
	if (!bpf_xdp_adjust_meta(ctx, -(int)XDP_MARK_BYTES(FAMILY)))
		return true;
	bpf_xdp_adjust_head(ctx, -length);
	return false;
}

/* Write the Ethernet header before the inner packet, and the mark before that. */
INLINE bool xdp_write(struct xdp_md *ctx, const struct outer *outer, const struct macs *macs)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct xdp_mark *mark = (void *)(long)ctx->data_meta;

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end ||
	    (void *)mark + XDP_MARK_BYTES(FAMILY) > (void *)(long)ctx->data)
		return false;
	*(struct macs *)eth = *macs;
	eth->h_proto = outer->protocol;
	xdp_mark_write(mark, outer);
	return true;
}

/* False if the packet is left to TC with its outer headers. */
INLINE bool xdp_may_enter(struct xdp_md *ctx, struct packet *p, __u32 length, enum reason *ret)
{
	*ret = REASON_NONE;
	if (likely(!settings.admission && !(p->outer.options & OPTION_ADMISSION)))
		return true;
	return xdp_admit(ctx, p, length, ret);
}

INLINE int xdp_decapsulate(struct xdp_md *ctx)
{
	__u32 length = xdp_length(ctx);
	struct packet *p = length ? packet_begin(HOOK_XDP) : NULL;
	struct macs macs;
	enum reason reason;

	if (!p)
		return XDP_PASS;
	if (!xdp_outer(ctx, &p->outer))
		return unlikely(p->outer.probe) ? xdp_probe(ctx, p, length) : XDP_PASS;
	if (settings.flags & SETTING_FORWARD && outer_is_request(&p->outer))
		return xdp_forward(ctx, p, length);
	if (!xdp_suits(&p->outer) || !xdp_may_enter(ctx, p, length, &reason))
		return XDP_PASS;
	if (reason)
		return xdp_drop(p, length, reason);
	/* Without room for the mark, TC reads the packet as it is. */
	if (!xdp_read_macs(ctx, &macs) || !xdp_move(ctx, p->outer.length))
		return XDP_PASS;
	p->length = length;
	/* A frame without its outer headers must not reach the stack unmarked. */
	if (!xdp_write(ctx, &p->outer, &macs))
		return xdp_drop(p, length, REASON_NO_ROOM);
	count(p, REASON_XDP_DECAP);
	return XDP_PASS;
}

#endif
