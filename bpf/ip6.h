/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IPv6 headers: see ip.h. */
#ifndef IP6_H
#define IP6_H

#define IP_HEADER struct ipv6hdr
#define IP_HLEN 40
#define ETH_P_OWN 0x86dd
#define AF_OWN 10 /* AF_INET6 */
#define IP_TTL offsetof(struct ipv6hdr, hop_limit)
#define ENCAP_L3 BPF_F_ADJ_ROOM_ENCAP_L3_IPV6
#define DECAP_L3 (1ull << 8) /* BPF_F_ADJ_ROOM_DECAP_L3_IPV6, Linux 6.3 */
#define TUNNEL_OVERHEAD TUNNEL_OVERHEAD_IPV6
#define PATH_MTU_BASE PATH_MTU_BASE_IPV6
#define PATH_MTU_MIN PATH_MTU_MIN_IPV6

#define ICMP_OWN 58
#define ICMP_UNREACH 1 /* RFC 4443 */
#define ICMP_PORT 4
#define ICMP_TOO_BIG 2
#define ICMP_TOO_BIG_CODE 0
#define ICMP_TIME_EXCEEDED 3
#define ICMP_PARAMETER 4
#define ICMP_PSEUDO true
#define ICMP_MTU(rest) bpf_ntohl(rest)
#define UDP_MAY_LACK_CHECK false /* RFC 8200 section 8.1 */

/* Extension headers, RFC 8200 section 4. */
#define EXT_HOP_BY_HOP 0
#define EXT_ROUTING 43
#define EXT_FRAGMENT 44
#define EXT_DESTINATION 60
#define EXT_COUNT 4 /* of one packet */
#define EXT_BYTES 128 /* in all */

struct fragment_header {
	__u8 next, zero;
	__be16 offset; /* and flags: bit 0, more follow */
	__be32 id;
};

/* ------------------------------------------------------------------ addresses */

INLINE struct addr host_client(void)
{
	return (struct addr){ HOST_CLIENT6 };
}

/* ::, ::1, multicast, IPv4-mapped: nobody sends from them. */
INLINE bool addr_is_bogus(const struct addr *addr)
{
	__u32 high = addr->word[0] | addr->word[1];

	return (addr->word[0] & bpf_htonl(0xff000000)) == bpf_htonl(0xff000000) ||
	       (!high && addr->word[2] == IP_MAPPED) ||
	       (!high && !addr->word[2] && bpf_ntohl(addr->word[3]) <= 1);
}

/* True for an address that begins with the first 64 bits of `prefix`. */
INLINE bool addr_is_in(const struct addr *addr, const struct addr *prefix, __u8 bits)
{
	return addr->word[0] == prefix->word[0] && addr->word[1] == prefix->word[1];
}

/* Set the last 64 bits of an address by a hash, unless `bits`, which do not change, are all of them. */
INLINE void addr_fill(struct addr *addr, __u8 bits, __u64 hash)
{
	if (bits == 128)
		return;
	addr->word[2] = (__u32)(hash >> 32);
	addr->word[3] = (__u32)hash;
}

INLINE void fib_destination(struct bpf_fib_lookup *fib, const struct addr *dst)
{
	__builtin_memcpy(fib->ipv6_dst, dst->word, sizeof(dst->word));
}

/* ------------------------------------------------------------------ reading */

INLINE struct addr ip_saddr(const struct ipv6hdr *ip)
{
	return *(const struct addr *)&ip->saddr;
}

INLINE struct addr ip_daddr(const struct ipv6hdr *ip)
{
	return *(const struct addr *)&ip->daddr;
}

/* The same in place. */
INLINE const struct addr *ip_saddr_at(const struct ipv6hdr *ip)
{
	return (const struct addr *)&ip->saddr;
}

INLINE const struct addr *ip_daddr_at(const struct ipv6hdr *ip)
{
	return (const struct addr *)&ip->daddr;
}

