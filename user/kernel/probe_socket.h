/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sends probes from one of the node's tunnel source ports. A socket leaves routes, neighbours, encryption and
 * devices without Ethernet headers to the kernel; answers never reach it, the programs at the uplink take
 * them. */
#ifndef PROBE_SOCKET_H
#define PROBE_SOCKET_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "parallax_probe.h"

/* By which a probe gets its tag. */
struct probe_signer {
	uint16_t key; /* id */
	uint32_t epoch;
	struct siphash_key send;
};

/* The parts of a packet that the sender knows. */
struct probe {
	uint32_t network; /* id of the sender's network */
	uint32_t sequence, row;
	uint64_t time;
	const struct probe_signer *signer; /* NULL: without a tag */
	uint16_t mtu;  /* greatest IP packet that the gateway may send to the node; 0: not known */
	uint32_t device; /* ifindex by which it leaves, or not at all; 0: by any */
	uint32_t size; /* IP bytes of the packet to send; less than its headers need: no padding */
};

/* Opens a socket at `source`, a port of TUNNEL_SOURCE_PORT and following that is free, the first that is
 * tried by `seed`. Returns it, or -errno. */
int probe_socket_open(const struct addr *source, uint32_t seed);

/* Returns 0 or -errno; the packet is not fragmented. */
int probe_socket_send(int fd, const struct addr *to, uint16_t port, const struct probe *probe);

#endif
