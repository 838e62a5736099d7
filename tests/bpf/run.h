/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Running rows of a packet table: packet in, program, verdict, packet out, counter. */
#ifndef RUN_H
#define RUN_H

#include "parallax_wire.h"
#include "pkt.h"
#include "world.h"

/* Verdicts of the tc programs. */
#define NEXT (-1)
#define SHOT 2
#define REDIRECT 7

#define COUNT(reason) REASON_##reason
#define STATE(state) (FLOW_##state + 1)
/* FIN_FORWARD, FIN_REPLY and ANSWERED of every entry. */
#define FLAGS(flags) (0x100 | (flags))

/* One packet. A field left zero expects no effect: no counter moves, the frame is unchanged. */
struct step {
	enum program program;
	enum device device;
	enum device from; /* TO_POD: the device that the packet came to this machine by; 0: none */
	struct pkt in;
	uint16_t gso_size;
	uint32_t mark;
	/* XDP only: the frame goes on through px_uplink and `out` enters this pod; nothing enters
	 * when `verdict` is SHOT. `count` is px_uplink's, beside XDP's own XDP_DECAP, which a
	 * frame with a VLAN tag does not get. */
	enum device live;
	int verdict;
	struct pkt out;        /* not set: as `in`; not looked at after SHOT and XDP_DROP */
	enum reason count;     /* COUNT(reason): of this program's hook, by one packet */
	bool ip_bytes_unknown; /* do not compare the counter's bytes with the packet's */
	/* After the packet. */
	bool tables;           /* compare the number of entries: */
	uint16_t flows, embryonic;
	int state;             /* STATE(state) of every entry */
	int flags;             /* FLAGS(flags) of every entry */
	void (*before)(struct world *world);
	bool (*after)(struct world *world);
};

struct test_case {
	const char *name;
	void (*setup)(struct world *world);
	const struct step *steps; /* ended by one without a program */
	/* Instead of steps, or after them; prints why it fails. */
	bool (*run)(struct world *world);
	/* What only one family has: the row runs over that one alone. */
	const char *ipv4, *ipv6;
	bool mixed; /* the programs of both families are loaded, and call each other */
};

#define HEADER_CHECKSUM "a checksum of the IP header"
#define HEADER_OPTIONS "options of the IP header"
#define NO_CHECKSUM "UDP without a checksum"
#define NO_DF "packets that routers may cut"
#define DF_SET "datagrams that must not be cut"
#define EXTENSIONS "extension headers"
#define UDP_CHECKSUM "UDP that must have a checksum"
#define NEIGHBOURS "neighbour discovery by ICMP"

#define STEPS(...) .steps = (const struct step[]) {__VA_ARGS__, {0}}

/* Run one step. `ports` holds the ports that earlier steps bound. Returns false after printing
 * why. */
bool step_run(struct world *world, const struct step *step, struct port_values *ports);

/* Run one frame; *len and data are replaced by the result. Returns 0 or -errno. */
int frame_run(struct world *world, const struct step *step, uint8_t *data, uint32_t *len,
	      int *ret_verdict);

/* The rows of one file; registered by REGISTER_CASES() before main(). */
struct case_list {
	const struct test_case *cases;
	unsigned int count;
	struct case_list *next;
};
void cases_register(struct case_list *list);

/* Run all registered rows whose name contains `only` (NULL: all); adds to the totals. */
struct totals {
	unsigned int passed, failed, skipped;
};
void cases_run(struct world *world, const char *only, struct totals *totals);

/* Run one packet; returns the verdict. *ret_port: the source port of the packet out, unless NULL. */
int run_pkt(struct world *world, const struct step *step, const struct pkt *pkt, uint32_t *ret_port);

#endif
