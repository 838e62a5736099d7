/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reading tunnel headers (RFC 8926) at a fixed offset of a frame, in TC and XDP. `l2` is the length of
 * its Ethernet header: ETH_HLEN, or 0 on a device without one. */
#ifndef GENEVE_H
#define GENEVE_H

#include "parallax_path.h"
#include "parse.h"

#define GENEVE_AT (IP_HLEN + UDP_HLEN) /* from the outer IP header */
#define GENEVE_OPTIONS_MAX 252 /* 6 bits, in words of 4 bytes */
#define GENEVE_CRITICAL 0x80 /* bit of an option's type */
#define GENEVE_OPTIONS_LOOP 8 /* options read before the packet is refused */

/* Greatest length of a packet to the outer address of a tunnel's other end. */
INLINE __u32 path_mtu(const struct ip_addr *peer)
{
	__u32 mtu = settings.mtu;
	struct ip_addr key;
	struct path *path;

	if (likely(!settings.narrow_paths))
		return mtu;
	key = *peer; /* before Linux 6.2 a key is not taken from a map */
	path = bpf_map_lookup_elem(&paths, &key);
	if (!path || !path_is_narrow(path, mtu, now_ticks(), settings.hz))
		return mtu;
	return path->mtu;
}

INLINE __u32 tag_length(const struct outer *outer)
{
	return outer->options & OPTION_ADMISSION ? sizeof(struct geneve_admission_option) : 0;
}

/* Bytes of the options that a packet has, beside the service's and the tag. */
INLINE __u32 options_length(const struct outer *outer)
{
	__u32 options = outer->options, bytes = 0;

	if (likely(!(options & ~OPTION_SERVICE)))
		return 0;
	if (options & OPTION_ENDPOINT)
		bytes += sizeof(struct geneve_endpoint_option);
	if (options & OPTION_ROOM)
		bytes += RETURN_BYTES(outer->family);
	else if (options & OPTION_RETURN)
		bytes += RETURN_BYTES(ip_is_v4(&outer->back) ? 4 : 6);
	return bytes;
}

/* True if the packet meets outer headers of IPv6 on its way. One that names an endpoint crosses two tunnels:
 * between client's node and gateway, and, of its own family, between gateway and pod. */
INLINE bool tunnel_is_long(const struct outer *outer)
{
	if (outer->family == 6 || likely(!(outer->options & OPTION_ENDPOINT)))
		return outer->family == 6;
	return FAMILY == 6 || (outer->options & OPTION_RETURN && !ip_is_v4(&outer->back));
}

/* Bytes of the headers before an inner packet, at most. A flow that has an endpoint goes with more of
 * them. */
INLINE __u32 tunnel_overhead(const struct outer *outer)
{
	return (tunnel_is_long(outer) ? TUNNEL_OVERHEAD_IPV6 : TUNNEL_OVERHEAD_IPV4) +
	       options_length(outer) + settings.option_bytes;
}

/* Greatest length of a packet in the tunnel p->outer, whose other end is `peer`. */
INLINE __u32 tunnel_mtu(const struct packet *p, const struct ip_addr *peer)
{
	__u32 mtu = path_mtu(peer);

	if (unlikely(p->outer.options & OPTION_RETURN) && settings.hop_mtu && settings.hop_mtu < mtu)
		mtu = settings.hop_mtu;
	return mtu - tunnel_overhead(&p->outer);
}

/* True if a UDP packet is addressed to the gateway of this node: from a client, or from a pod. */
INLINE bool outer_for_gateway(const struct addr *daddr, __be16 dport)
{
	struct addr listen = ip_own(&settings.listen[OWN_INDEX]);
	struct addr inside = ip_own(&settings.inside[OWN_INDEX]);

	if (!(settings.flags & SETTING_GATEWAY) || !dport || dport != settings.listen_port)
		return false;
	return addr_equal(daddr, &listen) ||
	       (settings.flags & SETTING_FORWARD && addr_equal(daddr, &inside));
}

/* True for a tunnel packet of either family that is addressed to the gateway, and no client. */
INLINE bool outer_is_request(const struct outer *outer)
{
	__u32 family = outer->family == 4 ? IP_V4_INDEX : IP_V6_INDEX;

	if (!(settings.flags & SETTING_GATEWAY) || !outer->dport ||
	    outer->dport != settings.listen_port)
		return false;
	return ip_equal(&outer->daddr, &settings.listen[family]) ||
	       (settings.flags & SETTING_FORWARD &&
		ip_equal(&outer->daddr, &settings.inside[family]));
}

/* Where answers to the request go: to its source or, at a pod's door, back to where the gateway got it. */
INLINE const struct ip_addr *outer_client(const struct outer *outer)
{
	return outer->options & OPTION_RETURN ? &outer->back : &outer->saddr;
}

INLINE __be16 outer_client_port(const struct outer *outer)
{
	return outer->options & OPTION_RETURN ? outer->back_port : outer->sport;
}

