/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory and errors of the protobuf decoders. */
#ifndef PB_READER_H
#define PB_READER_H

#include "assignment.h"
#include "pb_decode.h"
#include "proto_arena.h"

#define PB_SCRATCH_MAX (1u << 20) /* bytes of one small message, unpacked */
#define PB_NOWHERE SIZE_MAX

struct pb_reader {
	struct arena *arena;        /* for the result */
	struct proto_arena scratch; /* for messages that protobuf-c unpacks */
	struct eds_usage *usage;
	char *reason;              /* of PB_REASON_MAX bytes */
	size_t locality, endpoint; /* being read; reasons name them; or PB_NOWHERE */
	const char *network;       /* the latest copy, shared by neighbours */
};

/* Unpacks at most `scratch_max` bytes at a time. End it with proto_arena_done(&reader->scratch). */
void pb_reader_init(struct pb_reader *reader, struct arena *arena, size_t scratch_max,
		    char reason[PB_REASON_MAX]);

/* The functions below return 0, -EINVAL with text in `reason`, or -ENOMEM. */

/* Returns -EINVAL with the text and its place in `reason`. */
int pb_fail(struct pb_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The error of an unpack that returned NULL. */
int pb_unpack_failed(struct pb_reader *reader);

/* Copies at most `max` bytes of UTF-8. */
int pb_keep(struct pb_reader *reader, const char *text, size_t max, const char **ret);
/* The same of the name of a resource, which must not be empty. */
int pb_keep_name(struct pb_reader *reader, struct pb_slice name, const char **ret);

/* Counts the fields of this number that have bytes as their value. */
int pb_count_fields(struct pb_reader *reader, struct pb_slice message, uint32_t number,
		    size_t *ret);

/* Reads one LbEndpoint; counts its additional addresses in reader->usage. */
int pb_read_endpoint(struct pb_reader *reader, struct pb_slice message, struct endpoint *endpoint);
/* Reads the network of a Metadata message. */
int pb_read_network(struct pb_reader *reader, struct pb_slice message, const char **ret);

#endif
