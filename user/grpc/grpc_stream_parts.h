/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the files of grpc_stream: dialling, HTTP/2, the loop's side. */
#ifndef GRPC_STREAM_PARTS_H
#define GRPC_STREAM_PARTS_H

#include <stdbool.h>

#include <event2/buffer.h>
#include <nghttp2/nghttp2.h>

#include "grpc_channel.h"
#include "grpc_frame.h"
#include "grpc_stream.h"
#include "lookup.h"

enum grpc_phase { GRPC_CLOSED, GRPC_LOOKING_UP, GRPC_CONNECTING, GRPC_OPEN };

/* How the server ended the stream. */
struct grpc_ending {
	bool over;       /* nothing more will come */
	int http_status; /* 0: none yet */
	bool grpc_content;
	char content_type[64];
	int status; /* grpc-status; -1: none */
	char message[256];
	bool reset, goaway;
	uint32_t reset_code, goaway_code;
	char goaway_text[96];
	int failure;     /* -errno of a message that was refused here */
	char broken[96]; /* error in the peer's HTTP/2; "": none */
};

struct grpc_stream {
	struct event_base *base;
	struct grpc_options options;
	struct grpc_handler handler;
	void (*on_dialled)(struct grpc_stream *stream, bool connected); /* or stream->reason */
	enum grpc_phase phase;

	size_t address;   /* of options.addresses, now or next */
	size_t attempts;  /* addresses tried since grpc_stream_connect() */
	bool delivered;   /* a message came on this stream */
	bool got_bytes;   /* the server sent a byte of HTTP/2 */
	struct event *lookup; /* under way; or NULL */
	struct lookup_result found;
	size_t next_endpoint; /* of those found */
	char peer[300];

	struct grpc_channel channel;
	struct event *readable, *writable, *timer;

	nghttp2_session *session;
	int32_t id;
	struct evbuffer *out; /* messages on their way */
	bool deferred;        /* HTTP/2 waits for more of them */
	const uint8_t *chunk; /* of HTTP/2, not yet written */
	size_t chunk_left;
	struct grpc_deframer deframer;
	struct grpc_ending ending;

	int64_t received_ms, pinged_ms; /* pinged_ms 0: no question is open */
	unsigned int keepalive_ms;   /* grows when the server finds us too eager */
	char reason[GRPC_REASON];
};

/* grpc_loop.c */
void grpc_set_timer(struct grpc_stream *stream, unsigned int ms);
/* Waits for the events that the channel wants. */
void grpc_watch(struct grpc_stream *stream);

/* grpc_dial.c: calls stream->on_dialled() at the end. */
void grpc_dial_start(struct grpc_stream *stream);
/* The socket can go on. */
void grpc_dial_advance(struct grpc_stream *stream);
/* Waited too long. */
void grpc_dial_timeout(struct grpc_stream *stream);
/* Ends a look-up that is under way. */
void grpc_dial_cancel(struct grpc_stream *stream);

/* grpc_http2.c. Each returns 0 or -errno with stream->reason. */
int grpc_http2_start(struct grpc_stream *stream);
int grpc_http2_receive(struct grpc_stream *stream, const uint8_t *bytes, size_t length);
int grpc_http2_flush(struct grpc_stream *stream);
int grpc_http2_ping(struct grpc_stream *stream);
void grpc_http2_done(struct grpc_stream *stream);
/* Why it ended, into stream->reason. */
void grpc_ending_explain(struct grpc_stream *stream);

#endif
