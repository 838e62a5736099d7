/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The stream's timer and socket events. */
#include "grpc_stream_parts.h"

void grpc_set_timer(struct grpc_stream *stream, unsigned int ms)
{
	const struct timeval wait = { ms / 1000, (suseconds_t)(ms % 1000) * 1000 };

	evtimer_add(stream->timer, &wait);
}

void grpc_watch(struct grpc_stream *stream)
{
	const struct grpc_channel *channel = &stream->channel;
	bool reads = channel->connected, writes = channel->want_write || channel->read_wants_write;
	event_callback_fn on_socket = event_get_callback(stream->readable);

	if (event_get_fd(stream->readable) != channel->fd) {
		event_assign(stream->readable, stream->base, channel->fd, EV_READ | EV_PERSIST,
			     on_socket, stream);
		event_assign(stream->writable, stream->base, channel->fd, EV_WRITE, on_socket, stream);
	}
	if (reads)
		event_add(stream->readable, NULL);
	if (writes)
		event_add(stream->writable, NULL);
	else
		event_del(stream->writable);
}