/* True for a port from which a client's node sends into tunnels. */
INLINE bool is_tunnel_source(__be16 port)
{
	return (__u16)(bpf_ntohs(port) - TUNNEL_SOURCE_PORT) < TUNNEL_SOURCE_PORTS;
}

/* True if a UDP packet is addressed to one of this node's tunnel source ports. */
INLINE bool outer_for_client(const struct addr *daddr, __be16 dport)
{
	struct addr source = ip_own(&settings.source[OWN_INDEX]);

	return addr_equal(daddr, &source) && is_tunnel_source(dport);
}

/* The length of an IP packet of a tunnel of this node, or 0: a fragment and a packet with IP options or
 * extension headers are none. `room` bytes follow the frame's `l2`, of a GSO packet if `super`. */
INLINE __u32 outer_length(void *data, void *end, const __u32 l2, __u32 room, bool super)
{
	IP_HEADER *ip = data + l2;
	struct udphdr *udp = (void *)(ip + 1);
	struct addr daddr;
	__u32 length;

	if ((void *)(udp + 1) > end || !ip_is_whole(ip, IPPROTO_UDP))
		return 0;
	daddr = ip_daddr(ip);
	if (!outer_for_gateway(&daddr, udp->dest) && !outer_for_client(&daddr, udp->dest))
		return 0;
	length = super ? room : ip_total(ip);
	return length > room || length < IP_HLEN + UDP_HLEN ? 0 : length;
}

/* Set the network id and the byte behind it. */
INLINE void geneve_set_vni(struct geneve_header *geneve, __u32 vni)
{
	__be32 *word = (void *)geneve->vni;

	*word = bpf_htonl(vni << 8);
}

INLINE __u32 option_words(const struct geneve_option *option)
{
	return option->length & 0x1f;
}

/* True for our option of this type, with as many words of data as it always has. */
INLINE bool option_is(const struct geneve_option *option, __u8 type, __u32 words)
{
	return option->option_class == bpf_htons(GENEVE_CLASS_PARALLAX) && option->type == type &&
	       option_words(option) == words;
}

INLINE bool option_is_service(const struct geneve_service_option *option)
{
	return option_is(&option->head, GENEVE_OPTION_SERVICE, 2);
}

/* Note that the packet has an option; in memory, since the verifier would follow each combination. */
INLINE void option_found(struct outer *outer, __u32 option)
{
	*(volatile __u32 *)&outer->options |= option;
}

INLINE void option_read_service(const struct geneve_service_option *option, struct outer *outer)
{
	outer->id = (__u64)bpf_ntohl(option->id[0]) << 32 | bpf_ntohl(option->id[1]);
	option_found(outer, OPTION_SERVICE);
}

/* Read a return option. */
INLINE enum reason option_read_return(const struct geneve_option *head, void *end,
				      struct outer *outer)
{
	const struct geneve_return_option *option = (const void *)head;
	bool ipv4 = option_words(head) == 2;

	if ((void *)option + RETURN_BYTES(ipv4 ? 4 : 6) > end)
		return REASON_TUNNEL_MALFORMED;
	outer->back_port = option->port;
	outer->pod_port = option->pod_port;
	if (ipv4)
		outer->back = IP_V4(option->addr[0]);
	else
		__builtin_memcpy(outer->back.word, option->addr, sizeof(outer->back));
	option_found(outer, OPTION_RETURN);
	return REASON_NONE;
}

INLINE bool option_is_return(const struct geneve_option *option, __u8 type)
{
	return option_is(option, type, 2) || option_is(option, type, 5);
}

INLINE bool option_is_admission(const struct geneve_admission_option *option)
{
	return option_is(&option->head, GENEVE_OPTION_ADMISSION, 3);
}

INLINE void option_read_admission(const struct geneve_admission_option *option, struct outer *outer)
{
	const __u64 *tag = (const void *)option->tag;

	outer->key = bpf_ntohs(option->key);
	outer->epoch = bpf_ntohs(option->epoch);
	outer->tag = *tag;
	option_found(outer, OPTION_ADMISSION);
}

/* Read an option of which the first four bytes are there. Unknown critical options forbid the packet
 * (RFC 8926 section 3.5); other options are ignored. */
INLINE enum reason option_read(const struct geneve_option *option, void *end, struct outer *outer)
{
	const struct geneve_service_option *service = (const void *)option;
	const struct geneve_endpoint_option *endpoint = (const void *)option;
	const struct geneve_admission_option *admission = (const void *)option;

	if (option_is_service(service)) {
		if ((void *)(service + 1) > end)
			return REASON_TUNNEL_MALFORMED;
		option_read_service(service, outer);
	} else if (option_is(option, GENEVE_OPTION_ENDPOINT, 1)) {
		if ((void *)(endpoint + 1) > end)
			return REASON_TUNNEL_MALFORMED;
		outer->endpoint = bpf_ntohl(endpoint->endpoint);
		option_found(outer, OPTION_ENDPOINT);
	} else if (option_is_return(option, GENEVE_OPTION_RETURN)) {
		return option_read_return(option, end, outer);
	} else if (option_is_return(option, GENEVE_OPTION_ROOM)) {
		option_found(outer, OPTION_ROOM);
	} else if (option_is_admission(admission)) {
		if ((void *)(admission + 1) > end)
			return REASON_TUNNEL_MALFORMED;
		option_read_admission(admission, outer);
	} else if (option->type & GENEVE_CRITICAL) {
		return REASON_TUNNEL_CRITICAL;
	}
	return REASON_NONE;
}

