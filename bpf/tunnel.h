/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Encapsulation and decapsulation in TC. */
#ifndef TUNNEL_H
#define TUNNEL_H

#include "admission.h"
#include "geneve.h"
#include "peer.h"
#include "reply.h"
#include "rewrite.h"
#include "route.h"
#include "xdp_mark.h"

/* The headers before an inner packet, without options that only some packets have. */
struct outer_bytes {
	IP_HEADER ip;
	struct udphdr udp;
	struct geneve_header geneve;
	struct geneve_service_option service;
};

_Static_assert(sizeof(struct outer_bytes) == TUNNEL_OVERHEAD, "tunnel overhead");

#define ENCAP_FLAGS (BPF_F_ADJ_ROOM_FIXED_GSO | ENCAP_L3 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP)

/* Length of this packet, or of the segments it will be cut into. */
INLINE __u32 segment_length(struct __sk_buff *skb, struct packet *p)
{
	if (!skb->gso_size)
		return p->length;
	return ip_hlen(p) + l4_hlen(p) + skb->gso_size;
}

/* outer.begin, without outer headers yet. */
#define TUNNEL_BEGIN(family, reply) ((family) | (reply) << 8)

/* Begin the tunnel of a flow that `p` is sent by; `own`: this end's addresses by family; `reply`: to the
 * client. */
INLINE void tunnel_begin(struct packet *p, const struct flow *flow, const struct ip_addr *own,
			 bool reply)
{
	struct outer *outer = &p->outer;

	if (likely(peer_family(flow) == 4)) {
		outer->begin = TUNNEL_BEGIN(4, reply);
		outer->saddr = IP_V4(own[IP_V4_INDEX].word[3]);
		outer->daddr = IP_V4(flow->peer);
		outer->bare = 0;
	} else {
		outer->begin = TUNNEL_BEGIN(6, reply);
		outer->saddr = own[IP_V6_INDEX];
		peer_address(flow, &outer->daddr);
		outer->bare = flow_hash(&p->key, p->proto, 0);
	}
	outer->dport = flow->peer_port;
	outer->vni = settings.network;
	outer->tos = p->tos;
	outer->protocol = bpf_htons(ETH_P_OWN);
	outer->receiver = flow->network;
	p->tunnel = 1;
}

/* Turn the tunnel of a packet into that of its answer. */
INLINE void tunnel_answer(struct outer *outer)
{
	struct ip_addr addr = outer->saddr;
	__be16 port = outer->sport;

	outer->saddr = outer->daddr;
	outer->daddr = addr;
	outer->sport = outer->dport;
	outer->dport = port;
	outer->receiver = outer->vni;
	outer->vni = settings.network;
	outer->tos = 0;
	outer->label = 0;
	outer->options = 0;
	outer->length = 0;
	outer->reply = 1;
}

/* Outer source port of a flow: few ports, so that a NAT gateway in front of this node keeps few
 * mappings, but several, for ECMP and RSS. */
INLINE __be16 tunnel_source_port(struct packet *p)
{
	__u32 hash = flow_hash(&p->key, p->proto, 0);

	return bpf_htons(TUNNEL_SOURCE_PORT + hash % TUNNEL_SOURCE_PORTS);
}

INLINE struct geneve_option option_head(__u8 type, __u32 data)
{
	return (struct geneve_option){ bpf_htons(GENEVE_CLASS_PARALLAX), type, data / 4 };
}

/* Write a return option, or the room for one, which is zero; returns its length. */
INLINE __u32 option_write_return(__u8 *at, const struct outer *outer)
{
	bool room = outer->options & OPTION_ROOM;
	bool ipv4 = room ? outer->family == 4 : ip_is_v4(&outer->back);
	struct geneve_return_option *option = (void *)at;
	const __u32 bytes4 = RETURN_BYTES(4), bytes6 = RETURN_BYTES(6);

	__builtin_memset(option, 0, bytes6);
	option->head = option_head(room ? GENEVE_OPTION_ROOM : GENEVE_OPTION_RETURN,
				   (ipv4 ? bytes4 : bytes6) - sizeof(option->head));
	if (room)
		return ipv4 ? bytes4 : bytes6;
	option->port = outer->back_port;
	option->pod_port = outer->pod_port;
	if (ipv4)
		option->addr[0] = outer->back.word[3];
	else
		__builtin_memcpy(option->addr, outer->back.word, sizeof(outer->back));
	return ipv4 ? bytes4 : bytes6;
}

/* The fields as two words. */
INLINE __u32 option_write_admission(struct geneve_admission_option *option,
				    const struct outer *outer)
{
	const __u32 bytes = sizeof(*option);
	const __u32 head = bpf_htons(GENEVE_CLASS_PARALLAX) | GENEVE_OPTION_ADMISSION << 16 |
			   (bytes / 4 - 1) << 24;
	__u64 *word = (void *)option;

	word[0] = head | (__u64)bpf_htons(outer->key) << 32 | (__u64)bpf_htons(outer->epoch) << 48;
	word[1] = outer->tag;
	return bytes;
}

