/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reading tunnel headers (RFC 8926) at a fixed offset of a frame, in TC and XDP. `l2` is the length of
 * its Ethernet header: ETH_HLEN, or 0 on a device without one. */
#ifndef GENEVE_H
#define GENEVE_H

#include "parse.h"

#define GENEVE_AT (IP_HLEN + UDP_HLEN) /* from the outer IP header */
#define GENEVE_OPTIONS_MAX 252 /* 6 bits, in words of 4 bytes */
#define GENEVE_OPTION_HLEN 4
#define GENEVE_CRITICAL 0x80 /* bit of an option's type */
#define GENEVE_OPTIONS_LOOP 8 /* options read before the packet is refused */

/* Greatest length of an inner packet. */
INLINE __u32 tunnel_mtu(void)
{
	return settings.mtu - TUNNEL_OVERHEAD_IPV4;
}

INLINE __u64 outer_service_id(const struct outer *outer)
{
	return (__u64)outer->id[1] << 32 | outer->id[0];
}

/* True if a UDP packet is addressed to the gateway of this node. */
INLINE bool outer_for_gateway(__be32 daddr, __be16 dport)
{
	return settings.flags & SETTING_GATEWAY && dport && dport == settings.listen_port &&
	       daddr == listen_ip();
}

/* True if a UDP packet is addressed to one of this node's tunnel source ports. */
INLINE bool outer_for_client(__be32 daddr, __be16 dport)
{
	return daddr == source_ip() &&
	       (__u16)(bpf_ntohs(dport) - TUNNEL_SOURCE_PORT) < TUNNEL_SOURCE_PORTS;
}

/* Begin `outer` by the IP and UDP headers of a frame; `room` bytes follow its `l2`, of a GSO packet if
 * `super`. Returns the length of the IP packet if it is addressed to the gateway or a
 * client of this node, else 0: a fragment and a packet with IP options are no tunnel packets. */
INLINE __u32 outer_begin(void *data, void *end, const __u32 l2, __u32 room, bool super,
			 struct outer *outer)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = data + l2;
	struct udphdr *udp = (void *)(ip + 1);
	__u32 length;

	if ((void *)(udp + 1) > end || (l2 && eth->h_proto != bpf_htons(ETH_P_IP)) ||
	    ip->version != 4 || ip->ihl != 5 || ip->protocol != IPPROTO_UDP ||
	    ip->frag_off & bpf_htons(IP_MF | IP_OFFSET))
		return 0;
	outer->saddr = ip->saddr;
	outer->daddr = ip->daddr;
	outer->sport = udp->source;
	outer->dport = udp->dest;
	outer->tos = ip->tos;
	length = super ? room : bpf_ntohs(ip->tot_len);
	if (length > room || length < IP_HLEN + UDP_HLEN)
		return 0;
	return outer_for_gateway(outer->daddr, outer->dport) ||
			       outer_for_client(outer->daddr, outer->dport) ?
		       length :
		       0;
}

INLINE bool option_is_service(const struct geneve_service_option *option)
{
	return option->option_class == bpf_htons(GENEVE_CLASS_PARALLAX) &&
	       option->type == GENEVE_OPTION_SERVICE && (option->length & 0x1f) == 2;
}

INLINE void option_read_id(const struct geneve_service_option *option, struct outer *outer)
{
	outer->id[1] = bpf_ntohl(option->id[0]);
	outer->id[0] = bpf_ntohl(option->id[1]);
}

/* Find the service option among others. Unknown critical options forbid the packet (RFC 8926
 * section 3.5); other options are ignored. */
INLINE enum reason outer_walk(void *data, void *end, const __u32 l2, __u32 length,
			      struct outer *outer)
{
	__u32 at = 0;
	bool found = false;

	for (int i = 0; i < GENEVE_OPTIONS_LOOP && at < length; i++) {
		struct geneve_service_option *option;

		if (at > GENEVE_OPTIONS_MAX)
			return REASON_TUNNEL_MALFORMED;
		option = data + l2 + GENEVE_AT + sizeof(struct geneve_header) + at;
		if ((void *)option + GENEVE_OPTION_HLEN > end)
			return REASON_TUNNEL_MALFORMED;
		if (!option_is_service(option)) {
			if (option->type & GENEVE_CRITICAL)
				return REASON_TUNNEL_CRITICAL;
		} else {
			if ((void *)(option + 1) > end)
				return REASON_TUNNEL_MALFORMED;
			option_read_id(option, outer);
			found = true;
		}
		at += GENEVE_OPTION_HLEN + (option->length & 0x1f) * 4;
	}
	return found && at == length ? REASON_NONE : REASON_TUNNEL_MALFORMED;
}

/* Read the Geneve header of a frame whose IP and UDP headers are parsed: fills vni, id, probe and
 * length. Tunnel packets never pass ip_rcv() of this node, which would verify the checksum of the
 * outer IP header. */
INLINE enum reason outer_read(void *data, void *end, const __u32 l2, struct outer *outer)
{
	struct geneve_header *geneve = data + l2 + GENEVE_AT;
	struct geneve_service_option *option = (void *)(geneve + 1);
	__u32 options;

	if ((void *)(geneve + 1) > end)
		return REASON_TUNNEL_MALFORMED;
	if (!csum_iphdr_ok(data + l2))
		return REASON_TUNNEL_CHECKSUM;
	if (geneve->version_length >> 6 || geneve->protocol != bpf_htons(GENEVE_PROTO_IPV4))
		return REASON_TUNNEL_MALFORMED;
	options = (geneve->version_length & 0x3f) * 4;
	outer->vni = (__u32)geneve->vni[0] << 16 | (__u32)geneve->vni[1] << 8 | geneve->vni[2];
	outer->probe = !!(geneve->flags & GENEVE_FLAG_OAM);
	outer->length = GENEVE_AT + sizeof(*geneve) + options;
	if (options != sizeof(*option))
		return outer_walk(data, end, l2, options, outer);
	if ((void *)(option + 1) > end)
		return REASON_TUNNEL_MALFORMED;
	if (!option_is_service(option))
		return option->type & GENEVE_CRITICAL ? REASON_TUNNEL_CRITICAL :
							REASON_TUNNEL_MALFORMED;
	option_read_id(option, outer);
	return REASON_NONE;
}

#endif
