/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Map keys and values shared by the BPF programs and userspace.
 *
 * Fields typed __be16/__be32 are in network byte order, all others in host order. Padding is
 * named `zero` and must be zero, since keys are compared byte by byte.
 */
#ifndef PARALLAX_ABI_H
#define PARALLAX_ABI_H

#include "parallax_addr.h"
#include "parallax_health.h"
#include "parallax_reasons.h"
#include "parallax_siphash.h"

#define FAMILY_TEXT "parallax_flow_abi.h"
#include "parallax_families.h"

/* Changes with every layout below. A data plane of another version is carried over field by field
 * (user/layout/layout.h): a field that changes its meaning changes its name. */
#define ABI_VERSION 10

/* ------------------------------------------------------------------ services */

/* Key of `service_ids`, by which a gateway finds the row that a tunnel packet names; value __u32
 * row. */
struct service_id_key {
	__u64 id;
	__u32 family; /* of the inner packet: 4 or 6 */
	__u32 zero;
};

/* Eight slots of the slot arena, one cache line. */
#define BUCKET_SLOTS 8
struct bucket {
	__u64 slot[BUCKET_SLOTS];
};

/* Descriptor of a table in the slot arena, published by one aligned store; parallax_table.h
 * explains tables. Bits 0-27 first bucket, 28-32 binary logarithm of the lines, 33-37 scale of the
 * shares (kept for the agent), 38-57 buckets (0: no backend), 58-63 generation, which differs from
 * that of the table before. */
typedef __u64 table_desc;

#define TABLE_OFFSET_BITS 28
#define TABLE_SHAPE_BITS 10
#define TABLE_LINE_BITS 5 /* of the shape */
#define TABLE_BUCKET_BITS 20
#define TABLE_GENERATION_BITS 6
#define TABLE_BUCKET_SHIFT (TABLE_OFFSET_BITS + TABLE_SHAPE_BITS)
#define TABLE_GENERATION_SHIFT (TABLE_BUCKET_SHIFT + TABLE_BUCKET_BITS)
#define TABLE_OFFSET(table) ((__u32)((table) & ((1ULL << TABLE_OFFSET_BITS) - 1)))
/* Logarithm of the lines and, above it, scale. */
#define TABLE_SHAPE(table) ((__u32)((table) >> TABLE_OFFSET_BITS & ((1u << TABLE_SHAPE_BITS) - 1)))
#define SHAPE_BITS(shape) ((__u32)(shape) & ((1u << TABLE_LINE_BITS) - 1))
#define TABLE_BITS(table) SHAPE_BITS(TABLE_SHAPE(table))
#define TABLE_BUCKETS(table)                                                                       \
	((__u32)((table) >> TABLE_BUCKET_SHIFT & ((1u << TABLE_BUCKET_BITS) - 1)))
#define TABLE_GENERATION(table) ((__u32)((table) >> TABLE_GENERATION_SHIFT))
#define TABLE_DESC(offset, shape, buckets, generation)                                             \
	((table_desc)(offset) | (table_desc)(shape) << TABLE_OFFSET_BITS |                         \
	 (table_desc)(buckets) << TABLE_BUCKET_SHIFT |                                             \
	 (table_desc)(generation) << TABLE_GENERATION_SHIFT)

#define SERVICE_IN_USE (1u << 0)  /* the row is valid */
#define SERVICE_AFFINITY (1u << 1) /* choose by source address alone */
/* For display; the packet path does not read these. */
#define SERVICE_PANIC (1u << 2)    /* a priority that takes load has too few healthy endpoints */
#define SERVICE_DEGRADED (1u << 3) /* degraded endpoints take load */

/* One row of `services`: one VIP:port/protocol. The row repeats its key, and a reader accepts it
 * only if that agrees with the packet. */
struct service {
	struct ip_addr vip; /* zero in rows for the gateway role alone, found by id */
	__be16 port;
	__u8 proto;
	__u8 flags; /* SERVICE_* */
	__u8 family; /* 4 or 6 */
	__u8 zero[3];
	__u64 id;               /* service id, see service_id() in parallax_wire.h */
	table_desc table;       /* client side: local pods and gateways */
	table_desc local_table; /* gateway side: pods of our own network only */
	__u64 captured_ns;      /* CLOCK_MONOTONIC; of the VIP, kept over restarts */
	__u64 drop; /* client side: drop_hash() below this refuses a connection; 2^32: all */
};

