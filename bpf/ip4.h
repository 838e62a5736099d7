/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IPv4 headers: see ip.h. */
#ifndef IP4_H
#define IP4_H

#define IP_HEADER struct iphdr
#define IP_HLEN 20
#define IP_FIRST 0x45 /* version, and header length in words */
#define ETH_P_OWN 0x0800
#define AF_OWN 2 /* AF_INET */
#define IP_DF 0x4000
#define IP_MF 0x2000
#define IP_OFFSET 0x1fff
#define IP_TTL offsetof(struct iphdr, ttl)
#define ENCAP_L3 BPF_F_ADJ_ROOM_ENCAP_L3_IPV4
#define DECAP_L3 (1ull << 7) /* BPF_F_ADJ_ROOM_DECAP_L3_IPV4, Linux 6.3 */
#define TUNNEL_OVERHEAD TUNNEL_OVERHEAD_IPV4
#define PATH_MTU_BASE PATH_MTU_BASE_IPV4
#define PATH_MTU_MIN PATH_MTU_MIN_IPV4

#define ICMP_OWN IPPROTO_ICMP
#define ICMP_UNREACH 3
#define ICMP_PORT 3
#define ICMP_TOO_BIG 3
#define ICMP_TOO_BIG_CODE 4
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETER 12
#define ICMP_PSEUDO false
#define ICMP_MTU(rest) (bpf_ntohl(rest) & 0xffff) /* RFC 1191 section 4 */
#define UDP_MAY_LACK_CHECK true /* RFC 768 */

/* ------------------------------------------------------------------ addresses */

INLINE struct addr host_client(void)
{
	return (struct addr){ { HOST_CLIENT } };
}

/* 0/8, 127/8, multicast and above: nobody sends from them. */
INLINE bool addr_is_bogus(const struct addr *addr)
{
	__u8 first = bpf_ntohl(addr->word[0]) >> 24;

	return !first || first == 127 || first >= 224;
}

/* True for an address that begins with the first `bits` of `prefix`. */
INLINE bool addr_is_in(const struct addr *addr, const struct addr *prefix, __u8 bits)
{
	return !((addr->word[0] ^ prefix->word[0]) & bpf_htonl(bits ? ~0u << (32 - bits) : 0));
}

/* Set what follows the first `bits` of an address by a hash. */
INLINE void addr_fill(struct addr *addr, __u8 bits, __u64 hash)
{
	addr->word[0] |= bpf_htonl((__u32)hash & (bits < 32 ? ~0u >> bits : 0));
}

INLINE void fib_destination(struct bpf_fib_lookup *fib, const struct addr *dst)
{
	fib->ipv4_dst = dst->word[0];
}

/* ------------------------------------------------------------------ reading */

INLINE struct addr ip_saddr(const struct iphdr *ip)
{
	return (struct addr){ { ip->saddr } };
}

INLINE struct addr ip_daddr(const struct iphdr *ip)
{
	return (struct addr){ { ip->daddr } };
}

/* The same in place. */
INLINE const struct addr *ip_saddr_at(const struct iphdr *ip)
{
	return (const struct addr *)&ip->saddr;
}

INLINE const struct addr *ip_daddr_at(const struct iphdr *ip)
{
	return (const struct addr *)&ip->daddr;
}

INLINE __u8 ip_proto(const struct iphdr *ip)
{
	return ip->protocol;
}

INLINE __u8 ip_tos(const struct iphdr *ip)
{
	return ip->tos;
}

INLINE __u32 ip_total(const struct iphdr *ip)
{
	return bpf_ntohs(ip->tot_len);
}

/* True if ports are, if anywhere, right behind the header: not in a fragment, nor in ICMP, which may quote
 * them. */
INLINE bool ip_is_plain(const struct iphdr *ip)
{
	return !(ip->frag_off & bpf_htons(IP_MF | IP_OFFSET)) && ip->protocol != ICMP_OWN;
}

/* True for a whole packet of `proto` without options. */
INLINE bool ip_is_whole(const struct iphdr *ip, __u8 proto)
{
	return ip->version == 4 && ip->ihl == 5 && ip->protocol == proto &&
	       !(ip->frag_off & bpf_htons(IP_MF | IP_OFFSET));
}