INLINE __u8 ip_proto(const struct ipv6hdr *ip)
{
	return ip->nexthdr;
}

INLINE __u8 ip_tos(const struct ipv6hdr *ip)
{
	return bpf_ntohs(*(const __be16 *)ip) >> 4;
}

INLINE __u32 ip_total(const struct ipv6hdr *ip)
{
	return IP_HLEN + bpf_ntohs(ip->payload_len);
}

/* True if ports are, if anywhere, right behind the header. */
INLINE bool ip_is_plain(const struct ipv6hdr *ip)
{
	return ip->nexthdr == IPPROTO_TCP || ip->nexthdr == IPPROTO_UDP;
}

/* True for a whole packet of `proto` without extension headers. */
INLINE bool ip_is_whole(const struct ipv6hdr *ip, __u8 proto)
{
	return ip->version == 6 && ip->nexthdr == proto;
}

/* IPv6 has no checksum of the header. */
INLINE bool ip_header_ok(const struct ipv6hdr *ip)
{
	return true;
}

/* Length of the header of a parsed packet, with extensions. */
INLINE __u32 ip_hlen(const struct packet *p)
{
	return p->l4 - p->l3;
}

INLINE bool ip_is_extension(__u8 type)
{
	return type == EXT_HOP_BY_HOP || type == EXT_ROUTING || type == EXT_DESTINATION ||
	       type == EXT_FRAGMENT;
}

/* Skip extension headers up to TCP or UDP, or to the header of another protocol. *at: their length. */
INLINE enum parsed ip_walk(struct packet *p, void *l4, void *end, __u32 *at)
{
	for (int i = 0; i <= EXT_COUNT; i++) {
		__u8 *ext = l4 + *at, type = p->proto;

		if (type == IPPROTO_TCP || type == IPPROTO_UDP)
			return PARSED;
		if (!ip_is_extension(type))
			return i ? PARSED_OPTIONS : PARSED_OTHER;
		if (i == EXT_COUNT || (void *)(ext + 8) > end)
			return PARSED_OPTIONS;
		p->proto = ext[0];
		if (type == EXT_FRAGMENT)
			return PARSED_FRAGMENT;
		if (type == EXT_ROUTING && ext[3]) /* segments are left: not the last destination */
			return PARSED_OPTIONS;
		*at += (ext[1] + 1) * 8;
		if (*at > EXT_BYTES)
			return PARSED_OPTIONS;
	}
	return PARSED_OPTIONS;
}

/* Read the header at `ip`; *ret_l4: what follows. `room` bytes are left of the frame; the length field of
 * a GSO packet (`super`) is ignored: with outer headers it may exceed 65,535. */
INLINE enum parsed ip_parse(struct packet *p, struct ipv6hdr *ip, void *end, __u32 room, bool super,
			    void **ret_l4)
{
	__u32 at = 0;
	enum parsed parsed;

	if (ip->version != 6)
		return PARSED_OTHER;
	p->key.saddr = ip_saddr(ip);
	p->key.daddr = ip_daddr(ip);
	p->proto = ip->nexthdr;
	p->ttl = ip->hop_limit;
	p->tos = ip_tos(ip);
	p->plain = FRAGMENT_NONE; /* and in no tunnel */
	p->length = super ? room : ip_total(ip);
	parsed = ip_walk(p, ip + 1, end, &at);
	p->l4 = p->l3 + IP_HLEN + at;
	if (parsed == PARSED_OTHER && p->proto == ICMP_OWN)
		return PARSED_ICMP;
	if (parsed != PARSED)
		return parsed;
	*ret_l4 = (void *)(ip + 1) + at;
	return p->length > room ? PARSED_TRUNCATED : PARSED;
}

