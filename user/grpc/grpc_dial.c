/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From addresses to a connection: names looked up, endpoints tried one after the other. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "grpc_stream_parts.h"

static const struct host_port *current(const struct grpc_stream *stream)
{
	return &stream->options.addresses[stream->address];
}

static void set_peer(struct grpc_stream *stream)
{
	const struct host_port *address = current(stream);
	const char *form = strchr(address->host, ':') ? "[%s]:%u" : "%s:%u";

	snprintf(stream->peer, sizeof(stream->peer), form, address->host, address->port);
}

/* "host:port: why", with the endpoint where a name has one. */
static void set_reason(struct grpc_stream *stream, const char *why)
{
	char number[64] = "", place[80] = "";
	const struct lookup_address *endpoint;

	if (stream->next_endpoint) {
		endpoint = &stream->found.items[stream->next_endpoint - 1];
		getnameinfo((const struct sockaddr *)&endpoint->addr, endpoint->length, number,
			    sizeof(number), NULL, 0, NI_NUMERICHOST);
	}
	if (number[0] && strcmp(number, current(stream)->host))
		snprintf(place, sizeof(place), " (%s)", number);
	snprintf(stream->reason, sizeof(stream->reason), "%.200s%s: %.200s", stream->peer, place,
		 why);
}

static void next_address(struct grpc_stream *stream);

static void next_endpoint(struct grpc_stream *stream)
{
	while (stream->next_endpoint < stream->found.count) {
		const struct lookup_address *endpoint =
			&stream->found.items[stream->next_endpoint++];
		const struct grpc_options *options = &stream->options;
		struct grpc_tls_options tls = {
			options->ca_file,
			options->server_name ? options->server_name : current(stream)->host,
			options->certificate_file, options->key_file,
		};

		if (!grpc_channel_open(&stream->channel, endpoint, options->tls ? &tls : NULL)) {
			stream->phase = GRPC_CONNECTING;
			grpc_set_timer(stream, options->connect_ms);
			grpc_watch(stream);
			return;
		}
		set_reason(stream, stream->channel.reason);
	}
	next_address(stream);
}

void grpc_dial_cancel(struct grpc_stream *stream)
{
	evutil_socket_t fd;

	if (!stream->lookup)
		return;
	fd = event_get_fd(stream->lookup);
	event_free(stream->lookup);
	close(fd);
	stream->lookup = NULL;
}

static void on_found(evutil_socket_t fd, short what, void *arg)
{
	struct grpc_stream *stream = arg;

	lookup_read(fd, &stream->found);
	grpc_dial_cancel(stream);
	stream->next_endpoint = 0;
	if (!stream->found.count)
		set_reason(stream, stream->found.problem ? stream->found.problem : "no address");
	next_endpoint(stream);
}

static int start_lookup(struct grpc_stream *stream)
{
	struct lookup_query query = { .port = current(stream)->port, .family = AF_UNSPEC };
	int fd, err;

	snprintf(query.host, sizeof(query.host), "%s", current(stream)->host);
	err = lookup_start(lookup_system, &query, &fd);
	if (err)
		return err;
	stream->lookup = event_new(stream->base, fd, EV_READ, on_found, stream);
	if (!stream->lookup) {
		close(fd);
		return -ENOMEM;
	}
	return event_add(stream->lookup, NULL) ? -ENOMEM : 0;
}

static void look_up(struct grpc_stream *stream)
{
	int err;

	set_peer(stream);
	stream->phase = GRPC_LOOKING_UP;
	stream->next_endpoint = stream->found.count = 0;
	grpc_set_timer(stream, stream->options.connect_ms);
	err = start_lookup(stream);
	if (!err)
		return;
	grpc_dial_cancel(stream);
	set_reason(stream, err == -EAGAIN ? "too many names are being looked up" : strerror(-err));
	grpc_set_timer(stream, 1); /* goes on from the loop */
}

static void next_address(struct grpc_stream *stream)
{
	stream->address = (stream->address + 1) % stream->options.address_count;
	if (++stream->attempts >= stream->options.address_count)
		stream->on_dialled(stream, false);
	else
		look_up(stream);
}

void grpc_dial_start(struct grpc_stream *stream)
{
	stream->attempts = 0;
	look_up(stream);
}

static void failed(struct grpc_stream *stream, const char *why)
{
	set_reason(stream, why);
	event_del(stream->readable);
	event_del(stream->writable);
	grpc_channel_close(&stream->channel);
	next_endpoint(stream);
}

void grpc_dial_advance(struct grpc_stream *stream)
{
	int err = grpc_channel_advance(&stream->channel);

	if (err == -EAGAIN)
		grpc_watch(stream);
	else if (err)
		failed(stream, stream->channel.reason);
	else
		stream->on_dialled(stream, true);
}

void grpc_dial_timeout(struct grpc_stream *stream)
{
	if (stream->phase == GRPC_CONNECTING) {
		failed(stream, stream->channel.connected ? "the TLS handshake took too long" :
							   "the connection took too long");
		return;
	}
	if (stream->lookup)
		set_reason(stream, "looking up the name took too long");
	grpc_dial_cancel(stream);
	next_address(stream);
}
