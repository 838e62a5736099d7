/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The packet in progress. */
#ifndef PACKET_H
#define PACKET_H

#include "maps.h"

/* Fields of the outer headers of a tunnel packet. */
struct outer {
	struct ip_addr saddr, daddr;
	__be16 sport, dport;
	__u32 vni;           /* network id of the sender */
	__u64 id;            /* service id */
	union {              /* set together where a tunnel begins */
		struct {
			__u8 family;  /* of saddr and daddr; 0: not in a tunnel */
			__u8 reply;   /* 1: from the gateway to the client, 0 */
			__u16 length; /* bytes between the Ethernet header and the inner packet */
		};
		__u32 begin;
	};
	__be16 unused;
	__be16 protocol;     /* ETH_P_* of the inner packet */
	union {
		struct {
			__u32 label;   /* IPv6: flow label, by the hash of the inner flow */
			__u32 options; /* OPTION_*: those that it has */
		};
		__u64 bare; /* 0: neither */
	};
	__u32 endpoint;      /* with OPTION_ENDPOINT; else 0 */
	/* With OPTION_RETURN: where the client's packets came from, and the pod's port. */
	struct ip_addr back;
	__be16 back_port, pod_port;
	__u32 receiver;   /* of a packet to be sent: network id of the other end */
	__u16 key, epoch; /* with OPTION_ADMISSION */
	union {           /* XDP hands them on to TC together: see xdp_mark.h */
		struct {
			__u8 tos;
			__u8 probe;    /* with the O bit: see probe.h */
			__u8 admitted; /* its tag was right */
			__u8 zero;
		};
		__u32 told;
	};
	__u32 zeros;
	__u64 tag;
};

/* What a tag covers, in words of SipHash: see bpf/admission.h. */
#define TAGGED_WORDS (FAMILY == 4 ? 4 : 7)
struct tagged {
	__u64 word[TAGGED_WORDS];
	__u64 last;
};

#define OPTION_SERVICE (1u << 0)
#define OPTION_ENDPOINT (1u << 1)
#define OPTION_RETURN (1u << 2)
#define OPTION_ROOM (1u << 3) /* as long as the return option for this tunnel's family */
#define OPTION_ADMISSION (1u << 4)

/* The headers before an inner packet: IPv6, UDP, Geneve, service option, others, and what the bits of a
 * length can say beyond. */
#define HEADERS_MAX (TUNNEL_OVERHEAD_IPV6 + 64)

enum fragment_kind {
	FRAGMENT_NONE,
	FRAGMENT_FIRST, /* the transport header covers more than is there */
	FRAGMENT_LATER, /* no transport header: the ports are those of the first */
};

/* The packet that this CPU processes, parsed; it is the per-CPU element of `counters`. Programs of
 * one CPU do not interrupt one another: all run with softirqs disabled. Both families' programs find
 * all but `key` in the same place. */
struct packet {
	union {
		struct {
			struct outer outer;  /* of a tunnel packet */
			__u32 l3;            /* offset of the IP header */
			__u32 l4;            /* offset of the TCP or UDP header */
			__u32 length;        /* of IP header and payload, of all segments of GSO */
			__u8 hook;           /* enum hook */
			__u8 proto;
			__u8 ttl;
			__u8 tos;
			__u8 tcp_flags;      /* 0 for UDP */
			__u8 tcp_header;     /* bytes, with options; 0 for UDP */
			union {              /* set together */
				struct {
					__u8 fragment; /* enum fragment_kind */
					__u8 tunnel; /* at a pod's veth: it is in the tunnel `outer` */
				};
				__u16 plain;
			};
			__be16 ip_check;     /* IPv4 */
			__u8 reason;         /* for FAMILY_OUT: enum reason to count */
			__u8 quote_gap; /* IPv6: bytes between a header in ICMP and its ports */
			__u16 mtu;      /* of the tunnel, where the packet is too big for it */
			__be32 seq, ack;
			struct flow_key key; /* as on the wire; zone is set before a look-up */
			struct nat nat;      /* to which it is rewritten */
			struct tagged tagged; /* of the tunnel packet */
			__u8 headers[HEADERS_MAX] __attribute__((aligned(8))); /* being written */
		};
		__u64 scratch[SCRATCH_BYTES / 8];
	};
	struct counter counters[HOOK_COUNT * REASON_COUNT];
};

_Static_assert(sizeof(struct packet) == sizeof(struct cpu), "struct cpu");

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

/* The packet's key for a look-up in a subprogram. Before Linux 6.2 a map takes no key from a subprogram's
 * argument: it is copied to the stack, on which those of IPv6 have no room. */
INLINE const struct flow_key *packet_key(struct packet *p, struct flow_key *copy)
{
	__u32 zero = 0;

	if (FAMILY == 6) {
		p = bpf_map_lookup_elem(&counters, &zero);
		return p ? &p->key : NULL;
	}
	*copy = p->key;
	return copy;
}

INLINE bool is_udp(const struct packet *p)
{
	return p->proto == IPPROTO_UDP;
}

/* The first packet of a connection. With FIN or RST no TCP opens one. */
INLINE bool is_syn(const struct packet *p)
{
	return (p->tcp_flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST)) == TCP_SYN;
}

/* Length of TCP or UDP header. */
INLINE __u32 l4_hlen(const struct packet *p)
{
	return is_udp(p) ? UDP_HLEN : p->tcp_header;
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
	if (likely(skb_data(skb) + bytes <= skb_end(skb)))
		return;
	if (bytes > skb->len)
		bytes = skb->len;
	if (skb_data(skb) + bytes > skb_end(skb))
		bpf_skb_pull_data(skb, bytes);
}

#endif
