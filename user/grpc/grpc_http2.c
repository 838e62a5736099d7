/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The HTTP/2 side of a gRPC stream: one request, its DATA both ways, its trailers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"
#include "grpc_stream_parts.h"
#include "grpc_token.h"
#include "monotonic.h"

#define STREAM_WINDOW (4 << 20)
#define CONNECTION_WINDOW (8 << 20)
#define HEADER_LIST_MAX 16384
#define QUEUE_MAX (16u << 20)
#define KEEPALIVE_MOST (600 * 1000)

/* ------------------------------------------------------------------ receiving */

static int on_message(void *arg, const uint8_t *message, size_t length)
{
	struct grpc_stream *stream = arg;

	stream->delivered = true;
	return stream->handler.message(stream->handler.arg, message, length);
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
		   size_t length, void *arg)
{
	struct grpc_stream *stream = arg;
	struct grpc_ending *ending = &stream->ending;

	if (id != stream->id || ending->failure || ending->over)
		return 0;
	if (!ending->grpc_content) /* an error page */
		return 0;
	ending->failure = grpc_deframer_feed(&stream->deframer, bytes, length, on_message, stream);
	return ending->failure ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static bool is_name(const uint8_t *name, size_t length, const char *text)
{
	return length == strlen(text) && !memcmp(name, text, length);
}

static int parse_number(const uint8_t *value, size_t length)
{
	uint64_t number;

	return decimal_parse((const char *)value, length, 999, &number) ? (int)number : -1;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_length, const uint8_t *value, size_t length, uint8_t flags,
		     void *arg)
{
	static const char grpc[] = "application/grpc";
	struct grpc_stream *stream = arg;
	struct grpc_ending *ending = &stream->ending;

	if (frame->hd.stream_id != stream->id)
		return 0;
	if (is_name(name, name_length, ":status"))
		ending->http_status = parse_number(value, length);
	else if (is_name(name, name_length, "grpc-status"))
		ending->status = parse_number(value, length);
	else if (is_name(name, name_length, "grpc-message"))
		grpc_message_decode((const char *)value, length, ending->message,
				    sizeof(ending->message));
	else if (is_name(name, name_length, "content-type")) {
		grpc_message_decode((const char *)value, length, ending->content_type,
				    sizeof(ending->content_type));
		ending->grpc_content = !strncmp(ending->content_type, grpc, sizeof(grpc) - 1);
	}
	return 0;
}

static void note_goaway(struct grpc_stream *stream, const nghttp2_goaway *goaway)
{
	struct grpc_ending *ending = &stream->ending;

	ending->goaway = true;
	ending->goaway_code = goaway->error_code;
	grpc_message_decode((const char *)goaway->opaque_data, goaway->opaque_data_len,
			    ending->goaway_text, sizeof(ending->goaway_text));
	/* "too_many_pings": gRFC A8 has the client ask half as often from now on. */
	if (goaway->error_code == NGHTTP2_ENHANCE_YOUR_CALM &&
	    stream->keepalive_ms <= KEEPALIVE_MOST / 2)
		stream->keepalive_ms *= 2;
	if (goaway->last_stream_id < stream->id)
		ending->over = true;
}

/* Whether no messages can follow this response header. */
static bool is_refusal(const struct grpc_ending *ending)
{
	return ending->http_status >= 200 &&
	       (ending->http_status != 200 || !ending->grpc_content);
}

/* Our own half stays open to the last, so nghttp2 does not call the stream closed by itself. */
static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct grpc_stream *stream = arg;

	if (frame->hd.type == NGHTTP2_GOAWAY)
		note_goaway(stream, &frame->goaway);
	if (frame->hd.type == NGHTTP2_RST_STREAM && frame->hd.stream_id == stream->id) {
		stream->ending.reset = true;
		stream->ending.reset_code = frame->rst_stream.error_code;
		stream->ending.over = true;
	}
	if (frame->hd.type == NGHTTP2_HEADERS && frame->hd.stream_id == stream->id &&
	    is_refusal(&stream->ending))
		stream->ending.over = true;
	if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
	    frame->hd.stream_id == stream->id && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		stream->ending.over = true;
	return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct grpc_stream *stream = arg;

	if (id == stream->id)
		stream->ending.over = true;
	return 0;
}

static int on_error(nghttp2_session *session, int code, const char *text, size_t length, void *arg)
{
	struct grpc_stream *stream = arg;

	if (!stream->ending.broken[0])
		grpc_message_decode(text, length, stream->ending.broken,
				    sizeof(stream->ending.broken));
	return 0;
}