/* True if the checksum of a 20-byte header is right: its words sum to ~0 (RFC 1071 section 1). */
INLINE bool ip_header_ok(const struct iphdr *ip)
{
	const __u32 *word = (const __u32 *)ip;
	__u64 sum = (__u64)word[0] + word[1] + word[2] + word[3] + word[4];

	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff || sum == 0x1fffe; /* these two of 17 bits fold to 0xffff */
}

/* Length of the header of a parsed packet, with extensions. */
INLINE __u32 ip_hlen(const struct packet *p)
{
	return IP_HLEN;
}

/* Read the header at `ip`; *ret_l4: what follows. `room` bytes are left of the frame; the length field of
 * a GSO packet (`super`) is ignored: with outer headers it may exceed 65,535. */
INLINE enum parsed ip_parse(struct packet *p, struct iphdr *ip, void *end, __u32 room, bool super,
			    void **ret_l4)
{
	if (ip->version != 4)
		return PARSED_OTHER;
	p->l4 = p->l3 + IP_HLEN;
	p->key.saddr = ip_saddr(ip);
	p->key.daddr = ip_daddr(ip);
	p->proto = ip->protocol;
	p->ttl = ip->ttl;
	p->tos = ip->tos;
	p->ip_check = ip->check;
	p->plain = FRAGMENT_NONE; /* and in no tunnel */
	p->length = super ? room : ip_total(ip);
	if (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP)
		return ip_is_whole(ip, ICMP_OWN) ? PARSED_ICMP : PARSED_OTHER;
	if (ip->frag_off & bpf_htons(IP_MF | IP_OFFSET))
		return PARSED_FRAGMENT;
	if (ip->ihl != 5)
		return PARSED_OPTIONS;
	*ret_l4 = ip + 1;
	return p->length > room ? PARSED_TRUNCATED : PARSED;
}

/* Read the place of a fragment; p->l4 becomes the offset of what it carries. */
INLINE enum parsed ip_fragment(struct __sk_buff *skb, struct packet *p, struct ip_fragment *ret)
{
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, p->l3, &ip, sizeof(ip)))
		return PARSED_TRUNCATED;
	ret->id = ip.id;
	ret->offset = bpf_ntohs(ip.frag_off) & IP_OFFSET;
	return ip.ihl == 5 ? PARSED_FRAGMENT : PARSED_OPTIONS;
}

/* Bytes between a header that ICMP quotes and the ports, or -1 if it quotes none. `next`: eight bytes behind
 * the header. */
INLINE int ip_quoted(const struct iphdr *ip, const void *next, __u8 *ret_proto)
{
	*ret_proto = ip->protocol;
	return ip->version == 4 && ip->ihl == 5 && !(ip->frag_off & bpf_htons(IP_OFFSET)) &&
			       (ip->protocol == IPPROTO_TCP || ip->protocol == IPPROTO_UDP) ?
		       0 :
		       -1;
}

/* Make the headers of a frame readable. */
INLINE void ip_pull(struct __sk_buff *skb, const __u32 l2)
{
	pull(skb, l2 + IP_HLEN + TCP_HLEN);
}

/* ------------------------------------------------------------------ writing */

/* Fill a header but for what ip_finish() does. The length fields of a GSO packet are written again per segment,
 * so truncation does no harm. */
INLINE void ip_fill(struct iphdr *ip, const struct addr *saddr, const struct addr *daddr, __u8 proto,
		    __u32 payload, __u8 ttl)
{
	ip->tot_len = length_field(IP_HLEN + payload);
	ip->id = 0;
	ip->frag_off = bpf_htons(IP_DF);
	ip->ttl = ttl;
	ip->protocol = proto;
	ip->saddr = saddr->word[0];
	ip->daddr = daddr->word[0];
}

/* The rest: what an outer header takes from the packet inside, and what depends on all else. */
INLINE void ip_finish(struct iphdr *ip, __u8 tos, __u32 label)
{
	__be16 first = bpf_htons(IP_FIRST << 8) + bpf_htons(tos);
	__u64 sum = (__u64)ip->saddr + ip->daddr;

	*(__be16 *)ip = first;
	sum += first + ip->tot_len + ip->id + ip->frag_off +
	       bpf_htons(ip->ttl << 8 | ip->protocol);
	ip->check = (__u16)~csum_fold(sum);
}

