/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One session with its stream and its timer: it connects, asks, listens, and tries again. */
#include "ads_connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "grpc_stream.h"
#include "memory.h"
#include "version.h"

int64_t ads_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void tell(struct ads_connection *link)
{
	uint64_t generation = xds_session_generation(link->session);
	bool contents = generation != link->generation;

	link->generation = generation;
	link->notify(link->arg, contents);
}

/* ------------------------------------------------------------------ requests and time */

static void lose(struct ads_connection *link, const char *reason)
{
	int64_t now = ads_now_ms();

	link->busy = false;
	if (!link->lost_ms)
		link->lost_ms = now;
	xds_session_disconnected(link->session, reason, now);
}

static void set_timer(struct ads_connection *link)
{
	int64_t due = xds_session_deadline(link->session), now = ads_now_ms(), wait;
	int64_t reconnect = link->busy ? XDS_NEVER : xds_session_reconnect_at(link->session);
	struct timeval at;

	if (reconnect < due)
		due = reconnect;
	if (due == XDS_NEVER) {
		evtimer_del(link->timer);
		return;
	}
	wait = due > now ? due - now : 0;
	at.tv_sec = wait / 1000;
	at.tv_usec = wait % 1000 * 1000;
	evtimer_add(link->timer, &at);
}

/* Sends what the session has to say. */
static int send_requests(struct ads_connection *link)
{
	struct xds_session_status status;
	struct xds_request request;
	int more = 0, err = 0;

	xds_session_status(link->session, &status);
	while (status.connected && !err &&
	       (more = xds_session_next_request(link->session, ads_now_ms(), &request)) > 0)
		err = grpc_stream_send(link->stream, request.bytes, request.length);
	set_timer(link);
	return more < 0 ? more : err;
}

void ads_connection_drive(struct ads_connection *link)
{
	int err = send_requests(link);

	if (!err)
		return;
	grpc_stream_close(link->stream);
	lose(link, err == -ENOBUFS ? "the server does not read what is sent" : "out of memory");
	set_timer(link);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct ads_connection *link = arg;
	int64_t now = ads_now_ms();

	(void)fd;
	(void)what;
	if (xds_session_deadline(link->session) <= now)
		xds_session_tick(link->session, now);
	if (!link->busy && xds_session_reconnect_at(link->session) <= now) {
		link->busy = true;
		grpc_stream_connect(link->stream);
	}
	ads_connection_drive(link);
	tell(link);
}

/* ------------------------------------------------------------------ the stream */

static void on_open(void *arg)
{
	struct ads_connection *link = arg;

	xds_session_connected(link->session, ads_now_ms());
	ads_connection_drive(link);
	link->notify(link->arg, false);
}

/* A server that accepts and says nothing is as good as away. */
static int on_message(void *arg, const uint8_t *message, size_t length)
{
	struct ads_connection *link = arg;
	int err;

	if (length >= MEMORY_LARGE)
		memory_give_back(); /* what the handshake took */
	err = xds_session_receive(link->session, message, length, ads_now_ms());
	link->refused = err;
	if (!err) {
		link->lost_ms = 0;
		err = send_requests(link);
	}
	tell(link);
	return err;
}

static void on_closed(void *arg, const char *reason)
{
	struct ads_connection *link = arg;

	if (grpc_stream_failure(link->stream) && !link->refused)
		xds_session_refuse(link->session, reason);
	lose(link, link->refused ? xds_session_problem(link->session) : reason);
	link->refused = false;
	set_timer(link);
	tell(link);
}

void ads_connection_start(struct ads_connection *link)
{
	set_timer(link);
}

void ads_connection_reopen(struct ads_connection *link, const char *why)
{
	struct xds_session_status status;

	xds_session_status(link->session, &status);
	grpc_stream_close(link->stream);
	link->busy = true;
	if (status.connected)
		xds_session_disconnected(link->session, why, ads_now_ms());
	grpc_stream_connect(link->stream);
	set_timer(link);
}

/* ------------------------------------------------------------------ making one */

static int open_stream(struct event_base *base, const struct ads_settings *settings,
		       struct ads_connection *link)
{
	const struct config_ads *ads = &settings->ads;
	struct grpc_address *addresses =
		arena_array(settings->arena, ads->address_count, sizeof(*addresses));
	struct grpc_options options = {
		.path = ads->mode == ADS_MODE_SOTW ? XDS_METHOD_SOTW : XDS_METHOD_DELTA,
		.addresses = addresses, .address_count = ads->address_count, .tls = ads->tls,
		.ca_file = ads->ca_file, .server_name = ads->server_name,
		.certificate_file = ads->certificate_file, .key_file = ads->key_file,
		.token_file = ads->token_file, .cluster_id = ads->cluster_id,
		.user_agent = "parallaxd/" PARALLAX_VERSION,
		.connect_ms = ads->connect_seconds * 1000,
		.keepalive_ms = ads->keepalive_seconds * 1000, .max_message = ads->max_message,
	};
	struct grpc_handler handler = { link, on_open, on_message, on_closed };

	if (!addresses)
		return -ENOMEM;
	for (size_t i = 0; i < ads->address_count; i++)
		addresses[i] = (struct grpc_address){ ads->addresses[i].host,
						      ads->addresses[i].port };
	return grpc_stream_new(base, &options, &handler, &link->stream);
}

int ads_connection_new(struct event_base *base, const struct ads_settings *settings,
		 const struct xds_session_config *config, const char *network,
		 void (*notify)(void *arg, bool contents), void *arg, struct ads_connection **ret)
{
	struct ads_connection *link = calloc(1, sizeof(*link));
	int err;

	if (!link)
		return -ENOMEM;
	link->notify = notify;
	link->arg = arg;
	link->lost_ms = ads_now_ms();
	link->network = strdup(network);
	link->timer = evtimer_new(base, on_timer, link);
	err = link->network && link->timer ? xds_session_new(config, &link->session) : -ENOMEM;
	if (!err)
		err = open_stream(base, settings, link);
	if (err)
		ads_connection_free(link);
	else
		*ret = link;
	return err;
}

void ads_connection_free(struct ads_connection *link)
{
	if (!link)
		return;
	grpc_stream_free(link->stream);
	xds_session_free(link->session);
	if (link->timer)
		event_free(link->timer);
	free(link->network);
	free(link);
}