/* Read the place of a fragment; p->l4 becomes the offset of what it carries (RFC 8200 section 4.5). */
INLINE enum parsed ip_fragment(struct __sk_buff *skb, struct packet *p, struct ip_fragment *ret)
{
	struct fragment_header header;

	if (bpf_skb_load_bytes(skb, p->l4, &header, sizeof(header)))
		return PARSED_TRUNCATED;
	p->l4 += sizeof(header);
	ret->id = header.id;
	ret->offset = bpf_ntohs(header.offset) >> 3;
	return ip_is_extension(header.next) ? PARSED_OPTIONS : PARSED_FRAGMENT;
}

/* Bytes between a header that ICMP quotes and the ports: the header of a first fragment, or none; -1 if it
 * quotes no ports. `next`: eight bytes behind the header. */
INLINE int ip_quoted(const struct ipv6hdr *ip, const void *next, __u8 *ret_proto)
{
	const struct fragment_header *fragment = next;
	bool is_fragment = ip->nexthdr == EXT_FRAGMENT;

	*ret_proto = is_fragment ? fragment->next : ip->nexthdr;
	if (ip->version != 6 || (*ret_proto != IPPROTO_TCP && *ret_proto != IPPROTO_UDP) ||
	    (is_fragment && fragment->offset & bpf_htons(0xfff8)))
		return -1;
	return is_fragment ? sizeof(*fragment) : 0;
}

/* Make the headers of a frame readable. */
INLINE void ip_pull(struct __sk_buff *skb, const __u32 l2)
{
	struct ipv6hdr *ip;

	pull(skb, l2 + IP_HLEN + TCP_HLEN);
	ip = skb_data(skb) + l2;
	if ((void *)(ip + 1) <= skb_end(skb) && !ip_is_plain(ip) && ip->nexthdr != ICMP_OWN)
		pull(skb, l2 + IP_HLEN + EXT_BYTES + TCP_HLEN);
}

/* ------------------------------------------------------------------ writing */

/* Fill a header but for what ip_finish() does. */
INLINE void ip_fill(struct ipv6hdr *ip, const struct addr *saddr, const struct addr *daddr, __u8 proto,
		    __u32 payload, __u8 ttl)
{
	*(__be32 *)ip = bpf_htonl(6u << 28);
	ip->payload_len = length_field(payload);
	ip->nexthdr = proto;
	ip->hop_limit = ttl;
	*(struct addr *)&ip->saddr = *saddr;
	*(struct addr *)&ip->daddr = *daddr;
}

/* The rest: what an outer header takes from the packet inside. */
INLINE void ip_finish(struct ipv6hdr *ip, __u8 tos, __u32 label)
{
	*(__be32 *)ip |= bpf_htonl((__u32)tos << 20 | (label & 0xfffff));
}

/* Change the addresses of a header in memory; returns the difference to its sum. */
INLINE __u64 ip_readdress(struct ipv6hdr *ip, const struct addr *saddr, const struct addr *daddr)
{
	struct addr from = ip_saddr(ip), to = ip_daddr(ip);

	*(struct addr *)&ip->saddr = *saddr;
	*(struct addr *)&ip->daddr = *daddr;
	return csum_diff_addr(&from, saddr) + csum_diff_addr(&to, daddr);
}

/* From the hop limit to the ports behind the header: one write changes a tuple. */
struct tuple_bytes {
	__u8 ttl;
	struct nat nat;
} __attribute__((packed));

/* Those bytes with the tuple `nat` and the hop limit lowered by `hops`. */
INLINE struct tuple_bytes tuple_bytes(const struct packet *p, const struct nat *nat, __u32 diff,
				      __u8 hops)
{
	return (struct tuple_bytes){ .ttl = p->ttl - hops, .nat = *nat };
}

/* `ports`: the packet has them. With BPF_F_RECOMPUTE_CSUM the addresses count in a sum that the device
 * computed (CHECKSUM_COMPLETE), as the change of the L4 checksum does. */
