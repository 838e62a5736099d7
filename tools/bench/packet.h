/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cost per packet: what is measured (packet_cases.c) and how (packet.c). */
#ifndef BENCH_PACKET_H
#define BENCH_PACKET_H

#include "cases.h"
#include "harness.h"

/* Clients of the measured flows: 10.64.0.0 and up, ports 0x4000 and up. */
#define CLIENT IP(10, 64, 0, 0)
#define FAR_SNAT IP(172, 30, 0, 0)

struct packet_case {
	const char *name;
	enum program program;
	enum device device;
	struct pkt in;         /* of flow 0 */
	bool inner;            /* what varies stands in the inner packet */
	bool destination;      /* ... in its destination, else its source */
	bool single;           /* cannot be repeated on one frame */
	int verdict;
	int length_change;
	uint32_t check_at;     /* offset of an address afterwards ... */
	uint32_t check;        /* ... and what it must be, within `check_mask` (0: all of it) */
	uint32_t check_mask;
	int count;             /* COUNT(reason) */
	void (*setup)(struct world *world);
	/* The halves of a flow; NULL: none is there. */
	void (*flow)(uint32_t number, struct flow_key key[2], struct flow flow[2]);
};

extern const struct packet_case packet_cases[];
extern const unsigned int packet_case_count;

/* Fill the maps for `services` services with `endpoints` endpoints, the first service being VIP. */
void packet_fill(struct world *world, uint32_t services, uint32_t endpoints);

#endif