/* Drop categories of a service; further ones share the last. */
#define DROP_CATEGORIES 8

/* Element of `drops`, by row of `services`: the categories by which refused connections are
 * counted. service.drop alone decides if one is refused. */
struct drops {
	__u64 upto[DROP_CATEGORIES];    /* rising; the first above drop_hash() is the category */
	__u64 refused[DROP_CATEGORIES]; /* connections, counted by the packet path */
};

enum backend_kind {
	BACKEND_LOCAL,       /* a pod of this network (or a flat one), by its own address */
	BACKEND_GENEVE,      /* a Parallax gateway */
	BACKEND_PASSTHROUGH, /* a stock gateway: destination NAT only */
};

#define BACKEND_DRAINING (1u << 0) /* left the view: takes no new flows, keeps established ones */

/* One row of `backends`: one backend of one service row. Row 0 is never used. */
struct backend {
	struct ip_addr addr; /* of the endpoint, or of the gateway */
	__be16 port;        /* of the endpoint, or of the gateway as in meshNetworks */
	__u16 generation;   /* 0: the row is unused; changes at each reuse */
	__u8 kind;          /* enum backend_kind */
	__u8 flags;         /* BACKEND_* */
	__be16 tunnel_port; /* BACKEND_GENEVE: outer destination port */
	__u32 service;      /* row of `services` */
	__u32 network;      /* network id of the endpoint */
	__u64 service_id;   /* as in the service row; checked after a table look-up */
	__u32 share;        /* of 10^9, as computed before the table is filled */
	__u32 weight;       /* sum of EDS weights, saturated */
	__u32 slots;        /* of the client table, in TABLE_WHOLE to an entry */
	__u16 priority;
	__u16 locality; /* index of a NAME_LOCALITY */
	__u16 last_generation; /* of an unused row: the generation it had */
	__u16 zero;
	__u32 endpoint; /* endpoint id, see user/desired/endpoint_ids.h; 0: none */
};

/* Key of `endpoints`, by which a gateway of mode forward finds the row of `backends` that a packet names. */
struct endpoint_key {
	__u64 service_id;
	__u32 endpoint;
	__u32 family;
};

/* ------------------------------------------------------------------ flows */

enum flow_role {
	FLOW_CLIENT,        /* pod to VIP, as it leaves the pod */
	FLOW_REPLY,         /* backend to client, on the client's node */
	FLOW_GATEWAY,       /* client to VIP, inside a tunnel, at the gateway */
	FLOW_GATEWAY_REPLY, /* pod to SNAT address, at the gateway */
	FLOW_DOOR,          /* client to VIP, inside a tunnel, at the pod's node */
	FLOW_DOOR_REPLY,    /* pod to the address that stands for the client, at the pod's node */
};

/* zone: bits 8-31 network id (FLOW_GATEWAY, FLOW_DOOR: of the sender; else 0), bits 1-7 role, bit 0 UDP. */
#define FLOW_ZONE(network, role, udp) ((__u32)(network) << 8 | (__u32)(role) << 1 | !!(udp))
#define FLOW_ROLE(zone) ((zone) >> 1 & 0x7f)
#define FLOW_IS_UDP(zone) ((zone) & 1)

/* True for flows of clients of other networks, which came out of a tunnel. */
INLINE int flow_is_foreign(__u32 zone)
{
	return FLOW_ROLE(zone) >= FLOW_GATEWAY;
}

/* True for those of them at a pod's door. */
INLINE int flow_is_at_door(__u32 zone)
{
	return FLOW_ROLE(zone) >= FLOW_DOOR;
}

enum flow_state {
	FLOW_OPENING,     /* one end has not sent yet */
	FLOW_ESTABLISHED,
	FLOW_CLOSING,     /* both ends sent FIN, or one sent RST */
};

/* The programs' action on a packet of this entry. The other entry of the pair has the counterpart:
 * NAT and NAT, ENCAP and DECAP, DECAP_NAT and NAT_ENCAP. */
enum flow_action {
	FLOW_NAT,       /* rewrite to `nat` */
	FLOW_ENCAP,     /* encapsulate to `peer`, inner packet unchanged */
	FLOW_DECAP,     /* decapsulate, from `peer`, inner packet unchanged */
	FLOW_DECAP_NAT, /* gateway, forward: decapsulate, rewrite to `nat` */
	FLOW_NAT_ENCAP, /* gateway, reply: rewrite to `nat`, encapsulate to `peer` */
};