/* Change the addresses of a header in memory; returns the difference to its sum. */
INLINE __u64 ip_readdress(struct iphdr *ip, const struct addr *saddr, const struct addr *daddr)
{
	struct addr from = ip_saddr(ip), to = ip_daddr(ip);
	__u64 diff = csum_diff_addr(&from, saddr) + csum_diff_addr(&to, daddr);

	ip->saddr = saddr->word[0];
	ip->daddr = daddr->word[0];
	ip->check = csum_update(ip->check, diff);
	return 0; /* the header's checksum takes it up */
}

/* From the TTL to the ports behind the header: one write changes a tuple. */
struct tuple_bytes {
	__u8 ttl;
	__u8 proto;
	__u16 check;
	struct nat nat;
};

/* Those bytes with the tuple `nat` and the TTL lowered by `hops`; `diff`: that of the addresses. */
INLINE struct tuple_bytes tuple_bytes(const struct packet *p, const struct nat *nat, __u32 diff,
				      __u8 hops)
{
	__u32 ttl = 0xffff - bpf_htons((__u16)hops << 8); /* as csum_diff16() of both words */

	return (struct tuple_bytes){
		.ttl = p->ttl - hops,
		.proto = p->proto,
		.check = (__u16)~csum_fold_short((__u16)~p->ip_check + diff + ttl),
		.nat = *nat,
	};
}

/* `ports`: the packet has them. */
INLINE int tuple_store(struct __sk_buff *skb, const struct packet *p,
		       const struct tuple_bytes *bytes, bool ports)
{
	__u32 length = ports ? sizeof(*bytes) : offsetof(struct tuple_bytes, nat.sport);

	return bpf_skb_store_bytes(skb, p->l3 + IP_TTL, bytes, length, 0);
}

/* The same for a packet with ports at ETH_HLEN, by a direct write. Only for px_uplink. */
INLINE int tuple_write(struct __sk_buff *skb, const struct packet *p,
		       const struct tuple_bytes *bytes)
{
	struct tuple_bytes *to = skb_data(skb) + ETH_HLEN + IP_TTL;

	if ((void *)(to + 1) > skb_end(skb))
		return -EIO;
	*to = *bytes;
	return 0;
}

/* ------------------------------------------------------------------ cutting */

#define CUT_HLEN IP_HLEN /* before what a part carries */
#define CUT_SETTLE 40    /* more than the headers before the transport header */

struct cut {
	struct iphdr ip;
};

/* Read the headers of a packet to be cut. False: its sender forbids it (RFC 791 section 3.2). */
INLINE bool cut_read(struct __sk_buff *skb, struct packet *p, __u32 mtu, struct cut *cut)
{
	return !bpf_skb_load_bytes(skb, p->l3, cut, sizeof(*cut)) &&
	       !(cut->ip.frag_off & bpf_htons(IP_DF));
}

/* Every packet has the fields of a fragment. */
INLINE int cut_begin(struct __sk_buff *skb, struct packet *p, struct cut *cut)
{
	return 0;
}

/* The packet becomes `length` bytes from byte `sent` of the payload on; `more`: others follow. */
INLINE int cut_write(struct __sk_buff *skb, struct packet *p, struct cut *cut, __u32 sent,
		     __u32 length, bool more)
{
	struct iphdr *ip = &cut->ip;
	__be16 total = bpf_htons(length);
	__be16 at = bpf_htons(bpf_ntohs(ip->frag_off) + sent / 8) | (more ? bpf_htons(IP_MF) : 0);

	ip->check = csum_update(ip->check,
				csum_diff16(ip->tot_len, total) + csum_diff16(ip->frag_off, at));
	ip->tot_len = total;
	ip->frag_off = at;
	p->ip_check = ip->check;
	return bpf_skb_store_bytes(skb, p->l3, cut, sizeof(*cut), 0);
}

/* Set the TOS field. */
INLINE int ip_set_tos(struct __sk_buff *skb, struct packet *p, __u8 tos)
{
	__be16 from = bpf_htons(IP_FIRST << 8 | p->tos), to = bpf_htons(IP_FIRST << 8 | tos);

	p->tos = tos;
	p->ip_check = csum_update(p->ip_check, csum_diff16(from, to));
	if (bpf_skb_store_bytes(skb, p->l3 + offsetof(struct iphdr, check), &p->ip_check, 2, 0))
		return -EIO;
	return bpf_skb_store_bytes(skb, p->l3 + offsetof(struct iphdr, tos), &p->tos, 1, 0);
}

#endif
