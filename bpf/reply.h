/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Turning a refused packet into the answer to its sender: RST, ICMP unreachable, too big. */
#ifndef REPLY_H
#define REPLY_H

#include "count.h"
#include "geneve.h"
#include "owner.h"

#define REPLY_TTL 64

struct reset {
	IP_HEADER ip;
	struct tcphdr tcp;
};

/* RFC 792, RFC 1191; RFC 4443. */
struct icmp_reply {
	IP_HEADER ip;
	__u8 type, code;
	__u16 check;
	__be32 mtu;
};

#define ICMP_HLEN 8

/* A sender, with the counts of this second. */
INLINE struct owner *owner_now(__u32 row)
{
	struct owner *owner = owner_get(row);
	__u32 now = now_ticks();

	if (owner && now - owner->second >= settings.hz) {
		owner->second = now;
		owner->refusals = owner->too_big = owner->probes = 0;
	}
	return owner;
}

/* Take one of the answers to probes. */
INLINE bool probe_allowed(__u32 row)
{
	struct owner *owner = owner_now(row);

	return owner && owner->probes++ < PROBES_PER_SECOND;
}

/* Take one of the replies that this second allows to the sender in a row of `owners`: one sender's
 * refusals silence neither those of others nor "too big", without which its connections would hang. */
INLINE bool reply_allowed(__u32 row, enum reason reason)
{
	struct owner *owner = owner_now(row);

	if (!owner)
		return false;
	if (reason == REASON_TOO_BIG)
		return owner->too_big++ < REPLIES_PER_SECOND;
	return owner->refusals++ < REPLIES_PER_SECOND;
}

/* Row of the sender of a tunnel packet. */
INLINE __u32 outer_owner(const struct outer *outer)
{
	const struct ip_addr *from = outer_client(outer);
	__u32 id = from->word[3];

	if (!ip_is_v4(from))
		id ^= from->word[0] ^ from->word[1] ^ from->word[2];
	return owner_row(outer->vni, id);
}

/* IP header of the answer: the destination of the packet, or `from`, answers its source. p->nat becomes
 * the answer's addresses and ports. */
INLINE void reply_ip(struct packet *p, IP_HEADER *ip, const struct addr *from, __u8 proto,
		     __u16 payload)
{
	p->nat = (struct nat){ *from, p->key.saddr, p->key.dport, p->key.sport };
	ip_fill(ip, from, &p->key.saddr, proto, payload, REPLY_TTL);
	ip_finish(ip, 0, 0);
}

/* The answer of a closed port (RFC 9293 section 3.10.7.1). */
INLINE void reset_tcp(struct packet *p, struct tcphdr *tcp)
{
	tcp->source = p->key.dport;
	tcp->dest = p->key.sport;
	tcp->doff = TCP_HLEN / 4;
	tcp->rst = 1;
	if (p->tcp_flags & TCP_ACK) {
		tcp->seq = p->ack;
	} else {
		tcp->ack = 1;
		tcp->ack_seq = bpf_htonl(tcp_end(p));
	}
}

/* True if the device completes the L4 checksum (CHECKSUM_PARTIAL): the helper then leaves the field
 * alone unless the change concerns the pseudo header. The field must be zero. */
INLINE bool csum_is_partial(struct __sk_buff *skb, __u32 offset)
{
	__u16 check = 0;

	bpf_l4_csum_replace(skb, offset, 0, bpf_htons(1), 2);
	bpf_skb_load_bytes(skb, offset, &check, sizeof(check));
	return check == 0;
}

/* Cut the packet to `length` bytes of IP. The kernel refuses to cut a packet that still counts as
 * encapsulated, as after a tunnel over a veth of this machine; its receiver then ignores the bytes
 * beyond the length in the IP header. */
INLINE int reply_cut(struct __sk_buff *skb, __u32 length)
{
	return bpf_skb_change_tail(skb, ETH_HLEN + length, 0) && skb->gso_size ? -EIO : 0;
}

/* Turn the packet at ETH_HLEN into a RST to its sender; p->length becomes the reply's. */
SUBPROGRAM int reply_reset(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, -EINVAL);
	const __u32 check = ETH_HLEN + offsetof(struct reset, tcp) + offsetof(struct tcphdr, check);
	struct reset reset = {};
	const __u16 *word = (const __u16 *)&reset.tcp;
	__u64 sum;
	__u16 value;

	if (p->tcp_flags & TCP_RST || p->l3 != ETH_HLEN)
		return -EIO;
	reply_ip(p, &reset.ip, &p->key.daddr, IPPROTO_TCP, TCP_HLEN);
	reset_tcp(p, &reset.tcp);
	p->length = sizeof(reset);
	if (reply_cut(skb, sizeof(reset)) ||
	    bpf_skb_store_bytes(skb, ETH_HLEN, &reset, sizeof(reset), BPF_F_RECOMPUTE_CSUM))
		return -EIO;
	sum = csum_pseudo(&p->key.saddr, &p->key.daddr, IPPROTO_TCP, TCP_HLEN);
	value = csum_fold(sum); /* a partial checksum is the pseudo header's sum */
	if (!csum_is_partial(skb, check)) {
#pragma unroll
		for (int i = 0; i < TCP_HLEN / 2; i++)
			sum += word[i];
		value = (__u16)~csum_fold(sum);
	}
	return bpf_skb_store_bytes(skb, check, &value, sizeof(value), BPF_F_RECOMPUTE_CSUM);
}