#define FLOW_REDIRECT (1u << 0)    /* skips the stack; chosen when the flow is opened */
#define FLOW_PASSTHROUGH (1u << 1) /* the backend is a stock gateway */
#define FLOW_FIN_FORWARD (1u << 2) /* the client sent FIN */
#define FLOW_FIN_REPLY (1u << 3)   /* the backend sent FIN */
#define FLOW_ANSWERED (1u << 4)    /* the backend sent SYN-ACK, the client has not answered it */
#define FLOW_TIME_WAIT (1u << 5)   /* the backend sent FIN first: its TCP remembers the tuple */

#define FLOW_PEER6 (1u << 6) /* `peer` is a row of `peers` */

#define FLOW_NO_SERVICE                                                                            \
	0xffff /* `service` of a direct flow whose port was rewritten, and of FLOW_DOOR */

/* Row of `owners`, see owner_row(): the sender that flows are counted for. */
struct owner {
	__u32 network; /* of the last flow: network id of a gateway's client; 0: a pod of this node */
	__u32 ifindex; /* of the pod's veth */
	__s32 flows;   /* in `flows`: forward entries that are not FLOW_CLOSING */
	__s32 embryonic; /* in `embryonic` */
	__u64 refused;   /* new flows, by settings.flows_per_owner */
	__u64 displaced; /* idle flows that gave way to new ones */
	__u32 second;    /* jiffies, low 32 bits, at the start of the second of the next two */
	__u32 refusals;  /* RST and ICMP "unreachable" sent back */
	__u32 too_big;   /* ICMP "fragmentation needed" */
	__u32 probes;    /* answered */
	struct ip_addr addr; /* outer address of the gateway's client */
};

enum event_kind { EVENT_OPEN, EVENT_CLOSE };

/* ------------------------------------------------------------------ networks and gateways */

/* Key of `gateways`: this address is a gateway of that network; value struct gateway. */
struct gateway_key {
	struct ip_addr addr;
	__u32 network;
};

struct gateway {
	__be16 port; /* as in meshNetworks */
	__be16 tunnel_port;
	__u8 kind; /* enum backend_kind */
	__u8 zero[3];
};

#define NETWORK_GATEWAYS 8

/* Value of `networks`, keyed by network id (__u32); any other VNI is unknown. */
struct network {
	__u32 flags; /* NETWORK_* */
	__u32 gateway_count;
	struct ip_addr gateways[NETWORK_GATEWAYS]; /* that an established flow may move to */
};

#define NETWORK_OWN (1u << 0)
#define NETWORK_FLAT (1u << 1)
#define NETWORK_ENCRYPTED                                                                          \
	(1u << 2) /* its tunnel packets leave and come in by IFACE_ENCRYPTS alone */

/* Key of the trie `allowed`: outer sources that the gateway admits. */
struct allowed_key {
	__u32 prefix;  /* ALLOWED_NETWORK_BITS and the bits of addr that count: IPv4 has 96 more */
	__u32 network; /* network id that the source may send for, 0: any; ALLOWED_IPV6 */
	struct ip_addr addr;
};

#define ALLOWED_NETWORK_BITS 32
#define ALLOWED_IPV6 (1u << 31) /* set for IPv6: ::/0 has no IPv4-mapped address */
#define ALLOWED_PEER (1u << 30) /* alone: a gateway of our own network, for the doors of pods */

enum path_origin {
	PATH_ROUTER, /* an ICMP error said so: believed for PATH_SECONDS */
	PATH_PROBED, /* the agent's probes found it: holds until they find another one */
	PATH_PEER,   /* the client's node says so with its probes: believed for PATH_SECONDS */
};

/* Value of `paths`, keyed by the outer address of a gateway, or of a client of ours (struct ip_addr). */
struct path {
	__u32 mtu; /* greatest outer packet */
	__u32 told; /* what a router said last; 0: that less passes, not how much; or no router did */
	__u32 stamp; /* jiffies, low 32 bits: since when it is known or, of PATH_PEER, when it was said last */
	__u32 origin; /* enum path_origin */
};

/* ------------------------------------------------------------------ interfaces and next hops */

/* IFACE_HOST: the far end of the node's own pair, where the node's own packets to VIPs arrive. */
enum iface_role { IFACE_POD = 1, IFACE_UPLINK = 2, IFACE_HOST = 3 };

