/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is known of gateways: written by the agent, and by the programs for what packets tell; read where a
 * backend is chosen. */
#ifndef PARALLAX_HEALTH_H
#define PARALLAX_HEALTH_H

#include "parallax_addr.h"

enum gateway_state {
	GATEWAY_UNKNOWN, /* has never answered a probe: in use */
	GATEWAY_UP,
	GATEWAY_DOWN,  /* takes no new flows */
	GATEWAY_PANIC, /* down as all gateways of its network are: in use */
};

#define HEALTH_GATEWAYS 1024              /* that are probed at most, a power of two */
#define HEALTH_ROWS (HEALTH_GATEWAYS + 1) /* of `health`; row 0 is this node's own */
#define HEALTH_TRIES 8         /* rows in which a gateway may stand, from that of its hash on */
#define HEALTH_PROBES 8        /* of one gateway on their way at a time, a power of two */
#define HEALTH_SIZED HEALTH_PROBES  /* of those, the place of the one that tries a size */
#define HEALTH_ROW_SIZED (1u << 31) /* beside the row that such a probe names */
#define HEALTH_AVOID_SECONDS 5 /* without new flows, after what packets told */
#define HEALTH_RTT_BOUNDS 10

/* A probe on its way, by its number. */
struct health_probe {
	__u64 sent_ns; /* CLOCK_MONOTONIC; written before the probe is sent */
	__u32 sequence;
	__u32 rtt_us; /* 0: not answered; written by the program that sees the answer */
};

/* Element of `health`. */
struct gateway_health {
	/* Written by the agent. */
	struct ip_addr addr; /* outer address; none: the row is free */
	__be16 port;         /* outer port */
	__u8 state;          /* enum gateway_state */
	__u8 zero;
	__u32 sent_probes, lost_probes;          /* of the last minute */
	__u32 rtt_p50_us, rtt_p99_us;            /* the same; 0: none was answered */
	__u32 rtt_counts[HEALTH_RTT_BOUNDS + 1]; /* answers of all time, by health_rtt_bounds */
	__u64 rtt_sum_us;
	/* Written by programs: jiffies, low 32 bits, never 0. */
	__u32 used;    /* when a packet of a flow went there (+1 s) */
	__u32 avoided; /* when a router said that it cannot be reached; 0: never */
	/* Told by the last answer; in row 0 written by the agent, to be told. */
	__u32 services;
	__u32 network; /* its network id */
	__u16 mtu;     /* greatest IP packet that it sends on to a pod; 0: not known */
	__u8 load;     /* percent */
	__u8 flags;    /* PROBE_* of the answer */
	__u8 zero2[4];
	struct health_probe probes[HEALTH_PROBES + 1];
};

#endif
