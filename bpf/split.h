/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cutting a packet that does not fit into its tunnel, as far as its family allows it, into fragments that
 * do: inner ones, because the other end of the tunnel does not put outer ones together. A program sends one
 * packet: the first part. A clone of the whole comes in again by the same interface, with a mark that says
 * how much of it was sent already. */
#ifndef SPLIT_H
#define SPLIT_H

#include "check.h"
#include "reply.h"
#include "tunnel.h"

#define SPLIT_SENT(mark) ((mark) ^ SPLIT_MARK)
#define SPLIT_POP_MAX 4088 /* bpf_skb_adjust_room() removes up to 4,095 bytes at once */
#define SPLIT_POPS 18

/* Let the rest of the packet, from byte `sent` of its payload on, come in again. Its flow will count the
 * whole then, so this time does not count. */
INLINE int split_again(struct __sk_buff *skb, struct packet *p, __u32 sent)
{
	struct flow_key key = p->key;
	struct flow *flow = flow_find_any(&key);
	__u32 mark = skb->mark;
	int err;

	skb->mark = SPLIT_MARK | (sent & 0xffff);
	err = bpf_clone_redirect(skb, skb->ifindex, BPF_F_INGRESS);
	skb->mark = mark;
	if (!err && flow)
		flow->bytes -= p->length;
	return err;
}

/* Remove the first `bytes` behind the IP header. Verified once, by itself: inlined, each number of steps is a
 * state of its own for Linux 6.1, and a caller has too many. */
SUBPROGRAM int split_pop(struct __sk_buff *skb, __u32 bytes)
{
	for (int i = 0; i < SPLIT_POPS && bytes > SPLIT_POP_MAX; i++) {
		if (bpf_skb_adjust_room(skb, -SPLIT_POP_MAX, BPF_ADJ_ROOM_NET, 0))
			return -EIO;
		bytes -= SPLIT_POP_MAX;
	}
	if (bytes > SPLIT_POP_MAX)
		return -EIO;
	return bytes && bpf_skb_adjust_room(skb, -(__s32)bytes, BPF_ADJ_ROOM_NET, 0) ? -EIO : 0;
}

/* Take the first bytes behind the IP header out and put them back: once the place of the checksum is gone,
 * the kernel no longer completes it, at the latest at the second removal (skb_postpull_rcsum()). */
INLINE int split_settle(struct __sk_buff *skb, __u32 at, __u8 *bytes)
{
	if (bpf_skb_load_bytes(skb, at, bytes, CUT_SETTLE + 8) || split_pop(skb, CUT_SETTLE) ||
	    split_pop(skb, 8) || bpf_skb_adjust_room(skb, CUT_SETTLE + 8, BPF_ADJ_ROOM_NET, 0))
		return -EIO;
	return bpf_skb_store_bytes(skb, at, bytes, CUT_SETTLE + 8, 0);
}

/* Complete the transport checksum, where the kernel or a device has yet to do it: they would see the bytes
 * of the first part alone. */
INLINE int split_check(struct __sk_buff *skb, struct packet *p)
{
	struct flow_pair *pair = scratch_get();
	__u16 check = 0;
	__s64 sum = 0;

	if (p->fragment || !pair)
		return 0;
	if (bpf_skb_load_bytes(skb, l4_check(p), &check, sizeof(check)))
		return -EIO;
	if (!check_is_partial(skb, p, check))
		return 0;
	if (check_add(skb, p->l4, p->l3 + p->length, pair->bytes, &sum))
		return -EIO;
	check = (__u16)~csum_fold((__u32)sum);
	if (is_udp(p) && !check)
		check = 0xffff;
	if (bpf_skb_store_bytes(skb, l4_check(p), &check, sizeof(check), 0))
		return -EIO;
	return split_settle(skb, p->l4, pair->bytes);
}

/* Cut the packet to at most `mtu` bytes. Returns -E2BIG if it must not be cut. */
SUBPROGRAM int split(struct __sk_buff *skb, struct packet *p, __u32 mtu)
{
	REQUIRE(p, -EINVAL);
	__u32 part = (mtu - CUT_HLEN) & ~7u, sent = SPLIT_SENT(skb->mark), length;
	struct cut cut;
	bool more;

	if (skb->gso_size || p->l3 != ETH_HLEN || !cut_read(skb, p, mtu, &cut))
		return -E2BIG;
	if (sent > 0xffff)
		sent = 0;
	if (split_check(skb, p) || cut_begin(skb, p, &cut) || p->length <= CUT_HLEN + sent)
		return -EIO;
	length = p->length - sent;
	more = length > mtu;
	if (more && split_again(skb, p, sent + part))
		return -EIO;
	if (more)
		length = CUT_HLEN + part;
	if (split_pop(skb, sent) || cut_write(skb, p, &cut, sent, length, more))
		return -EIO;
	p->length = length;
	p->fragment = sent ? FRAGMENT_LATER : p->fragment ? p->fragment : FRAGMENT_FIRST;
	return bpf_skb_change_tail(skb, ETH_HLEN + length, 0) ? -EIO : 0;
}

/* Make a packet fit into a tunnel for `mtu` bytes. VERDICT_NONE: it does now. A later fragment of
 * IPv4 is not answered (RFC 1122 section 3.2.2). */
INLINE enum verdict fit(struct __sk_buff *skb, struct packet *p, __u32 mtu)
{
	int err = segment_length(skb, p) > mtu ? split(skb, p, mtu) : 0;

	if (likely(!err))
		return VERDICT_NONE;
	if (err != -E2BIG)
		return drop(p, REASON_NO_ROOM);
	p->mtu = mtu;
	return FAMILY == 4 && p->fragment == FRAGMENT_LATER ? drop(p, REASON_TOO_BIG) :
							      refuse(skb, p, REASON_TOO_BIG);
}

#endif