/* 169.254.80.88: source of the node's own connections after NAT. It never leaves the node, which
 * masquerades it, so that replies come back to the pair on whatever interface they arrive. Routed to
 * the far end of the pair. */
#ifdef __BYTE_ORDER__
#define HOST_CLIENT __builtin_bswap32(0xa9fe5058)
/* The same for IPv6: fd58:7ab3:50d1::5058, of a unique local prefix drawn at random (RFC 4193), since
 * the kernel forwards no packet from a link-local address. The words of an address. */
#define HOST_CLIENT6                                                                               \
	{ __builtin_bswap32(0xfd587ab3), __builtin_bswap32(0x50d10000), 0,                         \
	  __builtin_bswap32(0x5058) }
#endif

/* skb->mark of a packet that comes in again because its first part alone was sent; bits 0-15: bytes of
 * payload that were sent before (bpf/split.h). */
#define SPLIT_MARK 0x50780000

/* Value of `ifaces`, keyed by ifindex (__u32). */
struct iface {
	__u32 role;        /* enum iface_role */
	__u32 flags;       /* IFACE_ENCRYPTS */
	__u64 captured_ns; /* CLOCK_MONOTONIC; 0: attached at creation, nothing to take over */
};

/* What leaves by the device is encrypted, and what comes in was: WireGuard, an xfrm interface. */
#define IFACE_ENCRYPTS (1u << 0)

#define NEXT_HOP_POD (1u << 0) /* ifindex is a pod's veth: enter the pod directly */
#define NEXT_HOP_RESOLVED (1u << 1) /* dmac is known */
#define NEXT_HOP_PLAIN (1u << 31)   /* under ADMISSION_ENCRYPTED: ifindex does not encrypt */

#define NEXT_HOP_SLOTS 1024

/* ------------------------------------------------------------------ filters, names, settings */

/* Two bitmaps by which other traffic passes without a look-up. Bits are only added while the data
 * plane lives: a stale bit costs one look-up, a missing one a connection. */
#define FILTER_BITS (1u << 18)

struct filters {
	__u64 destinations[FILTER_BITS / 64]; /* VIPs, SNAT addresses: address_bit() */
	__u64 replies[FILTER_BITS / 64];      /* backends of flows with NAT: reply_bit() */
};

enum name_kind {
	NAME_CLUSTER,  /* index: row of `services`; e.g. outbound|5000||host */
	NAME_NETWORK,  /* index: network id */
	NAME_LOCALITY, /* index: backend.locality; region/zone/sub_zone */
	NAME_DROPS,    /* index: row of `services`; its drop categories, a line each */
};

struct name_key {
	__u32 kind; /* enum name_kind */
	__u32 index;
};

/* Value of `names`, for display: the packet path never reads it. */
struct name {
	char text[256]; /* terminated by a zero byte */
};

#define MAX_SNAT 8

/* `vips` also holds each virtual address with port and proto 0, value 0, for packets whose ports
 * cannot be read. */

#define SETTING_REDIRECT (1u << 0) /* delivery: redirect */
#define SETTING_GATEWAY (1u << 1)  /* the gateway role is configured and may open */
#define SETTING_RESET (1u << 2)    /* draining: reset */
#define SETTING_SNAT_SHARED (1u << 3) /* a SNAT address is the node's own */
#define SETTING_USAGE_PODS (1u << 4) /* `usage` tells pods apart */
#define SETTING_FORWARD (1u << 5)    /* gateway.mode: forward */
#define SETTING_XDP_SEND (1u << 7)   /* devices with XDP send what it returns to them */
#define SETTING_KEEP_CLIENT (1u << 6) /* gateway.clientAddress: keep */

/* The only element of `settings`. Written while packets are processed, field by field. Arrays of two
 * are by family: IP_V4_INDEX, IP_V6_INDEX. */
