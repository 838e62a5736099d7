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
#define MAX_ALLOWED 1024
#define MAX_NAMES 131072
#define MAX_USAGE 16384
#define EVENT_RING_BYTES (1u << 20)
#define DROP_RING_BYTES (1u << 18)

/* Embryonic flows have an LRU of flows / EMBRYONIC_FRACTION elements. */
#define EMBRYONIC_FRACTION 8

/* Seconds without a packet after which an entry may be reclaimed. */
#define TIMEOUT_OPENING 60
#define TIMEOUT_CLOSING 10
#define TIMEOUT_GATEWAY_CLOSING 60 /* SNAT ports rest */
#define TIMEOUT_ESTABLISHED 21600
#define TIMEOUT_UDP 60

/* Generated replies (RST, ICMP) per CPU and second. */
#define REPLIES_PER_SECOND 1000

/* Records of dropped packets per CPU and second; the others are counted in the next record. */
#define DROP_EVENTS_PER_SECOND 1000

#endif