INLINE bool option_is_probe(const struct geneve_probe_option *option)
{
	return option_is(&option->head, GENEVE_OPTION_PROBE,
			 (sizeof(*option) - sizeof(option->head)) / 4);
}

/* True for a packet with the O bit whose options are the probe's and, if there is another, a tag. */
INLINE bool outer_read_probe(const struct geneve_header *geneve, void *end, struct outer *outer)
{
	const struct geneve_probe_option *option = (const void *)(geneve + 1);
	const struct geneve_admission_option *tag = (const void *)(option + 1);

	if ((void *)tag > end || geneve->protocol || !option_is_probe(option))
		return false;
	if (geneve->version_length == sizeof(*option) / 4)
		return true;
	if ((void *)(tag + 1) > end || !option_is_admission(tag) ||
	    geneve->version_length != (sizeof(*option) + sizeof(*tag)) / 4)
		return false;
	option_read_admission(tag, outer);
	return true;
}

/* Read `length` bytes of options, in any order. */
INLINE enum reason outer_walk(void *data, void *end, const __u32 l2, __u32 length,
			      struct outer *outer)
{
	__u32 at = 0;

	for (int i = 0; i < GENEVE_OPTIONS_LOOP && at < length; i++) {
		struct geneve_option *option;
		enum reason reason;

		if (at > GENEVE_OPTIONS_MAX)
			return REASON_TUNNEL_MALFORMED;
		option = data + l2 + GENEVE_AT + sizeof(struct geneve_header) + at;
		if ((void *)(option + 1) > end)
			return REASON_TUNNEL_MALFORMED;
		reason = option_read(option, end, outer);
		if (reason)
			return reason;
		at += sizeof(*option) + option_words(option) * 4;
	}
	return *(volatile __u32 *)&outer->options & OPTION_SERVICE && at == length ?
		       REASON_NONE :
		       REASON_TUNNEL_MALFORMED;
}

/* Read the IP and UDP headers for which outer_length() returned a length. */
INLINE void outer_begin(const IP_HEADER *ip, struct outer *outer)
{
	const struct udphdr *udp = (const void *)(ip + 1);
	struct addr saddr = ip_saddr(ip), daddr = ip_daddr(ip);

	outer->saddr = addr_ip(&saddr);
	outer->daddr = addr_ip(&daddr);
	outer->sport = udp->source;
	outer->dport = udp->dest;
	outer->family = FAMILY;
	outer->told = 0;
	outer->tos = ip_tos(ip);
	outer->options = 0;
	outer->endpoint = 0;
}

/* Read the headers of a tunnel packet. Tunnel packets never pass ip_rcv() of this node, which would
 * verify the checksum of the outer IP header. */
INLINE enum reason outer_read(void *data, void *end, const __u32 l2, struct outer *outer)
{
	struct geneve_header *geneve = data + l2 + GENEVE_AT;
	struct geneve_service_option *option = (void *)(geneve + 1);
	__u32 options;

	if ((void *)geneve > end) /* never: for the verifier */
		return REASON_TUNNEL_MALFORMED;
	outer_begin(data + l2, outer);
	if ((void *)(geneve + 1) > end)
		return REASON_TUNNEL_MALFORMED;
	if (!ip_header_ok(data + l2))
		return REASON_TUNNEL_CHECKSUM;
	outer->protocol = geneve->protocol;
	outer->vni = bpf_ntohl(*(const __be32 *)geneve->vni) >> 8; /* 24 bits */
	if (unlikely(geneve->flags & GENEVE_FLAG_OAM)) {
		outer->probe = outer_read_probe(geneve, end, outer);
		return REASON_TUNNEL_MALFORMED;
	}
	if (geneve->version_length >> 6 ||
	    (geneve->protocol != bpf_htons(ETH_P_IP) && geneve->protocol != bpf_htons(ETH_P_IPV6)))
		return REASON_TUNNEL_MALFORMED;
	options = (geneve->version_length & 0x3f) * 4;
	outer->length = GENEVE_AT + sizeof(*geneve) + options;
	if (options != sizeof(*option))
		return outer_walk(data, end, l2, options, outer);
	if ((void *)(option + 1) > end)
		return REASON_TUNNEL_MALFORMED;
	if (!option_is_service(option))
		return option->head.type & GENEVE_CRITICAL ? REASON_TUNNEL_CRITICAL :
							     REASON_TUNNEL_MALFORMED;
	option_read_service(option, outer);
	return REASON_NONE;
}

#endif