struct settings {
	__u32 abi_version;       /* first in every version */
	__u32 flags;             /* SETTING_* */
	__u32 network;           /* id of this network: the VNI of packets sent */
	__u32 hz;                /* jiffies per second */
	__u64 takeover_ns;       /* see struct iface, struct service */
	__u64 follow_until;      /* CLOCK_MONOTONIC ns; flow events are recorded until then */
	__u64 drops_until;       /* the same for drop events */
	struct ip_addr source[IP_FAMILIES]; /* outer source address towards gateways */
	struct ip_addr listen[IP_FAMILIES]; /* gateway: outer address at which it is reached */
	__be16 listen_port;      /* gateway: outer port; 0: no gateway role */
	__u16 mtu;               /* of the uplink; inner packets get tunnel_overhead() less */
	__u32 uplink;            /* ifindex */
	__u32 snat_count[IP_FAMILIES];
	struct ip_addr snat[IP_FAMILIES][MAX_SNAT];
	__u16 snat_first; /* SNAT ports, host order, outside of those that the node itself uses */
	__u16 snat_last;
	__u32 narrow_paths; /* `paths` may have one that is narrow; set by programs, cleared by the agent */
	__u32 flows_per_owner; /* limits.flowsPerPod; 0: by the size of `flows` */
	__be16 door_port; /* at which pods of this node are reached by gateways; 0: they are not */
	__u16 hop_mtu;    /* of a packet between gateway and pod; 0: as `mtu` */
	struct ip_addr inside[IP_FAMILIES]; /* gateway of mode forward: its address towards pods */
	struct ip_addr
		foreign[IP_FAMILIES];   /* prefix of addresses that stand for clients at pods */
	__u8 foreign_bits[IP_FAMILIES]; /* its length: of 32 or 128 bits */
	__u8 zero[2];
	__u32 option_bytes;    /* of the options that a tunnel packet may have beside the service's */
	__u32 admission;       /* ADMISSION_* */
	__u32 key_generation;  /* of `keys`; changed after its elements are there */
	__u64 epoch; /* of EPOCH_SECONDS since 1970, above jiffies at its start; 0: the time is not known */
};

#define ADMISSION_VERIFY (1u << 0) /* there are keys: a packet with a tag must have the right one */
#define ADMISSION_SIGN (1u << 1)   /* packets get a tag */
#define ADMISSION_REQUIRE (1u << 2) /* packets without a tag do not enter */
#define ADMISSION_OPEN (1u << 3)    /* who has a key needs no place in `allowed` */
#define ADMISSION_HOP (1u << 4)     /* our network has a key for packets between gateway and pod */
#define ADMISSION_ENCRYPTED                                                                        \
	(1u << 5) /* beside the others: there is a network with NETWORK_ENCRYPTED */

/* The time in tags: they are believed in their epoch, the one before and the one after. */
#define EPOCH_SECONDS 64

/* The epoch when `jiffies` have passed, by a word of settings.epoch, which an agent that is gone no longer
 * renews. */
INLINE __u32 epoch_at(__u64 word, __u32 jiffies, __u32 hz)
{
	__u32 passed = jiffies - (__u32)word, length = EPOCH_SECONDS * hz;

	if (__builtin_expect(passed < length, 1) || !length)
		return word >> 32;
	return (__u32)(word >> 32) + passed / length;
}

/* Key of `keys`, elements of which never change: other keys have another generation. */
struct admission_key_id {
	__u32 network; /* id of the other network */
	__u32 id;      /* of the key; 0: the one that signs */
	__u32 generation;
};

struct admission_key {
	__u32 id;
	__u32 zero;
	struct siphash_key send, receive;
};

/* Elements of `status`: JSON texts of the agent, each cut into parts. A text is whole when the
 * parts of one version add up to its length. */
#define STATUS_AGENT 0 /* record of the agent itself; each other record is a service's */
struct status_key {
	__u64 record;
	__u32 part;
	__u32 zero;
};

/* With key and header the element fills one object of 512 bytes (kernel/bpf/memalloc.c). */
#define STATUS_PART_BYTES 432
struct status_part {
	__u32 version;
	__u32 length; /* of the whole text */
	char text[STATUS_PART_BYTES];
};

/* Key of `usage`: flows of a service by one way. All zeros: of no key of their own, for want of room or
 * because the row of their backend went to another. */
struct usage_key {
	__u64 service_id;
	struct ip_addr
		client; /* of the pod, with SETTING_USAGE_PODS at the client's node; or none */
	struct ip_addr
		backend; /* of the gateway of now, with SETTING_USAGE_PODS of the pod too; or none */
	__u32 from, to; /* network ids of client and endpoint */
	__u8 kind;    /* enum backend_kind; of a client of another network: see usage_is_door() */
	__u8 gateway; /* 1: of a client of another network, 0: at the client's node */
	__u8 agent;     /* 1: added by the agent, which cannot add to a value that programs add to */
	__u8 zero[5];
};

/* Flows that ended, in all, and packets of others. */
struct usage {
	__u64 flows;
	__u64 sent, received; /* IP bytes, as the client sees them */
	__u64 sent_packets, received_packets;
};

