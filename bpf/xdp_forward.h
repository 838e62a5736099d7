/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A gateway of mode forward in XDP. What cannot go out by the device that it came by, with both tunnels and the
 * inner packet of one family, is left to TC as it came: also requests that are refused, and once a second the packet
 * that looks the next hop up. */
#ifndef XDP_FORWARD_H
#define XDP_FORWARD_H

#include "forward.h"
#include "probe.h"

/* Bytes of the headers that a gateway writes, without a tag. */
#define FORWARD_BYTES                                                                              \
	(sizeof(struct outer_bytes) + sizeof(struct geneve_endpoint_option) + RETURN_BYTES(FAMILY))

INLINE int xdp_drop(struct packet *p, __u32 length, enum reason reason)
{
	p->length = length;
	drop(p, reason);
	return XDP_DROP;
}

/* Parse the packet in p->outer, of `length` bytes with it; *ret: why it may not enter. False: it is left to TC,
 * since it has no ports or is of the other family. */
INLINE bool xdp_admit(struct xdp_md *ctx, struct packet *p, __u32 length, enum reason *ret)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	__u32 l3 = ETH_HLEN + p->outer.length;

	CHECKED(l3);
	if (l3 > ETH_HLEN + TUNNEL_OVERHEAD + GENEVE_OPTIONS_SENT ||
	    p->outer.protocol != bpf_htons(ETH_P_OWN) || length < p->outer.length ||
	    parse_ip(p, data, end, l3, length - p->outer.length, false) != PARSED ||
	    data + l3 + IP_HLEN > end || !ip_header_ok(data + l3))
		return false;
	*ret = tunnel_admit(p, outer_is_request(&p->outer) && !(p->outer.options & OPTION_RETURN),
			    ctx->ingress_ifindex);
	return true;
}

/* Turn the tunnel of the packet into that by which it goes on. */
INLINE bool xdp_turn(struct packet *p)
{
	bool reply = p->outer.options & OPTION_RETURN;

	if (reply ? forward_back(p) : forward_on(p))
		return false;
	return p->outer.family == FAMILY && (reply || p->length <= p->mtu);
}

/* Write the headers of p->outer before the inner packet, behind whose outer headers is `end`. */
INLINE int xdp_replace(struct xdp_md *ctx, struct packet *p, const struct next_hop *hop)
{
	__u32 tag = tag_length(&p->outer);
	__s32 shorter = (__s32)p->outer.length - (__s32)(FORWARD_BYTES + tag);
	struct ethhdr *eth;
	__u8 *to;

	outer_write(p);
	if (shorter && bpf_xdp_adjust_head(ctx, shorter))
		return XDP_PASS;
	eth = (void *)(long)ctx->data;
	to = (void *)(eth + 1);
	if ((void *)to + FORWARD_BYTES + sizeof(struct geneve_admission_option) >
	    (void *)(long)ctx->data_end) /* never: an IP header follows */
		return xdp_drop(p, p->length, REASON_NO_ROOM);
	__builtin_memcpy(eth, hop->dmac, sizeof(hop->dmac) + sizeof(hop->smac));
	eth->h_proto = bpf_htons(ETH_P_OWN);
	__builtin_memcpy(to, p->headers, FORWARD_BYTES);
	if (tag)
		__builtin_memcpy(to + FORWARD_BYTES, p->headers + FORWARD_BYTES,
				 sizeof(struct geneve_admission_option));
	return XDP_TX;
}

/* The next hop to `dst`, if it is known and leads back by the device that the frame came by; or NULL. */
INLINE struct next_hop *xdp_hop(struct xdp_md *ctx, const struct addr *dst)
{
	struct next_hop *hop = next_hop_known(dst);

	if (!hop || hop->flags & NEXT_HOP_POD || hop->ifindex != ctx->ingress_ifindex)
		return NULL;
	return hop;
}

/* ------------------------------------------------------------------ probes */