/* Sum of `length` bytes at ETH_HLEN, at most CHECK_BYTES, or a negative number. */
INLINE __s64 quote_sum(struct __sk_buff *skb, __u8 *bytes, __u32 length)
{
	__u32 more = length - 1; /* after the first byte: Linux 6.1 learns nothing from a length that is not 0 */
	__u32 last = more & (CHECK_BYTES - 4); /* the last word begins there */

	CHECKED(more);
	*(__u32 *)(bytes + last) = 0;
	if (more >= CHECK_BYTES || bpf_skb_load_bytes(skb, ETH_HLEN, bytes, more + 1))
		return -EIO;
	return bpf_csum_diff(NULL, 0, (__be32 *)bytes, last + 4, 0);
}

/* Who sends an ICMP error: where the packet's TTL ended, this gateway. */
INLINE struct addr icmp_sender(const struct packet *p, __u8 type)
{
	if (type == ICMP_TIME_EXCEEDED && settings.snat_count[OWN_INDEX])
		return ip_own(&settings.snat[OWN_INDEX][0]);
	return p->key.daddr;
}

/* Turn the packet at ETH_HLEN into an ICMP error to its sender that quotes the IP and transport headers
 * (RFC 1812 section 4.3.2.3); p->length becomes the error's. */
SUBPROGRAM int reply_icmp(struct __sk_buff *skb, struct packet *p, __u8 type, __u8 code, __u32 mtu)
{
	REQUIRE(p, -EINVAL);
	__u32 quote = ip_hlen(p) + (is_udp(p) ? UDP_HLEN : TCP_HLEN);
	struct icmp_reply reply = { .type = type, .code = code, .mtu = bpf_htonl(mtu) };
	struct addr from = icmp_sender(p, type);
	struct flow_pair *pair = scratch_get();
	__s64 sum = -EIO;

	if (p->l3 == ETH_HLEN && pair && !reply_cut(skb, quote))
		sum = quote_sum(skb, pair->bytes, quote);
	if (sum < 0 || bpf_skb_adjust_room(skb, sizeof(reply), BPF_ADJ_ROOM_MAC, 0))
		return -EIO;
	if (ICMP_PSEUDO)
		sum += csum_pseudo(&p->key.saddr, &from, ICMP_OWN, ICMP_HLEN + quote);
	reply.check = (__u16)~csum_fold(sum + bpf_htons(type << 8 | code) + reply.mtu);
	p->length = sizeof(reply) + quote;
	p->proto = ICMP_OWN;
	reply_ip(p, &reply.ip, &from, ICMP_OWN, ICMP_HLEN + quote);
	return bpf_skb_store_bytes(skb, ETH_HLEN, &reply, sizeof(reply), BPF_F_RECOMPUTE_CSUM);
}

/* Turn a packet into its refusal. */
INLINE int reply_refuse(struct __sk_buff *skb, struct packet *p, enum reason reason)
{
	if (reason == REASON_TOO_BIG)
		return reply_icmp(skb, p, ICMP_TOO_BIG, ICMP_TOO_BIG_CODE, p->mtu);
	if (reason == REASON_TUNNEL_TTL)
		return reply_icmp(skb, p, ICMP_TIME_EXCEEDED, 0, 0);
	return is_udp(p) ? reply_icmp(skb, p, ICMP_UNREACH, ICMP_PORT, 0) : reply_reset(skb, p);
}

/* Send the packet back through its interface: out of it or, with BPF_F_INGRESS, into the stack. */
INLINE enum verdict send_back(struct __sk_buff *skb, __u64 flags)
{
	__u8 macs[12], swapped[12];

	if (bpf_skb_load_bytes(skb, 0, macs, sizeof(macs)))
		return VERDICT_DROP;
	__builtin_memcpy(swapped, macs + 6, 6);
	__builtin_memcpy(swapped + 6, macs, 6);
	if (bpf_skb_store_bytes(skb, 0, swapped, sizeof(swapped), 0))
		return VERDICT_DROP;
	return bpf_redirect(skb->ifindex, flags);
}

/* Answer a packet with its refusal, sent back as send_back() does. */
SUBPROGRAM enum verdict refuse_back(struct __sk_buff *skb, struct packet *p, enum reason reason,
				    __u64 flags)
{
	REQUIRE(p, VERDICT_DROP);
	if (!reply_allowed(owner_row(0, skb->ifindex), reason))
		return drop(p, REASON_REPLY_LIMIT);
	drop(p, reason);
	return reply_refuse(skb, p, reason) ? VERDICT_DROP : send_back(skb, flags);
}

/* Answer a packet of a pod of this node. */
INLINE enum verdict refuse(struct __sk_buff *skb, struct packet *p, enum reason reason)
{
	return refuse_back(skb, p, reason, 0);
}

#endif