/* In which role a node counts a packet or flow between networks. */
enum usage_role { USAGE_CLIENT, USAGE_GATEWAY, USAGE_DOOR };

/* Key of `network_drops`; value __u64, packets. Of the reason alone: between networks of which one is not known,
 * and what found no room. */
struct network_drop_key {
	struct ip_addr gateway; /* by which they came or were to go; none: unknown, or this node */
	__u32 network;          /* id of the other one */
	__u8 role;              /* enum usage_role */
	__u8 reason;            /* enum reason */
	__u8 zero[2];
};

/* Packets of an entry that are added to `usage` together. */
#define USAGE_PACKETS 256 /* flow.packets has 8 bits */

/* The only element of `layout`: the fields of all maps, for builds of other versions
 * (user/layout/layout.h). */
#define LAYOUT_TEXT_BYTES 16384
struct layout_text {
	char text[LAYOUT_TEXT_BYTES];
};

/* Element of `peers`, MAX_PEERS of them: an outer address that flows name; or service and endpoint of flows
 * at the doors of pods (PEER_SERVED, service id, endpoint id). */
#ifdef __BYTE_ORDER__
#define PEER_SERVED __builtin_bswap32(0xff000000) /* first word: nobody's address */
#endif
struct peer {
	struct ip_addr addr;
	__u32 used;    /* jiffies, low 32 bits, of the last packet (+1 s); 0: never */
	__u32 passing; /* 1: only flows that were not established have named it */
};

/* Programs that one family's call of the other's (bpf/families.h). */
enum family_hook {
	FAMILY_FROM_POD,
	FAMILY_TO_POD,
	FAMILY_UPLINK,
	FAMILY_UPLINK_L3,
	FAMILY_TO_UPLINK,
	FAMILY_TO_UPLINK_L3,
	FAMILY_INNER, /* with a packet in a tunnel of the other family */
	FAMILY_OUT,   /* with a packet to be encapsulated */
	FAMILY_PATH,  /* with an ICMP error about a packet in a tunnel of the other family */
	FAMILY_HOOKS,
};

/* Which programs see the packets during a handover (bpf/handover.h). */
enum handover_stage {
	HANDOVER_OLDER,   /* the older ones */
	HANDOVER_NEWER,   /* the newer ones, but for flows that are not carried over yet */
	HANDOVER_CARRIED, /* the newer ones */
};

/* Hooks that call one or the other, numbered as enum link_hook, and what one family's px_hand_* calls of
 * the other's. */
enum handover_hook {
	HANDOVER_FROM_POD,
	HANDOVER_TO_POD,
	HANDOVER_UPLINK,
	HANDOVER_INNER, /* with a packet in a tunnel of the other family */
	HANDOVER_UPLINK_L3,
	HANDOVER_HOOKS = 8
};

/* Programs in `handover_programs`: HANDOVER_HOOKS of each kind. */
enum handover_call {
	HANDOVER_CALL_OLDER,
	HANDOVER_CALL_NEWER,
	HANDOVER_CALL_IPV4, /* px_hand_* of that family */
	HANDOVER_CALL_IPV6,
	HANDOVER_CALLS
};

#define HANDOVER_PROGRAM(call, hook) ((call) * HANDOVER_HOOKS + (hook))

/* Index COUNTER(hook, reason) of struct cpu. */
struct counter {
	__u64 packets;
	__u64 bytes;
};

#define COUNTER(hook, reason) ((hook) * REASON_COUNT + (reason))

/* The only element of `counters`, per CPU. The programs keep the packet that they process in
 * `scratch`: one look-up leads to both. */
#define SCRATCH_BYTES 512
struct cpu {
	__u64 scratch[SCRATCH_BYTES / 8];
	struct counter counters[HOOK_COUNT * REASON_COUNT];
};

_Static_assert(TABLE_GENERATION_SHIFT + TABLE_GENERATION_BITS == 64, "table_desc");
_Static_assert(sizeof(struct bucket) == 64, "bucket: one cache line");
_Static_assert(sizeof(struct service) == 64, "service: one cache line");
_Static_assert(sizeof(struct backend) == 64, "backend: one cache line");
_Static_assert(sizeof(struct owner) == 64, "owner");
_Static_assert(sizeof(struct gateway_key) == 20, "gateway_key");
_Static_assert(sizeof(struct usage_key) == 56, "usage_key");

#endif
