/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets, described field by field and built with right lengths and checksums. */
#ifndef PKT_H
#define PKT_H

#include <stdbool.h>
#include <stdint.h>

#include "cast.h"

#define PKT_MAX 3600

#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define PSH 0x08
#define ACK 0x10
#define ECE 0x40

#define DF 0x4000
#define MF 0x2000

/* A port that the program may choose: bound by the first packet that shows it, the same ever
 * after. Each has a range, and those of one kind must differ from one another. */
enum port_variable {
	ANY_TUNNEL_PORT = 0x10000, /* one of the 64, of the client's first flow */
	ANY_TUNNEL_PORT_B,
	ANY_SNAT,
	ANY_SNAT_B,
	ANY_CLASH,
	ANY_CLASH_B,
	PORT_VARIABLES_END
};
#define PORT_VARIABLES (PORT_VARIABLES_END - ANY_TUNNEL_PORT)

struct port_values {
	uint16_t value[PORT_VARIABLES]; /* host order; 0: not bound yet */
};

/* An extension header of IPv6. A list ends with one of no words. */
struct ext {
	uint8_t type;
	uint8_t words;    /* its length, in 8 bytes */
	uint8_t segments; /* of a routing header: left */
};

#define EXT_HOP_BY_HOP 0
#define EXT_ROUTING 43
#define EXT_DESTINATION 60
#define EXT_MOBILITY 135 /* one that the programs do not know */
#define EXT(...)                                                                                   \
	.ext = (const struct ext[])                                                                \
	{                                                                                          \
		__VA_ARGS__, { 0 }                                                                 \
	}

/* Tunnel packets between gateway and pod have one destination port both ways. */
enum hop { HOP_NONE, HOP_REQUEST, HOP_REPLY };

/* Outer headers. Ports and addresses in host order, as in struct pkt. */
struct outer {
	uint32_t saddr, daddr;
	uint32_t sport, dport;
	uint32_t vni;
	uint64_t id;
	uint8_t tos;
	uint8_t ttl;             /* 0: 64 */
	uint16_t frag;           /* 0: DF */
	bool no_df;
	uint8_t ip_proto;        /* 0: UDP */
	uint8_t version;         /* of Geneve */
	uint8_t flags;           /* flipped in the flags octet, whose right value is C */
	uint16_t protocol;       /* 0: of the packet inside */
	bool no_service;         /* leave the service option out */
	uint32_t endpoint;       /* not 0: an endpoint id, behind the service */
	uint32_t back;           /* not 0: a return option, with these ports */
	uint16_t back_port, pod_port;
	uint8_t back_family;     /* of `back`; 0: of the outer headers */
	bool room;               /* room for one */
	bool udp_sum;            /* right UDP checksum instead of 0 */
	uint8_t option_type;     /* if not 0: a further option of class `option_class` */
	uint16_t option_class;
	uint8_t option_words;    /* its data, in words */
	bool option_first;       /* before the service option */
	uint16_t key;            /* if not 0: the tag of this key, last (sign.h) */
	uint16_t named_key;      /* the id that stands there, if another */
	int32_t epoch_add;       /* signed so many epochs later */
	uint64_t tag_flip;       /* bits that are wrong in the tag */
	uint64_t signed_id; /* the tag is of this service, network, port or direction instead */
	uint32_t signed_vni;
	int16_t signed_port_add;
	bool other_direction;
	enum hop hop;             /* the tag is of the network with itself */
	int8_t option_length_add; /* lie about the options' length, in words */
	uint8_t ip_options;      /* words of outer IP options */
	uint16_t bad_ip_sum;     /* as in struct pkt */
	const struct ext *ext;   /* IPv6 */
	bool other_family;       /* of another family than the packet inside */
	bool padding_outside;    /* the inner padding is Ethernet's, not the tunnel's */
};

