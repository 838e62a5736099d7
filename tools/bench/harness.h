/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parameters that packet.c passes to harness.bpf.c. */
#ifndef BENCH_HARNESS_H
#define BENCH_HARNESS_H

#include "parallax_abi.h"

#define HARNESS_FRAME_MAX 128

/* Flow i differs from flow 0 in 16 low bits of an address and 12 low bits of a port. */
#define HARNESS_PORT_BITS 12
#define HARNESS_PORT 0x4000

struct harness_config {
	__u32 next;         /* counts the repetitions; flow number: next & flow_mask */
	__u32 flow_mask;    /* number of flows less one; a power of two less one */
	__u32 length;       /* of the fresh frame */
	__u32 length_after; /* expected */
	__u32 header;       /* bytes of the frame that are rewritten before every repetition */
	__u32 mark;         /* XDP: bytes the program puts before the frame, to be taken off again */
	__s32 verdict;      /* expected */
	__u32 check_at;     /* offset of 32 bits of the frame afterwards ... */
	__u32 check_mask;
	__u32 check_value;  /* ... which masked are this */
	__u32 host_at;      /* offset of the address's low 16 bits */
	__u32 port_at;
	__u32 ip_check_at;
	__u32 l4_check_at;
	__u32 ip_sum;       /* complement of the checksums of flow 0 */
	__u32 l4_sum;
	__u32 undos;        /* do and undo a change of length so often, to measure its cost */
	__u32 mark_after;   /* expected */
	__u64 runs, good;
	table_desc table;   /* of the step that walks over one */
	__u8 frame[HARNESS_FRAME_MAX + 32];
};

#endif
