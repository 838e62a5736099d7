/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* gRPC's framing over HTTP/2 DATA, and the texts of its trailers: bytes in, messages out. */
#ifndef GRPC_FRAME_H
#define GRPC_FRAME_H

#include <stddef.h>
#include <stdint.h>

/* Compressed flag and length, before each message (PROTOCOL-HTTP2: Length-Prefixed-Message). */
#define GRPC_PREFIX 5

/* Puts messages together that come in pieces. Zeroed, with `max` set, it is ready. */
struct grpc_deframer {
	size_t max; /* bytes of a message; longer ones are refused before memory is taken */
	uint8_t prefix[GRPC_PREFIX];
	size_t prefix_filled;
	uint8_t *buf; /* a message of which a part is still to come */
	size_t filled, room;
};

/* A message; valid during the call only. Non-zero stops and is returned by the feeder. */
typedef int (*grpc_message_fn)(void *arg, const uint8_t *message, size_t length);

/* Takes `length` bytes, calls `message` for each that is complete. Returns 0, what `message`
 * returned, -EMSGSIZE for one longer than max, -ENOTSUP for a compressed one, or -ENOMEM; after an
 * error nothing more may be fed. */
int grpc_deframer_feed(struct grpc_deframer *deframer, const uint8_t *bytes, size_t length,
		       grpc_message_fn message, void *arg);
void grpc_deframer_reset(struct grpc_deframer *deframer);

/* The prefix of an uncompressed message. */
void grpc_prefix_write(size_t length, uint8_t ret[GRPC_PREFIX]);

/* A grpc-message, percent-decoded, as printable ASCII: anything else becomes '?'. Cut to
 * `room` - 1 bytes; returns the length. */
size_t grpc_message_decode(const char *text, size_t length, char *ret, size_t room);

/* "UNAVAILABLE"; "status" for a number gRPC does not have. */
const char *grpc_status_name(unsigned int status);

#endif