int grpc_http2_receive(struct grpc_stream *stream, const uint8_t *bytes, size_t length)
{
	ssize_t taken = nghttp2_session_mem_recv(stream->session, bytes, length);

	stream->got_bytes = true;
	stream->received_ms = clock_monotonic_ms();
	stream->pinged_ms = 0;
	if (stream->ending.over)
		return -ECONNRESET;
	if (taken >= 0 && nghttp2_session_want_read(stream->session))
		return 0;
	if (stream->ending.failure)
		return stream->ending.failure;
	snprintf(stream->reason, sizeof(stream->reason), "%.200s: what it sends is no HTTP/2: %s",
		 stream->peer, taken < 0 ? nghttp2_strerror((int)taken) : "protocol error");
	return -EPROTO;
}

/* ------------------------------------------------------------------ why it ended */

static void explain_status(const struct grpc_ending *ending, char *text, size_t room)
{
	if (ending->status > 0)
		snprintf(text, room, "%s (%d)%s%s", grpc_status_name((unsigned int)ending->status),
			 ending->status, ending->message[0] ? ": " : "", ending->message);
	else if (!ending->status)
		snprintf(text, room, "the server ended the stream");
	else if (ending->http_status > 0 && ending->http_status != 200)
		snprintf(text, room, "HTTP status %d", ending->http_status);
	else if (ending->http_status && !ending->grpc_content)
		snprintf(text, room, "not gRPC: content-type is '%s'", ending->content_type);
	else if (ending->reset)
		snprintf(text, room, "the server reset the stream (%s)",
			 nghttp2_http2_strerror(ending->reset_code));
	else if (ending->broken[0])
		snprintf(text, room, "what it sends is no HTTP/2: %s", ending->broken);
	else if (ending->over && !ending->goaway)
		snprintf(text, room, "the stream ended without a gRPC status");
	else
		snprintf(text, room, "the server closed the connection");
}

static const char *failure_text(const struct grpc_stream *stream, char *buf, size_t room)
{
	switch (stream->ending.failure) {
	case -EMSGSIZE:
		snprintf(buf, room, "a message is longer than maxMessageBytes, %zu",
			 stream->options.max_message);
		return buf;
	case -ENOTSUP:
		return "a message is compressed, which was not offered";
	case -ENOMEM:
		return "out of memory";
	case -ENOBUFS:
		return "the server does not read what is sent";
	default:
		return "a message is not what it should be";
	}
}

void grpc_ending_explain(struct grpc_stream *stream)
{
	const struct grpc_ending *ending = &stream->ending;
	char text[400], goaway[160] = "";

	if (ending->failure)
		snprintf(text, sizeof(text), "%s", failure_text(stream, goaway, sizeof(goaway)));
	else
		explain_status(ending, text, sizeof(text));
	goaway[0] = '\0';
	if (ending->goaway)
		snprintf(goaway, sizeof(goaway), " after GOAWAY (%s%s%s)",
			 nghttp2_http2_strerror(ending->goaway_code),
			 ending->goaway_text[0] ? ": " : "", ending->goaway_text);
	snprintf(stream->reason, sizeof(stream->reason), "%.100s: %.300s%.100s", stream->peer, text,
		 goaway);
}

/* ------------------------------------------------------------------ sending */

static ssize_t on_source(nghttp2_session *session, int32_t id, uint8_t *buf, size_t room,
			 uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct grpc_stream *stream = arg;
	int count = evbuffer_remove(stream->out, buf, room);

	stream->deferred = count <= 0;
	return count > 0 ? count : NGHTTP2_ERR_DEFERRED;
}

/* A chunk stays nghttp2's until the next call. */
int grpc_http2_flush(struct grpc_stream *stream)
{
	for (;;) {
		ssize_t count;

		if (!stream->chunk_left) {
			count = nghttp2_session_mem_send(stream->session, &stream->chunk);
			if (!count)
				return 0;
			if (count < 0) {
				snprintf(stream->reason, sizeof(stream->reason), "%.200s: %s",
					 stream->peer, nghttp2_strerror((int)count));
				return -EPROTO;
			}
			stream->chunk_left = (size_t)count;
		}
		count = grpc_channel_write(&stream->channel, stream->chunk, stream->chunk_left);
		if (count == -EAGAIN)
			return 0;
		if (count < 0) {
			snprintf(stream->reason, sizeof(stream->reason), "%.200s: %.200s",
				 stream->peer, stream->channel.reason);
			return (int)count;
		}
		stream->chunk += count;
		stream->chunk_left -= (size_t)count;
	}
}

int grpc_http2_ping(struct grpc_stream *stream)
{
	return nghttp2_submit_ping(stream->session, NGHTTP2_FLAG_NONE, NULL) ? -ENOMEM : 0;
}