/* Write the options behind that of the service; returns their length. */
INLINE __u32 outer_options(__u8 *at, const struct outer *outer)
{
	struct geneve_endpoint_option *endpoint = (void *)at;
	__u8 *first = at;

	if (likely(!(outer->options & (OPTION_ENDPOINT | OPTION_ADMISSION))))
		return 0;
	if (outer->options & OPTION_ENDPOINT) {
		endpoint->head = option_head(GENEVE_OPTION_ENDPOINT, sizeof(endpoint->endpoint));
		endpoint->endpoint = bpf_htonl(outer->endpoint);
		at += sizeof(*endpoint);
		at += option_write_return(at, outer);
	}
	if (outer->options & OPTION_ADMISSION)
		at += option_write_admission((void *)at, outer);
	return at - first;
}

INLINE void outer_fill(struct outer_bytes *b, const struct outer *outer, __u32 options, __u32 inner)
{
	struct addr saddr = ip_own(&outer->saddr), daddr = ip_own(&outer->daddr);
	__u32 payload = sizeof(*b) - IP_HLEN + options + inner;
	__u32 *length = (void *)&b->udp.len;
	__be64 *id = (void *)b->service.id;

	ip_fill(&b->ip, &saddr, &daddr, IPPROTO_UDP, payload, TUNNEL_TTL);
	ip_finish(&b->ip, outer->tos, outer->label); /* RFC 6040 section 4.1, normal mode */
	b->udp.source = outer->sport;
	b->udp.dest = outer->dport;
	*length = length_field(payload); /* and no checksum */
	b->geneve.version_length = (sizeof(b->service) + options) / 4;
	b->geneve.flags = GENEVE_FLAG_CRITICAL;
	b->geneve.protocol = outer->protocol;
	geneve_set_vni(&b->geneve, outer->vni);
	b->service.head = option_head(GENEVE_OPTION_SERVICE, sizeof(b->service.id));
	*id = bpf_cpu_to_be64(outer->id);
}

/* Write the headers of p->outer before an inner packet into p->headers; returns their length. */
INLINE __u32 outer_write(struct packet *p)
{
	struct outer_bytes *bytes = (void *)p->headers;
	__u32 options = outer_options((void *)(bytes + 1), &p->outer);

	outer_fill(bytes, &p->outer, options, p->length);
	CHECKED(options);
	return sizeof(*bytes) + (options & 63);
}

/* Bytes by which bpf_skb_change_proto() to this family lengthens the packet. */
#define PROTO_GROWS (FAMILY == 4 ? -20 : 20)

/* True if the packet inside is of the other family: skb->protocol changes with the outer headers. */
INLINE bool tunnel_is_mixed(const struct packet *p)
{
	return p->outer.protocol != bpf_htons(ETH_P_OWN);
}

/* Make room for the outer headers. A packet that came out of a tunnel over a veth still counts as
 * encapsulated, and the flags refuse a second time (-EALREADY): a packet that needs no segmentation
 * does without them. */
INLINE int tunnel_room(struct __sk_buff *skb, const struct packet *p, __s32 bytes)
{
	if (!bpf_skb_adjust_room(skb, bytes, BPF_ADJ_ROOM_MAC, ENCAP_FLAGS))
		return 0;
	if (skb->gso_size)
		return -EIO;
	if (!tunnel_is_mixed(p))
		return bpf_skb_adjust_room(skb, bytes, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO);
	if (bpf_skb_adjust_room(skb, bytes - PROTO_GROWS, BPF_ADJ_ROOM_MAC,
				BPF_F_ADJ_ROOM_FIXED_GSO))
		return -EIO;
	return bpf_skb_change_proto(skb, bpf_htons(ETH_P_OWN), 0);
}

/* Take `length` bytes of outer headers of the other family off. Before Linux 6.3 no flag tells the new
 * protocol. */
INLINE int tunnel_shrink_mixed(struct __sk_buff *skb, __s32 length)
{
	const __u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO;

	if (!bpf_skb_adjust_room(skb, -length, BPF_ADJ_ROOM_MAC, flags | DECAP_L3))
		return 0;
	if (bpf_skb_change_proto(skb, bpf_htons(ETH_P_OWN), 0))
		return -EIO;
	return bpf_skb_adjust_room(skb, -length - PROTO_GROWS, BPF_ADJ_ROOM_MAC, flags);
}

/* Make the outer headers that the packet has as long as others, which replace them. It stays marked as
 * encapsulated if it was, with the inner headers where they were. To another family they shrink at the end:
 * bpf_skb_change_proto() would take the packet inside for one of that family, and lose it in segmentation. */
