/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rewriting headers: addresses, ports, TTL, MSS, ECN.
 *
 * At the pods' hooks all writes go through helpers. For a program with direct writes the kernel
 * adds a prologue that copies every cloned packet, service or not (net/core/filter.c,
 * bpf_unclone_prologue()), and all data of a TCP socket are clones: that costs as much as the
 * helpers. Packets from a NIC are not cloned. */
#ifndef REWRITE_H
#define REWRITE_H

#include "parse.h"

#define TCP_CHECK 16 /* offset of the checksum in the TCP header */
#define UDP_CHECK 6
#define TCP_MSS 2 /* option kind, RFC 9293 section 3.2 */
#define TCP_MSS_LENGTH 4
#define TCP_OPTIONS_MAX 40

#define ECN_MASK 3
#define ECN_ECT1 1
#define ECN_ECT0 2
#define ECN_CE 3

INLINE __u32 l4_check(struct packet *p)
{
	return p->l4 + (is_udp(p) ? UDP_CHECK : TCP_CHECK);
}

INLINE __u64 addrs_diff(struct packet *p, const struct nat *nat)
{
	return csum_diff_addr(&p->key.saddr, &nat->saddr) +
	       csum_diff_addr(&p->key.daddr, &nat->daddr);
}

/* Checksums are updated, never recomputed, so that a wrong one stays wrong. In a partial checksum
 * the helper changes only the part of the pseudo header. */
INLINE int rewrite_l4_check(struct __sk_buff *skb, struct packet *p, const struct nat *nat,
			    __u32 diff)
{
	__u64 flags = is_udp(p) ? BPF_F_MARK_MANGLED_0 : 0;
	__u32 ports;

	if (bpf_l4_csum_replace(skb, l4_check(p), 0, diff, flags | BPF_F_PSEUDO_HDR))
		return -EIO;
	if (nat->sport == p->key.sport && nat->dport == p->key.dport)
		return 0;
	ports = csum_diff16(p->key.sport, nat->sport) + csum_diff16(p->key.dport, nat->dport);
	return bpf_l4_csum_replace(skb, l4_check(p), 0, ports, flags);
}

/* Rewrite the tuple to `nat` and lower the TTL by `hops`. */
INLINE int rewrite(struct __sk_buff *skb, struct packet *p, const struct nat *nat, __u8 hops)
{
	__u32 diff = csum_short(addrs_diff(p, nat));
	struct tuple_bytes bytes = tuple_bytes(p, nat, diff, hops);

	if (unlikely(p->fragment == FRAGMENT_LATER))
		return tuple_store(skb, p, &bytes, false);
	return rewrite_l4_check(skb, p, nat, diff) || tuple_store(skb, p, &bytes, true) ? -EIO : 0;
}

/* The same for a packet at ETH_HLEN, by a direct write. Only for px_uplink. */
INLINE int rewrite_directly(struct __sk_buff *skb, struct packet *p, const struct nat *nat,
			    __u8 hops)
{
	__u32 diff = csum_short(addrs_diff(p, nat));
	struct tuple_bytes bytes = tuple_bytes(p, nat, diff, hops);

	if (unlikely(p->fragment == FRAGMENT_LATER))
		return tuple_store(skb, p, &bytes, false);
	return rewrite_l4_check(skb, p, nat, diff) || tuple_write(skb, p, &bytes) ? -EIO : 0;
}

/* Replace 16 bits of the TCP header or its options at `offset` from its start. */
INLINE int replace_tcp16(struct __sk_buff *skb, struct packet *p, __u32 offset, __be16 from,
			 __be16 to)
{
	/* At an odd offset the bytes belong to two words: RFC 1071 section 2(B), byte swapped. */
	__be16 sum_from = offset & 1 ? (__be16)__builtin_bswap16(from) : from;
	__be16 sum_to = offset & 1 ? (__be16)__builtin_bswap16(to) : to;

	if (bpf_l4_csum_replace(skb, l4_check(p), sum_from, sum_to, 2))
		return -EIO;
	return bpf_skb_store_bytes(skb, p->l4 + offset, &to, sizeof(to), 0);
}

/* Offset of the MSS value from the start of the TCP header, or 0 without that option. */
INLINE __u32 find_mss(const __u8 *options, __u32 length, __u16 *ret_mss)
{
	__u32 at = 0;

	for (int i = 0; i < TCP_OPTIONS_MAX; i++) {
		__u8 kind, size;

		if (at + TCP_MSS_LENGTH > length || at > TCP_OPTIONS_MAX - TCP_MSS_LENGTH)
			return 0;
		kind = options[at];
		size = options[at + 1];
		if (kind == TCP_MSS && size == TCP_MSS_LENGTH) {
			*ret_mss = (__u16)options[at + 2] << 8 | options[at + 3];
			return TCP_HLEN + at + 2;
		}
		if (kind == 0 || (kind != 1 && size < 2))
			return 0;
		at += kind == 1 ? 1 : size;
	}
	return 0;
}

/* Lower the MSS of a SYN or SYN-ACK to packets of `mtu` bytes. */
SUBPROGRAM int clamp_mss(struct __sk_buff *skb, struct packet *p, __u32 mtu)
{
	REQUIRE(p, -EINVAL);
	__u8 options[TCP_OPTIONS_MAX] = {};
	__u32 length = p->tcp_header - TCP_HLEN;
	__u16 mss = 0, max = mtu - ip_hlen(p) - TCP_HLEN;
	__u32 offset;

	/* The upper limit first: Linux 7.3 learns no lower one while the value may have wrapped. */
	if (!(p->tcp_flags & TCP_SYN) || length > TCP_OPTIONS_MAX)
		return 0;
	CHECKED(length);
	if (length < TCP_MSS_LENGTH)
		return 0;
	if (bpf_skb_load_bytes(skb, p->l4 + TCP_HLEN, options, length))
		return 0;
	offset = find_mss(options, length, &mss);
	if (!offset || mss <= max)
		return 0;
	return replace_tcp16(skb, p, offset, bpf_htons(mss), bpf_htons(max));
}

#endif
