/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the files of pb_decode: where the parts of a resource go, and what was wrong. */
#ifndef PB_READER_H
#define PB_READER_H

#include "assignment.h"
#include "pb_decode.h"
#include "proto_arena.h"

#define PB_SCRATCH_MAX (1u << 20) /* bytes one small message may take, unpacked */
#define PB_NOWHERE SIZE_MAX

struct pb_reader {
	struct arena *arena;        /* of what is kept */
	struct proto_arena scratch; /* of what protobuf-c unpacks */
	struct eds_usage *usage;
	char *reason;              /* of PB_REASON_MAX bytes */
	size_t locality, endpoint; /* being read, for reasons; or PB_NOWHERE */
	const char *network;       /* last one kept: neighbours share it */
};

/* `scratch_max` bytes may be unpacked at a time; ended by proto_arena_done(&reader->scratch). */
void pb_reader_init(struct pb_reader *reader, struct arena *arena, size_t scratch_max,
		    char reason[PB_REASON_MAX]);

/* All below return 0, -EINVAL with a reason written, or -ENOMEM. */

/* -EINVAL, and `wrong` with its place; 0 when `wrong` is NULL. */
int pb_check(struct pb_reader *reader, const char *wrong);
int pb_fail(struct pb_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What is behind an unpack that returned NULL. */
int pb_unpack_failed(struct pb_reader *reader);

/* A copy of at most `max` bytes of UTF-8. */
int pb_keep(struct pb_reader *reader, const char *text, size_t max, const char **ret);
int pb_keep_slice(struct pb_reader *reader, struct pb_slice slice, size_t max, const char **ret);

/* Of LocalityLbEndpoints.lb_endpoints: one LbEndpoint, whose addresses count in reader->usage. */
int pb_read_endpoint(struct pb_reader *reader, struct pb_slice message, struct endpoint *endpoint);
/* The network in a Metadata message. */
int pb_read_network(struct pb_reader *reader, struct pb_slice message, const char **ret);

#endif
