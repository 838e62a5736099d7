/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fuzzes gRPC's framing: bytes cut anywhere give the messages that they give in one piece. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "grpc_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MESSAGE_MAX 4096

struct seen {
	size_t count, bytes;
	uint64_t sum;
};

static void require(int condition)
{
	if (!condition)
		abort();
}

static int on_message(void *arg, const uint8_t *message, size_t length)
{
	struct seen *seen = arg;

	require(length <= MESSAGE_MAX);
	seen->count++;
	seen->bytes += length;
	for (size_t i = 0; i < length; i++)
		seen->sum = seen->sum * 31 + message[i];
	return 0;
}

/* In pieces whose lengths are the data's own bytes; step 0: in one. */
static int feed(const uint8_t *data, size_t size, size_t step, struct seen *seen)
{
	struct grpc_deframer deframer = { .max = MESSAGE_MAX };
	int err = 0;

	for (size_t at = 0; !err && at < size;) {
		size_t piece = step ? 1 + data[(at * step) % size] % step : size;

		if (piece > size - at)
			piece = size - at;
		err = grpc_deframer_feed(&deframer, data + at, piece, on_message, seen);
		/* Memory stays proportional to the bytes received. */
		require(deframer.room <= 2 * size + 8192);
		at += piece;
	}
	grpc_deframer_reset(&deframer);
	require(!deframer.buf && !deframer.prefix_filled);
	return err;
}

static void decode_text(const uint8_t *data, size_t size)
{
	char text[64];
	size_t length = grpc_message_decode((const char *)data, size, text, sizeof(text));

	require(length < sizeof(text) && strlen(text) == length && length <= size);
	for (size_t i = 0; i < length; i++)
		require(text[i] >= ' ' && text[i] < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole = {}, bytes = {}, pieces = {};
	int err = feed(data, size, 0, &whole);

	require(!err || err == -EMSGSIZE || err == -ENOTSUP);
	require(feed(data, size, 1, &bytes) == err && !memcmp(&bytes, &whole, sizeof(whole)));
	require(feed(data, size, 17, &pieces) == err && !memcmp(&pieces, &whole, sizeof(whole)));
	decode_text(data, size);
	return 0;
}
