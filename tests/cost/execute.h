/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How many instructions one packet takes: a program is interpreted over the maps of a world. */
#ifndef COST_EXECUTE_H
#define COST_EXECUTE_H

#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>

#define EXECUTE_ELEMENTS 128 /* of maps that one packet may look at */
#define EXECUTE_FRAME 2048  /* bytes of a frame, with room before it */

/* One element of a map, looked up once. Writes stay here; `value` is NULL if there is none. */
struct element {
	int fd;
	uint8_t key[64];
	void *value, *gone;
	size_t size;
};

/* The packet, below 4 GB: programs read its addresses from fields of 32 bits. */
struct execute_packet {
	union {
		struct __sk_buff skb;
		struct xdp_md xdp;
	};
	uint8_t frame[EXECUTE_FRAME];
};

struct machine {
	const struct bpf_insn *code; /* with subprograms, as libbpf loads it */
	struct execute_packet *packet;
	struct element elements[EXECUTE_ELEMENTS];
	uint32_t element_count;
	uint32_t jiffies;
	uint32_t saddr;      /* of the packet, within a tunnel if it came in one */
	uint32_t other_side; /* ifindex to which routes lead, but the one to `saddr` */
	uint64_t executed; /* instructions; not those within helpers */
	const char *failed;
	void (*trace)(size_t at);
};

/* Interpret the program on the packet; returns its verdict. machine->failed says why it cannot. */
int execute(struct machine *m);

/* helpers.c: call one. */
uint64_t execute_helper(struct machine *m, int helper, const uint64_t *args);

/* The value of a map of one element, as the sections of variables; NULL if it cannot be read. */
void *element_of(struct machine *m, int fd, const void *key);
void elements_free(struct machine *m);

#endif