INLINE bool xdp_read_probe(struct xdp_md *ctx, struct packet *p)
{
	struct probe_headers *headers = probe_headers(p);
	const __u32 bytes = sizeof(headers->geneve) + sizeof(headers->option);
	void *from = (void *)(long)ctx->data + ETH_HLEN + GENEVE_AT;

	if (from + bytes > (void *)(long)ctx->data_end)
		return false;
	__builtin_memcpy(&headers->geneve, from, bytes);
	return !(headers->option.flags & PROBE_ANSWER);
}

/* Write `bytes` of p->headers before the answer, behind an Ethernet header to `hop`. */
INLINE bool xdp_write_probe(struct xdp_md *ctx, struct packet *p, const struct next_hop *hop,
			    const __u32 bytes)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	void *to = eth + 1;

	if (to + bytes > (void *)(long)ctx->data_end)
		return false;
	__builtin_memcpy(eth, hop->dmac, sizeof(hop->dmac) + sizeof(hop->smac));
	__builtin_memcpy(to, p->headers, bytes);
	return true;
}

/* Make the frame as long as the answer, and write that. */
INLINE int xdp_send_probe(struct xdp_md *ctx, struct packet *p, const struct next_hop *hop,
			  bool has_tag)
{
	const __u32 most = sizeof(struct probe_headers);
	__s32 longer = ETH_HLEN + p->length - (__u32)(ctx->data_end - ctx->data);

	if ((longer && bpf_xdp_adjust_tail(ctx, longer)) ||
	    !(has_tag ?
		      xdp_write_probe(ctx, p, hop, most) :
		      xdp_write_probe(ctx, p, hop, most - sizeof(struct geneve_admission_option))))
		return xdp_drop(p, p->length, REASON_NO_ROOM);
	count(p, REASON_PROBE_ANSWERED);
	return XDP_TX;
}

/* A probe of `length` bytes to this node's gateway, whose outer headers are read: answered by the way that it came,
 * where answers go that way. */
INLINE int xdp_probe(struct xdp_md *ctx, struct packet *p, __u32 length)
{
	struct addr daddr = ip_own(&p->outer.saddr);
	struct next_hop *hop;
	__u32 bytes;

	if (!(settings.flags & SETTING_XDP_SEND) || settings.admission & ADMISSION_ENCRYPTED ||
	    !outer_is_request(&p->outer) || !xdp_read_probe(ctx, p))
		return XDP_PASS;
	hop = xdp_hop(ctx, &daddr);
	if (!hop)
		return XDP_PASS;
	p->length = length;
	bytes = probe_answer(p);
	if (!bytes)
		return XDP_DROP;
	return xdp_send_probe(ctx, p, hop, bytes == sizeof(struct probe_headers));
}

/* ------------------------------------------------------------------ requests and replies */

/* A packet of `length` bytes to this node's gateway, whose outer headers are read. */
INLINE int xdp_forward(struct xdp_md *ctx, struct packet *p, __u32 length)
{
	bool reply = p->outer.options & OPTION_RETURN;
	struct next_hop *hop;
	enum reason reason;
	struct addr daddr;
	int verdict;

	if (!(settings.flags & SETTING_XDP_SEND) || !xdp_admit(ctx, p, length, &reason))
		return XDP_PASS;
	if (reason)
		return xdp_drop(p, length, reason);
	if (!xdp_turn(p))
		return XDP_PASS;
	daddr = ip_own(&p->outer.daddr);
	hop = xdp_hop(ctx, &daddr);
	if (!hop || would_leave_plain(p, hop))
		return XDP_PASS;
	tunnel_sign(p, packet_tuple(p));
	verdict = xdp_replace(ctx, p, hop);
	if (verdict == XDP_TX)
		count(p, reply ? REASON_GATEWAY_OUT : REASON_GATEWAY_IN);
	return verdict;
}

#endif
