/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One bidirectional gRPC stream over a connection of its own: the loop's side. */
#include "grpc_stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grpc_stream_parts.h"
#include "monotonic.h"

#define READ_BYTES 16384
#define READS_AT_ONCE 32  /* before other events of the loop */
#define PING_ACK_MS 10000 /* at most; and not longer than there was silence before */

static void tear_down(struct grpc_stream *stream)
{
	stream->phase = GRPC_CLOSED;
	grpc_dial_cancel(stream);
	event_del(stream->readable);
	event_del(stream->writable);
	event_del(stream->timer);
	grpc_channel_close(&stream->channel);
	grpc_http2_done(stream);
}

static void end(struct grpc_stream *stream)
{
	bool was_open = stream->phase == GRPC_OPEN;

	tear_down(stream);
	/* One that opened and delivered nothing counts as failed. */
	if (was_open && !stream->delivered)
		stream->address = (stream->address + 1) % stream->options.address_count;
	stream->handler.closed(stream->handler.arg, stream->reason);
}

/* ------------------------------------------------------------------ the socket */

static int receive(struct grpc_stream *stream)
{
	uint8_t bytes[READ_BYTES];
	ssize_t count = 0;
	int err = 0;

	for (int i = 0; !err && i < READS_AT_ONCE; i++) {
		count = grpc_channel_read(&stream->channel, bytes, sizeof(bytes));
		if (count == -EAGAIN)
			return 0;
		if (count <= 0)
			break;
		err = grpc_http2_receive(stream, bytes, (size_t)count);
	}
	if (err)
		return err;
	if (!count)
		return -ECONNRESET;
	if (count < 0) {
		snprintf(stream->reason, sizeof(stream->reason), "%.200s: %.200s", stream->peer,
			 stream->channel.reason);
		return (int)count;
	}
	event_active(stream->readable, EV_READ, 0); /* more may lie in TLS already */
	return 0;
}

/* With TLS 1.3 a server looks at our certificate only after our side of the handshake is done, and
 * some then leave without an alert. */
static void hint(struct grpc_stream *stream)
{
	size_t length = strlen(stream->reason);

	if (stream->options.tls && !stream->options.certificate_file && !stream->got_bytes)
		snprintf(stream->reason + length, sizeof(stream->reason) - length,
			 " (at once: does it want a client certificate?)");
}

static void transfer(struct grpc_stream *stream)
{
	int err;

	stream->reason[0] = '\0';
	err = receive(stream);
	if (!err)
		err = grpc_http2_flush(stream);
	if (!err) {
		grpc_watch(stream);
		return;
	}
	if (!stream->reason[0])
		grpc_ending_explain(stream);
	hint(stream);
	grpc_http2_flush(stream); /* GOAWAY of our own, as far as it goes */
	end(stream);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct grpc_stream *stream = arg;

	if (stream->phase == GRPC_CONNECTING)
		grpc_dial_advance(stream);
	else if (stream->phase == GRPC_OPEN)
		transfer(stream);
}

/* Called when an address is connected, or when none can be. */
static void on_dialled(struct grpc_stream *stream, bool connected)
{
	if (!connected || grpc_http2_start(stream)) {
		end(stream);
		return;
	}
	stream->phase = GRPC_OPEN;
	stream->delivered = stream->got_bytes = false;
	stream->received_ms = clock_monotonic_ms();
	stream->pinged_ms = 0;
	grpc_set_timer(stream, stream->keepalive_ms);
	grpc_watch(stream);
	stream->handler.open(stream->handler.arg);
	event_active(stream->writable, EV_WRITE, 0);
}

/* ------------------------------------------------------------------ time */

static void keep_alive(struct grpc_stream *stream)
{
	int64_t silent = clock_monotonic_ms() - stream->received_ms;

	if (stream->pinged_ms) {
		snprintf(stream->reason, sizeof(stream->reason),
			 "%.200s: silent for %d s, and no answer to a ping", stream->peer,
			 (int)(silent / 1000));
		end(stream);
		return;
	}
	if (silent < stream->keepalive_ms) {
		grpc_set_timer(stream, (unsigned int)(stream->keepalive_ms - silent));
		return;
	}
	if (!grpc_http2_ping(stream))
		stream->pinged_ms = clock_monotonic_ms();
	grpc_set_timer(stream, stream->keepalive_ms < PING_ACK_MS ? stream->keepalive_ms : PING_ACK_MS);
	event_active(stream->writable, EV_WRITE, 0);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct grpc_stream *stream = arg;

	if (stream->phase == GRPC_OPEN)
		keep_alive(stream);
	else if (stream->phase != GRPC_CLOSED)
		grpc_dial_timeout(stream);
}

/* ------------------------------------------------------------------ the owner's side */

int grpc_stream_new(struct event_base *base, const struct grpc_options *options,
		    const struct grpc_handler *handler, struct grpc_stream **ret)
{
	struct grpc_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return -ENOMEM;
	stream->base = base;
	stream->options = *options;
	stream->handler = *handler;
	stream->on_dialled = on_dialled;
	stream->channel.fd = -1;
	stream->ending.status = -1;
	stream->keepalive_ms = options->keepalive_ms;
	stream->deframer.max = options->max_message;
	stream->out = evbuffer_new();
	stream->timer = evtimer_new(base, on_timer, stream);
	stream->readable = event_new(base, -1, EV_READ | EV_PERSIST, on_socket, stream);
	stream->writable = event_new(base, -1, EV_WRITE, on_socket, stream);
	if (!stream->out || !stream->timer || !stream->readable || !stream->writable) {
		grpc_stream_free(stream);
		return -ENOMEM;
	}
	*ret = stream;
	return 0;
}

void grpc_stream_free(struct grpc_stream *stream)
{
	if (!stream)
		return;
	if (stream->timer && stream->readable && stream->writable && stream->out)
		tear_down(stream);
	if (stream->timer)
		event_free(stream->timer);
	if (stream->readable)
		event_free(stream->readable);
	if (stream->writable)
		event_free(stream->writable);
	if (stream->out)
		evbuffer_free(stream->out);
	free(stream);
}

void grpc_stream_connect(struct grpc_stream *stream)
{
	if (stream->phase == GRPC_CLOSED)
		grpc_dial_start(stream);
}

void grpc_stream_close(struct grpc_stream *stream)
{
	if (stream->phase != GRPC_CLOSED)
		tear_down(stream);
}

int grpc_stream_failure(const struct grpc_stream *stream)
{
	return stream->ending.failure;
}

const char *grpc_stream_peer(const struct grpc_stream *stream)
{
	return stream->peer;
}
