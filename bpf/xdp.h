/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* XDP on NICs: strips tunnel packets in the form that we send of their outer headers and marks
 * them, so that GRO merges the inner segments; px_uplink checks and delivers them. All else
 * passes. */
#ifndef XDP_H
#define XDP_H

#include "count.h"
#include "xdp_mark.h"

/* Parse the outer headers. Returns true for a tunnel packet in the one form that we send. */
INLINE bool xdp_outer(struct xdp_md *ctx, const struct settings *s, struct packet *p,
		      struct outer *outer)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;

	if ((void *)(eth + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return false;
	if (parse_ipv4(p, data, end, ETH_HLEN, end - data - ETH_HLEN, false) != PARSED ||
	    !is_udp(p))
		return false;
	outer->saddr = p->key.saddr;
	outer->daddr = p->key.daddr;
	outer->sport = p->key.sport;
	outer->dport = p->key.dport;
	outer->tos = p->tos;
	if (!outer_for_gateway(s, outer->daddr, outer->dport) &&
	    !outer_for_client(s, outer->daddr, outer->dport))
		return false;
	return !outer_read(data, end, outer) &&
	       outer->length == TUNNEL_OVERHEAD_IPV4;
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
	const struct settings *s = settings_get();
	struct packet p = { .hook = HOOK_XDP };
	struct outer outer = {};

	if (!s || !xdp_outer(ctx, s, &p, &outer))
		return XDP_PASS;
	/* A frame without its outer headers must not reach the stack unmarked. */
	if (!xdp_strip(ctx, &outer)) {
		count(HOOK_XDP, REASON_NO_ROOM, p.length);
		return XDP_DROP;
	}
	count(HOOK_XDP, REASON_XDP_DECAP, p.length);
	return XDP_PASS;
}

#endif
