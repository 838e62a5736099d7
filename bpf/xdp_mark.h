/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The mark by which XDP passes the outer fields it stripped to TC, as data_meta before the frame.
 * GRO merges only packets of equal metadata, so no field may differ between segments of a flow. */
#ifndef XDP_MARK_H
#define XDP_MARK_H

#include "geneve.h"

#define XDP_MARK_MAGIC 0x50784765 /* never on a wire: metadata comes from XDP alone */

struct xdp_mark {
	__u32 magic;
	struct outer outer;
};

/* The kernel takes up to 32 bytes, in words (net/core/filter.c, bpf_xdp_adjust_meta). */
_Static_assert(sizeof(struct xdp_mark) <= 32 && sizeof(struct xdp_mark) % 4 == 0, "xdp_mark");

INLINE bool xdp_mark_read(struct __sk_buff *skb, struct outer *ret)
{
	struct xdp_mark *mark = (void *)(long)skb->data_meta;

	if ((void *)(mark + 1) > skb_data(skb) || mark->magic != XDP_MARK_MAGIC)
		return false;
	*ret = mark->outer;
	return true;
}

#endif