struct pkt {
	uint8_t family; /* 0: that of the table */
	enum mac dst_mac, src_mac;
	uint16_t vlan;           /* not 0: a tag of this VLAN before the ethertype */
	uint16_t ethertype;      /* 0: of its family; others carry `len` bytes of filling only */
	uint8_t proto;           /* IPPROTO_TCP, UDP or ICMP; others carry filling only */
	uint32_t saddr, daddr;
	uint32_t sport, dport;   /* or an enum port_variable */
	uint8_t tos;
	uint8_t ttl;             /* 0: 64 */
	uint16_t ip_id;
	uint16_t frag;           /* flags and offset; 0: DF */
	bool no_df;              /* frag is really 0 */
	uint8_t ip_options;      /* words of IP options, all NOP */
	const struct ext *ext;   /* IPv6 */
	bool atomic;             /* IPv6: a fragment that is the whole packet */
	bool any_id;             /* IPv6: the program chooses the fragment's id */
	uint8_t ip_version;      /* 0: its family's */
	uint8_t flags;           /* TCP */
	uint32_t seq, ack;
	uint16_t window;         /* 0: 64240, see no_window */
	bool no_window;
	uint16_t mss;            /* 0: no MSS option */
	uint8_t pad_before_mss;  /* NOPs before it, to give it an odd place */
	const uint8_t *options;  /* further TCP options, after MSS */
	uint8_t options_len;     /* their bytes; all options are padded with END to 4 bytes */
	uint16_t len;            /* payload bytes, a fixed pattern */
	uint16_t whole;          /* UDP, first fragment: payload of the whole datagram, whose length
				  * and checksum stand in the header */
	uint16_t from;           /* later fragment: where its data stand in the payload */
	bool zero_sum;           /* UDP: no checksum */
	uint16_t bad_sum;        /* added to the right checksum, in ones' complement */
	uint8_t icmp_type, icmp_code;
	uint16_t icmp_mtu;
	const struct pkt *quote; /* ICMP payload: this packet from its IP header on */
	uint16_t quote_len;      /* at most so many bytes of it; 0: all */
	int16_t ip_length_add;   /* lie about the IP length */
	uint16_t bad_ip_sum;     /* added to the right header checksum, in ones' complement */
	uint16_t padding;        /* bytes after the IP packet */
	uint16_t cut;            /* bytes missing at the end of the frame */
	const struct outer *outer;
};

#define TCP(source, source_port, destination, destination_port, ...)                               \
	{.proto = 6, .saddr = (source), .sport = (source_port), .daddr = (destination),            \
	 .dport = (destination_port), __VA_ARGS__}
#define UDP(source, source_port, destination, destination_port, ...)                               \
	{.proto = 17, .saddr = (source), .sport = (source_port), .daddr = (destination),           \
	 .dport = (destination_port), __VA_ARGS__}
#define ICMP(source, destination, type, code, ...)                                                 \
	{.proto = 1, .saddr = (source), .daddr = (destination), .icmp_type = (type),               \
	 .icmp_code = (code), __VA_ARGS__}
#define OUTER(source, source_port, destination, destination_port, network, service, ...)           \
	.outer = &(const struct outer){.saddr = (source), .sport = (source_port),                  \
				       .daddr = (destination), .dport = (destination_port),        \
				       .vni = (network), .id = (service), __VA_ARGS__}

/* A port variable's place in a built frame. */
struct port_place {
	uint16_t offset;
	enum port_variable variable;
};

struct frame {
	uint8_t data[PKT_MAX];
	uint32_t len;
	uint32_t any_id_at;      /* 4 bytes that may be anything; 0: none */
	uint8_t place_count;
	struct port_place places[8];
};

static inline uint32_t frame16(const struct frame *frame, uint32_t at)
{
	return frame->data[at] << 8 | frame->data[at + 1];
}

static inline uint32_t frame32(const struct frame *frame, uint32_t at)
{
	return frame16(frame, at) << 16 | frame16(frame, at + 2);
}

/* Is there anything in this description? */
bool pkt_is_set(const struct pkt *pkt);

/* Build the frame; port variables take their value from `ports`, 0 if not bound. */
void pkt_build(const struct pkt *pkt, const struct port_values *ports, struct frame *ret);

/* Six bytes; NULL for MAC_ANY and MAC_DEFAULT. */
const uint8_t *mac_bytes(enum mac mac);

/* RFC 1071 over `len` bytes, starting from `sum`; not folded. */
uint32_t sum_add(const void *data, uint32_t len, uint32_t sum);
uint16_t sum_fold(uint32_t sum);

#endif
