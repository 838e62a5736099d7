/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sizes of maps, and bounds on everything that a peer can make grow. */
#ifndef PARALLAX_LIMITS_H
#define PARALLAX_LIMITS_H

/* Defaults of `limits:`. */
#define DEFAULT_SERVICES 16384
#define DEFAULT_BACKENDS 131072
#define DEFAULT_FLOWS 262144
#define DEFAULT_SLOTS (1u << 23)

#define MAX_SERVICES 65535      /* a flow names its row in 16 bits */
#define MAX_BACKENDS (1u << 20) /* TABLE_ROW_BITS */
#define MAX_FLOWS (1u << 24)
#define MAX_SLOTS (1u << 28)    /* 2 GB */
#define MAX_TABLE_ENTRIES ((1u << 20) - 1) /* half as many buckets: TABLE_BUCKET_BITS */

#define MAX_NETWORKS 4096
#define MAX_GATEWAYS 16384
#define MAX_IFACES 4096
#define MAX_PATHS 4096     /* to gateways and clients of ours with an MTU below the uplink's */
#define MAX_FRAGMENTS 8192 /* packets in fragments at one time */
#define MAX_ALLOWED 1024
#define MAX_KEYS 4096
#define MAX_PEERS 16384 /* power of two; flow.generation names a row */
#define MAX_NAMES 131072
#define MAX_NETWORK_DROPS 16384
#define MAX_USAGE 16384
#define EVENT_RING_BYTES (1u << 20)
#define DROP_RING_BYTES (1u << 18)

/* `embryonic` has room for flows / EMBRYONIC_FRACTION flows. */
#define EMBRYONIC_FRACTION 8

/* The default of limits.flowsPerPod is limits.flows / OWNER_FRACTION. */
#define OWNER_FRACTION 8

/* Rows of `owners`: half for pods, by ifindex, half for clients of the gateway, by a hash. */
#define OWNER_ROWS 16384

/* Seconds without a packet after which an entry may be reclaimed. */
#define TIMEOUT_OPENING 60
#define TIMEOUT_CLOSING 10
#define TIMEOUT_TIME_WAIT 60 /* at a gateway, as long as Linux keeps a tuple in TIME-WAIT */
#define TIMEOUT_ESTABLISHED 21600
#define TIMEOUT_UDP 60

/* Seconds without a packet after which a flow may give way to a new one of the same owner that has
 * no more room, or of a smaller owner in a full table. */
#define TIMEOUT_CROWDED 60
#define TIMEOUT_CROWDED_UDP 2

/* Seconds without a packet after which a closed flow may give way: all that was sent has arrived. */
#define TIMEOUT_CLOSED 2

/* Generated replies per owner and second: refusals (RST, ICMP), and as many times "too big". */
#define REPLIES_PER_SECOND 1000

/* Probes answered per client node and second: a NAT may hide a thousand nodes. */
#define PROBES_PER_SECOND 10000

/* How long what a router says is believed (RFC 1191 section 6.3). */
#define PATH_SECONDS 600

/* What any path carries (RFC 8899 section 5.1.2), and the least that routers are believed. */
#define PATH_MTU_BASE_IPV4 1200
#define PATH_MTU_MIN_IPV4 576
#define PATH_MTU_BASE_IPV6 1280
#define PATH_MTU_MIN_IPV6 1280

/* Records of dropped packets per CPU and second; the others are counted in the next record. */
#define DROP_EVENTS_PER_SECOND 1000

#endif
