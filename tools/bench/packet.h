/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cost per packet: the cases (packet_cases.c) and the measurement (packet.c). */
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
	bool inner;            /* the varying address is in the inner packet ... */
	uint32_t options;      /* ... behind so many bytes of options beside the service's */
	bool destination;      /* ... in its destination, else its source */
	bool single;           /* cannot be repeated on one frame */
	int verdict;
	int length_change;
	uint32_t check_at;     /* offset of an address afterwards ... */
	uint32_t check;        /* ... and its expected value, within `check_mask` (0: all of it) */
	uint32_t check_mask;
	int count;             /* COUNT(reason) */
	void (*setup)(struct world *world);
	/* Makes the flow pair; NULL: the case has no flow. */
	void (*flow)(uint32_t number, struct flow_key key[2], struct flow flow[2]);
};

extern const struct packet_case packet_cases[];
extern const unsigned int packet_case_count;

/* Of the command line. */
extern struct packet_options {
	uint32_t rounds, repetitions;
	uint32_t flows;   /* of each case; 0: as the case wants */
	const char *only; /* part of a case's name, NULL: all */
	bool sizes, steps;
} packet_options;

extern struct harness_bpf *packet_harness;

/* All that return int return 0 on success; on failure a message is on standard error. */
int packet_failed(const char *what);
int packet_open_harness(void);

/* One line of output: the program `fd`, met by packets of `flows` flows on `ifindex`. */
int packet_round(const struct packet_case *c, int fd, uint32_t ifindex, struct frame *frame,
		 uint32_t flows, uint32_t round);
int packet_single_round(const struct packet_case *c, int fd, uint32_t ifindex, struct frame *frame,
			uint32_t flows, uint32_t round);

bool packet_opens_flows(const struct packet_case *c);
void packet_clear_flows(struct world *world);
int packet_put_flows(struct world *world, const struct packet_case *c, uint32_t flows);

/* All rounds of a case in a world that is filled for it; the counters confirm the path taken. */
int packet_rounds(struct world *world, const struct packet_case *c, uint32_t flows);

int packet_sizes(struct world *world);
int packet_steps(struct world *world);

/* Fill the maps for `services` services with `endpoints` endpoints, the first service being VIP. */
void packet_fill(struct world *world, uint32_t services, uint32_t endpoints);

#endif
