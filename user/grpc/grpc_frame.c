/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* gRPC's framing over HTTP/2 DATA, and the texts of its trailers: bytes in, messages out. */
#include "grpc_frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A buffer larger than this is not kept for the next message. */
#define KEEP_MAX 65536
#define FIRST_ROOM 4096

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t announced(const struct grpc_deframer *deframer)
{
	const uint8_t *p = deframer->prefix;

	return (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
}

/* Twice as much each time and never more than announced, so that memory follows the bytes received. */
static int make_room(struct grpc_deframer *deframer, size_t need)
{
	size_t room = deframer->room ? deframer->room : FIRST_ROOM;
	uint8_t *buf;

	if (need <= deframer->room)
		return 0;
	while (room < need)
		room *= 2;
	if (room > KEEP_MAX)
		room = least(room, announced(deframer) > need ? announced(deframer) : need);
	buf = realloc(deframer->buf, room);
	if (!buf)
		return -ENOMEM;
	deframer->buf = buf;
	deframer->room = room;
	return 0;
}

static int take_prefix(struct grpc_deframer *deframer, const uint8_t **bytes, size_t *length)
{
	size_t part = least(GRPC_PREFIX - deframer->prefix_filled, *length);

	memcpy(deframer->prefix + deframer->prefix_filled, *bytes, part);
	deframer->prefix_filled += part;
	*bytes += part;
	*length -= part;
	if (deframer->prefix_filled < GRPC_PREFIX)
		return -EAGAIN;
	if (deframer->prefix[0])
		return -ENOTSUP;
	return announced(deframer) > deframer->max ? -EMSGSIZE : 0;
}

static void message_done(struct grpc_deframer *deframer)
{
	deframer->prefix_filled = 0;
	deframer->filled = 0;
	if (deframer->room <= KEEP_MAX)
		return;
	free(deframer->buf);
	deframer->buf = NULL;
	deframer->room = 0;
}

static int take_body(struct grpc_deframer *deframer, const uint8_t **bytes, size_t *length,
		     grpc_message_fn message, void *arg)
{
	size_t whole = announced(deframer), part = least(whole - deframer->filled, *length);
	const uint8_t *body = *bytes;
	int err;

	if (deframer->filled || part < whole) {
		err = make_room(deframer, deframer->filled + part);
		if (err)
			return err;
		if (part)
			memcpy(deframer->buf + deframer->filled, *bytes, part);
		body = deframer->buf;
	}
	deframer->filled += part;
	*bytes += part;
	*length -= part;
	if (deframer->filled < whole)
		return -EAGAIN;
	err = message(arg, body, whole);
	message_done(deframer);
	return err;
}

int grpc_deframer_feed(struct grpc_deframer *deframer, const uint8_t *bytes, size_t length,
		       grpc_message_fn message, void *arg)
{
	int err = 0;

	while (!err && length) {
		if (deframer->prefix_filled < GRPC_PREFIX)
			err = take_prefix(deframer, &bytes, &length);
		if (!err)
			err = take_body(deframer, &bytes, &length, message, arg);
	}
	return err == -EAGAIN ? 0 : err;
}

void grpc_deframer_reset(struct grpc_deframer *deframer)
{
	free(deframer->buf);
	*deframer = (struct grpc_deframer){ .max = deframer->max };
}

void grpc_prefix_write(size_t length, uint8_t ret[GRPC_PREFIX])
{
	ret[0] = 0;
	ret[1] = (uint8_t)(length >> 24);
	ret[2] = (uint8_t)(length >> 16);
	ret[3] = (uint8_t)(length >> 8);
	ret[4] = (uint8_t)length;
}

/* ------------------------------------------------------------------ trailers */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 32) >= 'a' && (c | 32) <= 'f')
		return (c | 32) - 'a' + 10;
	return -1;
}

/* A '%' that no two digits follow stands for itself, as the specification wants it. */
size_t grpc_message_decode(const char *text, size_t length, char *ret, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < length && count + 1 < room; i++) {
		int high = i + 2 < length && text[i] == '%' ? hex_digit(text[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
		unsigned char c = (unsigned char)text[i];

		if (c == '%' && low >= 0) {
			c = (unsigned char)(high << 4 | low);
			i += 2;
		}
		ret[count++] = c >= ' ' && c < 0x7f ? (char)c : c == '\n' || c == '\t' ? ' ' : '?';
	}
	if (room)
		ret[count] = '\0';
	return count;
}

const char *grpc_status_name(unsigned int status)
{
	static const char *const names[] = {
		"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
		"ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
		"ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
		"UNAUTHENTICATED",
	};

	return status < sizeof(names) / sizeof(*names) ? names[status] : "status";
}