int grpc_stream_send(struct grpc_stream *stream, const uint8_t *message, size_t length)
{
	uint8_t prefix[GRPC_PREFIX];

	if (stream->phase != GRPC_OPEN)
		return -ENOTCONN;
	if (length > QUEUE_MAX || evbuffer_get_length(stream->out) > QUEUE_MAX - length)
		return -ENOBUFS;
	grpc_prefix_write(length, prefix);
	if (evbuffer_add(stream->out, prefix, sizeof(prefix)) ||
	    evbuffer_add(stream->out, message, length))
		return -ENOMEM;
	if (stream->deferred)
		nghttp2_session_resume_data(stream->session, stream->id);
	stream->deferred = false;
	event_active(stream->writable, EV_WRITE, 0);
	return 0;
}

/* ------------------------------------------------------------------ start */

static int set_callbacks(nghttp2_session_callbacks **ret)
{
	if (nghttp2_session_callbacks_new(ret))
		return -ENOMEM;
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(*ret, on_data);
	nghttp2_session_callbacks_set_on_header_callback(*ret, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(*ret, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(*ret, on_close);
	nghttp2_session_callbacks_set_error_callback2(*ret, on_error);
	return 0;
}

static int open_session(struct grpc_stream *stream)
{
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEADER_LIST_MAX },
	};
	nghttp2_session_callbacks *callbacks;
	int err = set_callbacks(&callbacks);

	if (err)
		return err;
	if (nghttp2_session_client_new(&stream->session, callbacks, stream))
		err = -ENOMEM;
	nghttp2_session_callbacks_del(callbacks);
	if (!err && (nghttp2_submit_settings(stream->session, NGHTTP2_FLAG_NONE, settings, 3) ||
		     nghttp2_session_set_local_window_size(stream->session, NGHTTP2_FLAG_NONE, 0,
							   CONNECTION_WINDOW)))
		err = -ENOMEM;
	return err;
}

static void add_header(nghttp2_nv *headers, size_t *count, const char *name, const char *value,
		       uint8_t flags)
{
	headers[(*count)++] = (nghttp2_nv){ (uint8_t *)name, (uint8_t *)value, strlen(name),
					    strlen(value), flags };
}

static int submit(struct grpc_stream *stream, const char *bearer)
{
	const nghttp2_data_provider provider = { .read_callback = on_source };
	const struct grpc_options *options = &stream->options;
	nghttp2_nv headers[10];
	size_t count = 0;

	add_header(headers, &count, ":method", "POST", 0);
	add_header(headers, &count, ":scheme", options->tls ? "https" : "http", 0);
	add_header(headers, &count, ":path", options->path, 0);
	add_header(headers, &count, ":authority", stream->peer, 0);
	add_header(headers, &count, "te", "trailers", 0);
	add_header(headers, &count, "content-type", "application/grpc", 0);
	add_header(headers, &count, "user-agent", options->user_agent, 0);
	if (bearer)
		add_header(headers, &count, "authorization", bearer, NGHTTP2_NV_FLAG_NO_INDEX);
	if (options->cluster_id)
		add_header(headers, &count, "clusterid", options->cluster_id, 0);
	stream->id = nghttp2_submit_request(stream->session, NULL, headers, count, &provider, NULL);
	return stream->id < 0 ? -ENOMEM : 0;
}

int grpc_http2_start(struct grpc_stream *stream)
{
	static const char scheme[] = "Bearer ";
	char bearer[sizeof(scheme) + GRPC_TOKEN_MAX] = "Bearer ";
	const char *path = stream->options.token_file;
	const char *why = path ? grpc_token_read(path, bearer + sizeof(scheme) - 1) : NULL;
	int err = why ? -EINVAL : open_session(stream);

	if (!err)
		err = submit(stream, path ? bearer : NULL);
	explicit_bzero(bearer, sizeof(bearer));
	if (why)
		snprintf(stream->reason, sizeof(stream->reason), "tokenFile %.200s: %s", path, why);
	else
		snprintf(stream->reason, sizeof(stream->reason), "out of memory");
	return err;
}

void grpc_http2_done(struct grpc_stream *stream)
{
	nghttp2_session_del(stream->session);
	stream->session = NULL;
	stream->id = 0;
	stream->chunk = NULL;
	stream->chunk_left = 0;
	stream->deferred = false;
	evbuffer_drain(stream->out, evbuffer_get_length(stream->out));
	grpc_deframer_reset(&stream->deframer);
	stream->ending = (struct grpc_ending){ .status = -1 };
}
