/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Map keys and values that differ by IP family, each defined once: see parallax_families.h. */

/* Key of `vips`; the value is a __u32 row of `services`. Entries are added and deleted, never
 * changed in place: a hash element update is not atomic for readers. */
struct NAME(vip_key) {
	ADDR addr;
	__be16 port;
	__u8 proto; /* IPPROTO_TCP or IPPROTO_UDP */
	__u8 zero;
};

struct NAME(flow_key) {
	ADDR saddr;
	ADDR daddr;
	__be16 sport;
	__be16 dport;
	__u32 zone;
};

/* Tuple of a packet of this entry after rewriting. With both ends swapped it is the other entry's
 * key, and this entry's key swapped is the other entry's tuple. */
struct NAME(nat) {
	ADDR saddr;
	ADDR daddr;
	__be16 sport;
	__be16 dport;
};

/* Value of `flows` and `embryonic`: one entry of a flow's pair, one cache line with IPv4. */
struct NAME(flow) {
	__u16 tag;        /* flow_tag() of the key; a reader compares it first */
	__u8 state;       /* enum flow_state */
	__u8 action;      /* enum flow_action */
	__u32 seen;       /* jiffies, low 32 bits, of the last packet of either entry (+1 s) */
	__u32 backend;    /* row of `backends`; FLOW_DOOR: of `peers`, service and endpoint */
	__u16 generation; /* of that row when the flow was opened; FLOW_DOOR: the gateway's row of `peers` */
	__u16 service;    /* row of `services`, or FLOW_NO_SERVICE */
	__u64 bytes;      /* IP bytes of this direction */
	__u32 opened;     /* jiffies, low 32 bits */
	__u8 flags;       /* FLOW_REDIRECT ... */
	__u8 packets;     /* of this direction, beyond those in `usage`: see flow_seen() */
	__be16 peer_port; /* outer port of the other end */
	union {
		struct NAME(nat) nat;
		struct {                     /* ENCAP and DECAP: nothing is rewritten */
			__u32 service_id[2]; /* low and high half */
			__u32 endpoint;      /* that a gateway of mode forward told; 0: none */
		};
	};
	__u32 network; /* network id of the other end; FLOW_GATEWAY, FLOW_DOOR: of the client */
	__be32 peer; /* outer address of the other end, FLOW_DOOR: of the client; FLOW_PEER6: its row of `peers` */
	__u32 iface;   /* ifindex by which packets of this entry come; 0: not known yet */
	/* TCP, numbers of this direction; 0: not known yet. */
	__u32 seq; /* behind the last byte sent, with SYN and FIN */
	__u32 ack; /* the last acknowledgement sent */
};

/* Record of the ring `events`, written only while settings.follow_until lies ahead. */
struct NAME(flow_event) {
	__u64 at_ns; /* CLOCK_MONOTONIC */
	__u32 kind;  /* enum event_kind */
	__u32 zero;
	struct NAME(flow_key) key; /* of the forward entry */
	struct NAME(flow) flow;    /* the forward entry */
	__u64 reply_bytes;   /* of the reply entry, at EVENT_CLOSE */
};

/* Record of the ring `drop_events`, written only while settings.drops_until lies ahead. A field that
 * the programs did not read before they dropped the packet is 0. */
struct NAME(drop_event) {
	__u64 at_ns; /* CLOCK_MONOTONIC */
	struct NAME(flow_key) key; /* addresses and ports as on the wire, of the inner packet; zone is 0 */
	struct ip_addr outer_saddr, outer_daddr; /* of a tunnel packet */
	__u32 vni;    /* network id in its header */
	__u32 length; /* IP bytes */
	__u32 missed; /* dropped packets of this CPU since its last record that have none */
	__u8 hook;    /* enum hook */
	__u8 reason;  /* enum reason */
	__u8 proto;   /* IPPROTO_*; 0: even the addresses of `key` were not read */
	__u8 tcp_flags;
};

/* Per-CPU slot of `next_hops`, by a hash of the destination, which `dst` confirms. */
struct NAME(next_hop) {
	ADDR dst;
	__u32 ifindex; /* 0: empty */
	__u32 stamp;   /* jiffies, low 32 bits, of the last validation */
	__u8 dmac[6]; /* in this order in the frame */
	__u8 smac[6];
	__u32 flags; /* NEXT_HOP_* */
};
