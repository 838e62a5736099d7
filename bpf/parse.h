/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Parsing Ethernet, IP, TCP and UDP headers. Changes nothing. */
#ifndef PARSE_H
#define PARSE_H

#include "ip.h"

/* The sequence number behind the last byte of a TCP packet, in host order. */
INLINE __u32 tcp_data_end(const struct packet *p)
{
	return bpf_ntohl(p->seq) + p->length - ip_hlen(p) - p->tcp_header;
}

/* The same with SYN and FIN, which count as bytes. */
INLINE __u32 tcp_end(const struct packet *p)
{
	return tcp_data_end(p) + !!(p->tcp_flags & TCP_SYN) + !!(p->tcp_flags & TCP_FIN);
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
	if (p->tcp_header < TCP_HLEN || p->length < ip_hlen(p) + p->tcp_header)
		return PARSED_TRUNCATED;
	return PARSED;
}

INLINE enum parsed parse_udp(struct packet *p, void *l4, void *end)
{
	struct udphdr *udp = l4;

	if ((void *)(udp + 1) > end || p->length < ip_hlen(p) + UDP_HLEN)
		return PARSED_TRUNCATED;
	p->key.sport = udp->source;
	p->key.dport = udp->dest;
	p->tcp_flags = 0;
	p->tcp_header = 0;
	return UDP_MAY_LACK_CHECK || udp->check ? PARSED : PARSED_CHECKSUM;
}

/* Parse the IP packet at `l3`, `room` bytes before the end of the frame; `super`: of GSO. */
INLINE enum parsed parse_ip(struct packet *p, void *data, void *end, __u32 l3, __u32 room,
			    bool super)
{
	IP_HEADER *ip = data + l3;
	enum parsed parsed;
	void *l4;

	if ((void *)(ip + 1) > end)
		return PARSED_OTHER;
	p->l3 = l3;
	parsed = ip_parse(p, ip, end, room, super, &l4);
	if (parsed != PARSED)
		return parsed;
	return p->proto == IPPROTO_TCP ? parse_tcp(p, l4, end) : parse_udp(p, l4, end);
}

/* Parse a frame of this family, after ip_pull(). `l2` is the length of the Ethernet header: ETH_HLEN, or 0
 * on a device without one. */
INLINE enum parsed parse_frame(struct packet *p, struct __sk_buff *skb, const __u32 l2)
{
	if (skb->vlan_present)
		return PARSED_OTHER; /* of another VLAN, whose device has its own hooks */
	return parse_ip(p, skb_data(skb), skb_end(skb), l2, skb->len - l2, skb->gso_size);
}

/* The same for any frame. */
INLINE enum parsed parse_skb(struct packet *p, struct __sk_buff *skb, const __u32 l2)
{
	if (skb->protocol != bpf_htons(ETH_P_OWN))
		return PARSED_OTHER;
	ip_pull(skb, l2);
	return parse_frame(p, skb, l2);
}

/* Move the packet's offsets to `l3`. */
INLINE void packet_move(struct packet *p, __u32 l3)
{
	p->l4 = l3 + ip_hlen(p);
	p->l3 = l3;
}

#endif
