/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Parsing Ethernet, IPv4, TCP and UDP headers. Changes nothing. */
#ifndef PARSE_H
#define PARSE_H

#include "csum.h"
#include "maps.h"

/* Fields of the outer headers of a tunnel packet. */
struct outer {
	__be32 saddr, daddr;
	__be16 sport, dport;
	__u32 vni;           /* network id of the sender */
	__u32 id[2];         /* service id, low and high half */
	__u8 tos;
	__u8 probe;          /* O bit */
	__u16 length;        /* bytes between the Ethernet header and the inner packet */
};

/* The packet that this CPU processes, parsed; it is the per-CPU element of `counters`. Programs of
 * one CPU do not interrupt one another: all run with softirqs disabled. */
struct packet {
	union {
		struct {
			struct flow_key key; /* as on the wire; zone is set before a look-up */
			__u32 l3;            /* offset of the IP header */
			__u32 l4;            /* offset of the TCP or UDP header */
			__u32 length;        /* of IP header and payload, of all segments of GSO */
			__u8 hook;           /* enum hook */
			__u8 proto;
			__u8 ttl;
			__u8 tos;
			__u8 tcp_flags;      /* 0 for UDP */
			__u8 tcp_header;     /* bytes, with options; 0 for UDP */
			__be16 ip_check;
			__be32 seq, ack;
			struct outer outer;  /* of a tunnel packet */
		};
		__u64 scratch[SCRATCH_BYTES / 8];
	};
	struct counter counters[HOOK_COUNT * REASON_COUNT];
};

_Static_assert(sizeof(struct packet) == sizeof(struct cpu), "struct cpu");

enum parsed {
	PARSED,
	PARSED_OTHER,     /* not TCP or UDP over IPv4 */
	PARSED_TRUNCATED, /* in this and the next two only the addresses are known */
	PARSED_FRAGMENT,
	PARSED_OPTIONS,
};

/* The memory for a packet met at `hook`. */
INLINE struct packet *packet_begin(enum hook hook)
{
	__u32 zero = 0;
	struct packet *p = bpf_map_lookup_elem(&counters, &zero);

	if (p) {
		p->hook = hook;
		p->proto = 0;
	}
	return p;
}

INLINE bool is_udp(struct packet *p)
{
	return p->proto == IPPROTO_UDP;
}

/* The first packet of a connection. With FIN or RST no TCP opens one. */
INLINE bool is_syn(struct packet *p)
{
	return (p->tcp_flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST)) == TCP_SYN;
}

/* The sequence number behind the last byte of a TCP packet, in host order. */
INLINE __u32 tcp_end(const struct packet *p)
{
	return bpf_ntohl(p->seq) + p->length - IP_HLEN - p->tcp_header +
	       !!(p->tcp_flags & TCP_SYN) + !!(p->tcp_flags & TCP_FIN);
}

INLINE enum parsed parse_tcp(struct packet *p, void *l4, void *end)
{
	struct tcphdr *tcp = l4;

	if ((void *)(tcp + 1) > end)
		return PARSED_TRUNCATED;
	p->key.sport = tcp->source;
	p->key.dport = tcp->dest;
	p->tcp_flags = ((__u8 *)tcp)[13];
	p->tcp_header = (((__u8 *)tcp)[12] >> 4) * 4;
	p->seq = tcp->seq;
	p->ack = tcp->ack_seq;
	if (p->tcp_header < TCP_HLEN || p->length < IP_HLEN + (__u32)p->tcp_header)
		return PARSED_TRUNCATED;
	return PARSED;
}

INLINE enum parsed parse_udp(struct packet *p, void *l4, void *end)
{
	struct udphdr *udp = l4;

	if ((void *)(udp + 1) > end || p->length < IP_HLEN + UDP_HLEN)
		return PARSED_TRUNCATED;
	p->key.sport = udp->source;
	p->key.dport = udp->dest;
	p->tcp_flags = 0;
	p->tcp_header = 0;
	return PARSED;
}

/* Parse the IPv4 packet at `l3`, `room` bytes before the end of the frame. The length field of a
 * GSO packet (`super`) is ignored: with outer headers it may exceed 65,535. */
INLINE enum parsed parse_ipv4(struct packet *p, void *data, void *end, __u32 l3, __u32 room,
			      bool super)
{
	struct iphdr *ip = data + l3;

	if ((void *)(ip + 1) > end || ip->version != 4)
		return PARSED_OTHER;
	p->l3 = l3;
	p->l4 = l3 + IP_HLEN;
	p->key.saddr = ip->saddr;
	p->key.daddr = ip->daddr;
	p->proto = ip->protocol;
	p->ttl = ip->ttl;
	p->tos = ip->tos;
	p->ip_check = ip->check;
	p->length = super ? room : bpf_ntohs(ip->tot_len);
	if (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP)
		return PARSED_OTHER;
	if (ip->frag_off & bpf_htons(IP_MF | IP_OFFSET))
		return PARSED_FRAGMENT;
	if (ip->ihl != 5)
		return PARSED_OPTIONS;
	if (p->length > room)
		return PARSED_TRUNCATED;
	return p->proto == IPPROTO_TCP ? parse_tcp(p, ip + 1, end) : parse_udp(p, ip + 1, end);
}

/* Pointers for direct access, loaded again each time: clang may keep a 32-bit copy of the integer
 * field, which the verifier no longer accepts as a pointer. */
INLINE void *skb_data(struct __sk_buff *skb)
{
	return (void *)(long)*(volatile __u32 *)&skb->data;
}

INLINE void *skb_end(struct __sk_buff *skb)
{
	return (void *)(long)*(volatile __u32 *)&skb->data_end;
}

/* Make the first `bytes`, or the whole of a shorter packet, readable by direct access. */
INLINE void pull(struct __sk_buff *skb, __u32 bytes)
{
	if (bytes > skb->len)
		bytes = skb->len;
	if (skb_data(skb) + bytes > skb_end(skb))
		bpf_skb_pull_data(skb, bytes);
}

/* `l2` is the length of the Ethernet header: ETH_HLEN, or 0 on a device without one. */
INLINE enum parsed parse_skb(struct packet *p, struct __sk_buff *skb, const __u32 l2)
{
	void *data, *end;

	p->length = skb->len; /* the count for other protocols */
	if (skb->protocol != bpf_htons(ETH_P_IP) || skb->vlan_present)
		return PARSED_OTHER; /* of another VLAN, whose device has its own hooks */
	pull(skb, l2 + IP_HLEN + TCP_HLEN);
	data = skb_data(skb);
	end = skb_end(skb);
	if (data + l2 > end || (l2 && ((struct ethhdr *)data)->h_proto != bpf_htons(ETH_P_IP)))
		return PARSED_OTHER; /* a VLAN tag within the frame */
	return parse_ipv4(p, data, end, l2, skb->len - l2, skb->gso_size);
}

#endif
