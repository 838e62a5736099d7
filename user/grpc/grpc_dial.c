/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From addresses to a connection: names looked up, endpoints tried one after the other. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "grpc_stream_parts.h"

static const struct grpc_address *current(const struct grpc_stream *stream)
{
	return &stream->options.addresses[stream->address];
}

static void set_peer(struct grpc_stream *stream)
{
	const struct grpc_address *address = current(stream);
	const char *form = strchr(address->host, ':') ? "[%s]:%u" : "%s:%u";

	snprintf(stream->peer, sizeof(stream->peer), form, address->host, address->port);
}

/* "host:port: why", with the endpoint where a name has one. */
static void blame(struct grpc_stream *stream, const char *why)
{
	char number[64] = "", place[80] = "";
	const struct grpc_endpoint *endpoint;

	if (stream->next_endpoint) {
		endpoint = &stream->found.endpoints[stream->next_endpoint - 1];
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
		const struct grpc_endpoint *endpoint =
			&stream->found.endpoints[stream->next_endpoint++];
		const struct grpc_options *options = &stream->options;
		struct grpc_tls_options tls = {
			options->ca_file,
			options->server_name ? options->server_name : current(stream)->host,
			options->certificate_file, options->key_file,
		};

		if (!grpc_channel_open(&stream->channel, endpoint, options->tls ? &tls : NULL)) {
			stream->phase = GRPC_CONNECTING;
			grpc_set_timer(stream, options->connect_ms);
			grpc_stream_watch(stream);
			return;
		}
		blame(stream, stream->channel.reason);
	}
	next_address(stream);
}

static void on_found(void *arg, const struct grpc_lookup_result *result)
{
	struct grpc_stream *stream = arg;

	stream->lookup = NULL;
	stream->found = *result;
	stream->next_endpoint = 0;
	if (!result->count)
		blame(stream, result->problem ? result->problem : "no address");
	next_endpoint(stream);
}

static void look_up(struct grpc_stream *stream)
{
	int err;

	set_peer(stream);
	stream->phase = GRPC_LOOKING_UP;
	stream->next_endpoint = stream->found.count = 0;
	grpc_set_timer(stream, stream->options.connect_ms);
	err = grpc_lookup_start(stream->base, current(stream)->host, current(stream)->port, on_found,
				stream, &stream->lookup);
	if (!err)
		return;
	blame(stream, strerror(-err));
	grpc_set_timer(stream, 1); /* goes on from the loop */
}

static void next_address(struct grpc_stream *stream)
{
	stream->address = (stream->address + 1) % stream->options.address_count;
	if (++stream->attempts >= stream->options.address_count)
		grpc_stream_end(stream);
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
	blame(stream, why);
	event_del(stream->readable);
	event_del(stream->writable);
	grpc_channel_close(&stream->channel);
	next_endpoint(stream);
}

void grpc_dial_advance(struct grpc_stream *stream)
{
	int err = grpc_channel_advance(&stream->channel);

	if (err == -EAGAIN)
		grpc_stream_watch(stream);
	else if (err)
		failed(stream, stream->channel.reason);
	else
		grpc_stream_ready(stream);
}

void grpc_dial_timeout(struct grpc_stream *stream)
{
	if (stream->phase == GRPC_CONNECTING) {
		failed(stream, stream->channel.connected ? "the TLS handshake took too long" :
							   "the connection took too long");
		return;
	}
	if (stream->lookup)
		blame(stream, "looking up the name took too long");
	grpc_lookup_cancel(stream->lookup);
	stream->lookup = NULL;
	next_address(stream);
}