INLINE int tuple_store(struct __sk_buff *skb, const struct packet *p,
		       const struct tuple_bytes *bytes, bool ports)
{
	const __u32 tail = sizeof(bytes->nat.sport) + sizeof(bytes->nat.dport);
	bool whole = ports && p->l4 == p->l3 + IP_HLEN;

	if (bpf_skb_store_bytes(skb, p->l3 + IP_TTL, bytes, sizeof(*bytes) - (whole ? 0 : tail),
				BPF_F_RECOMPUTE_CSUM))
		return -EIO;
	if (whole || !ports)
		return 0;
	return bpf_skb_store_bytes(skb, p->l4, &bytes->nat.sport, tail, BPF_F_RECOMPUTE_CSUM);
}

/* The same for a packet with ports at ETH_HLEN. */
INLINE int tuple_write(struct __sk_buff *skb, const struct packet *p,
		       const struct tuple_bytes *bytes)
{
	return tuple_store(skb, p, bytes, true);
}

/* ------------------------------------------------------------------ cutting */

#define CUT_HLEN (IP_HLEN + sizeof(struct fragment_header)) /* before what a part carries */
#define CUT_SETTLE 56 /* more than the headers before the transport header */
#define IP6_MF 1
#define IPV6_MIN_MTU 1280

struct cut {
	struct ipv6hdr ip;
	struct fragment_header fragment;
};

/* Read the headers of a packet to be cut. Only the source cuts (RFC 8200 section 4.5), but "packet too
 * big" costs a datagram that nothing sends again, and makes no packet smaller than 1,280 bytes (RFC 2473
 * section 7.1): these are cut. Headers between those of IP and fragment would be part of each. */
INLINE bool cut_read(struct __sk_buff *skb, struct packet *p, __u32 mtu, struct cut *cut)
{
	return (p->proto == IPPROTO_UDP || mtu < IPV6_MIN_MTU) &&
	       ip_hlen(p) == (p->fragment ? CUT_HLEN : IP_HLEN) &&
	       !bpf_skb_load_bytes(skb, p->l3, cut, sizeof(*cut));
}

/* The packet becomes `length` bytes from byte `sent` of the payload on; `more`: others follow. */
INLINE int cut_write(struct __sk_buff *skb, struct packet *p, struct cut *cut, __u32 sent,
		     __u32 length, bool more)
{
	cut->ip.payload_len = bpf_htons(length - IP_HLEN);
	cut->fragment.offset = bpf_htons(bpf_ntohs(cut->fragment.offset) + sent) |
			       (more ? bpf_htons(IP6_MF) : 0);
	return bpf_skb_store_bytes(skb, p->l3, cut, sizeof(*cut), 0);
}

/* A whole packet becomes its own only fragment (RFC 6946), so that all parts have one id. */
INLINE int cut_begin(struct __sk_buff *skb, struct packet *p, struct cut *cut)
{
	if (p->fragment)
		return 0;
	cut->ip.nexthdr = EXT_FRAGMENT;
	cut->fragment = (struct fragment_header){ .next = p->proto, .id = bpf_get_prandom_u32() };
	if (bpf_skb_adjust_room(skb, sizeof(cut->fragment), BPF_ADJ_ROOM_NET, 0))
		return -EIO;
	p->fragment = FRAGMENT_FIRST;
	p->l4 += sizeof(cut->fragment);
	p->length += sizeof(cut->fragment);
	return cut_write(skb, p, cut, 0, p->length, false);
}

/* Set the traffic class. */
INLINE int ip_set_tos(struct __sk_buff *skb, struct packet *p, __u8 tos)
{
	__be16 word;

	if (bpf_skb_load_bytes(skb, p->l3, &word, sizeof(word)))
		return -EIO;
	p->tos = tos;
	word = (word & ~bpf_htons(0x0ff0)) | bpf_htons((__u16)tos << 4);
	return bpf_skb_store_bytes(skb, p->l3, &word, sizeof(word), BPF_F_RECOMPUTE_CSUM);
}

#endif