INLINE int tunnel_resize(struct __sk_buff *skb, const struct packet *p, __s32 bytes)
{
	bool other = skb->protocol != bpf_htons(ETH_P_OWN);
	__s32 change = bytes - p->outer.length;
	__s32 grows = !other || change < 0 ? change : change + 4;

	if (grows && (!other || grows > 0) &&
	    bpf_skb_adjust_room(skb, grows, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO))
		return -EIO;
	if (!other)
		return 0;
	return tunnel_shrink_mixed(skb, change < 0 ? -change : 4);
}

/* Make the Ethernet header name this family. */
INLINE int ethernet_own(struct __sk_buff *skb)
{
	const __be16 proto = bpf_htons(ETH_P_OWN);

	return bpf_skb_store_bytes(skb, offsetof(struct ethhdr, h_proto), &proto, sizeof(proto), 0);
}

/* Make place for `length` bytes of outer headers of this family. */
INLINE int tunnel_place(struct __sk_buff *skb, const struct packet *p, __u32 length)
{
	bool other = false;
	int err;

	if (unlikely(p->outer.length)) {
		other = skb->protocol != bpf_htons(ETH_P_OWN);
		err = tunnel_resize(skb, p, length);
	} else {
		err = tunnel_room(skb, p, length);
	}
	if (err)
		return err;
	return unlikely(other || tunnel_is_mixed(p)) ? ethernet_own(skb) : 0;
}

/* Put the IP packet at ETH_HLEN, or behind the outer headers that it still has, into the tunnel p->outer,
 * which is of this family, and send it. The UDP checksum is zero (RFC 8926 section 3.3, RFC 6935). */
SUBPROGRAM enum verdict tunnel_send(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_DROP);
	__u32 length = outer_write(p);
	struct addr daddr;

	if (tunnel_place(skb, p, length) ||
	    bpf_skb_store_bytes(skb, ETH_HLEN, p->headers, length, BPF_F_RECOMPUTE_CSUM))
		return drop(p, REASON_NO_ROOM);
	daddr = ip_own(&p->outer.daddr);
	return route_go(skb, p, &daddr, false); /* a pod of this node has a door */
}

INLINE enum verdict tunnel_leave(struct __sk_buff *skb, struct packet *p, enum reason reason)
{
	enum verdict verdict = tunnel_send(skb, p);

	return reason ? forwarded(p, reason, verdict) : verdict;
}

/* Send the packet, now with the addresses and ports `inner`, by the tunnel p->outer, or leave that to the
 * other family's program. `reason` counts it as forwarded, if it is one. */
INLINE enum verdict tunnel_out(struct __sk_buff *skb, struct packet *p, const struct nat *inner,
			       enum reason reason)
{
	tunnel_sign(p, inner);
	if (likely(p->outer.family == FAMILY))
		return tunnel_leave(skb, p, reason);
	p->reason = reason;
	return VERDICT_OUT;
}

/* As it came from its sender. */
INLINE const struct nat *packet_tuple(const struct packet *p)
{
	return (const struct nat *)&p->key;
}

_Static_assert(__builtin_offsetof(struct flow_key, dport) == __builtin_offsetof(struct nat, dport),
	       "packet_tuple()");

/* Apply the outer ECN field to the inner one (RFC 6040 section 4.2, figure 4). Returns -EIO if the
 * packet must be dropped. */
INLINE int tunnel_ecn(struct __sk_buff *skb, struct packet *p)
{
	__u8 outer = p->outer.tos & ECN_MASK, inner = p->tos & ECN_MASK;

	if (outer == ECN_CE && inner == 0)
		return -EIO;
	if ((outer == ECN_CE && inner != ECN_CE) || (outer == ECN_ECT1 && inner == ECN_ECT0))
		return ip_set_tos(skb, p, (p->tos & ~ECN_MASK) | outer);
	return 0;
}

/* Strip the outer headers, unless XDP did, and the bytes behind the inner packet (where the kernel
 * refuses to cut, see reply_cut(), the receiver ignores them). Moves `p` to ETH_HLEN. */
INLINE enum reason tunnel_strip(struct __sk_buff *skb, struct packet *p)
{
	__s32 length = p->l3 - ETH_HLEN;
	__u32 end = p->l3 + p->length;

	if (skb->len > end)
		bpf_skb_change_tail(skb, end, 0);
	if (length > 0 && p->outer.family == FAMILY ?
		    bpf_skb_adjust_room(skb, -length, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO) :
		    length > 0 && (tunnel_shrink_mixed(skb, length) || ethernet_own(skb)))
		return REASON_NO_ROOM;
	packet_move(p, ETH_HLEN);
	return tunnel_ecn(skb, p) ? REASON_TUNNEL_ECN : REASON_NONE;
}

#endif
