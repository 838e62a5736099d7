/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One session with its stream and its timer: connects, sends requests, and reconnects. */
#include "ads_connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grpc_stream.h"
#include "memory.h"
#include "monotonic.h"
#include "version.h"

static void notify_owner(struct ads_connection *connection)
{
	uint64_t generation = xds_session_generation(connection->session);
	bool contents = generation != connection->generation;

	connection->generation = generation;
	connection->notify(connection->arg, contents);
}

/* ------------------------------------------------------------------ requests and time */

static void on_lost(struct ads_connection *connection, const char *reason)
{
	int64_t now = clock_monotonic_ms();

	connection->busy = false;
	if (!connection->lost_ms)
		connection->lost_ms = now;
	xds_session_disconnected(connection->session, reason, now);
}

static void set_timer(struct ads_connection *connection)
{
	int64_t due = xds_session_deadline(connection->session), now = clock_monotonic_ms(), wait;
	int64_t reconnect = connection->busy ? XDS_NEVER :
					       xds_session_reconnect_at(connection->session);
	struct timeval at;

	if (reconnect < due)
		due = reconnect;
	if (due == XDS_NEVER) {
		evtimer_del(connection->timer);
		return;
	}
	wait = due > now ? due - now : 0;
	at.tv_sec = wait / 1000;
	at.tv_usec = wait % 1000 * 1000;
	evtimer_add(connection->timer, &at);
}

/* Sends the requests that are due. */
static int send_requests(struct ads_connection *connection)
{
	struct xds_session_status status;
	struct xds_request request;
	int more = 0, err = 0;

	xds_session_status(connection->session, &status);
	while (status.connected && !err &&
	       (more = xds_session_next_request(connection->session, clock_monotonic_ms(),
						&request)) > 0)
		err = grpc_stream_send(connection->stream, request.bytes, request.length);
	set_timer(connection);
	return more < 0 ? more : err;
}

void ads_connection_drive(struct ads_connection *connection)
{
	int err = send_requests(connection);

	if (!err)
		return;
	grpc_stream_close(connection->stream);
	on_lost(connection,
		err == -ENOBUFS ? "the server does not read what is sent" : "out of memory");
	set_timer(connection);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct ads_connection *connection = arg;
	int64_t now = clock_monotonic_ms();

	if (xds_session_deadline(connection->session) <= now)
		xds_session_tick(connection->session, now);
	if (!connection->busy && xds_session_reconnect_at(connection->session) <= now) {
		connection->busy = true;
		grpc_stream_connect(connection->stream);
	}
	ads_connection_drive(connection);
	notify_owner(connection);
}

/* ------------------------------------------------------------------ the stream */

static void on_open(void *arg)
{
	struct ads_connection *connection = arg;

	xds_session_connected(connection->session, clock_monotonic_ms());
	ads_connection_drive(connection);
	connection->notify(connection->arg, false);
}

/* Only a message ends the time away: a server may accept streams and answer none. */
static int on_message(void *arg, const uint8_t *message, size_t length)
{
	struct ads_connection *connection = arg;
	int err;

	if (length >= MEMORY_LARGE)
		memory_give_back(); /* memory of the TLS handshake */
	err = xds_session_receive(connection->session, message, length, clock_monotonic_ms());
	connection->refused = err;
	if (!err) {
		connection->lost_ms = 0;
		err = send_requests(connection);
	}
	notify_owner(connection);
	return err;
}

static void on_closed(void *arg, const char *reason)
{
	struct ads_connection *connection = arg;

	if (grpc_stream_failure(connection->stream) && !connection->refused)
		xds_session_refuse(connection->session, reason);
	on_lost(connection,
		connection->refused ? xds_session_problem(connection->session) : reason);
	connection->refused = false;
	set_timer(connection);
	notify_owner(connection);
}

void ads_connection_reopen(struct ads_connection *connection, const char *why)
{
	struct xds_session_status status;

	xds_session_status(connection->session, &status);
	grpc_stream_close(connection->stream);
	connection->busy = true;
	if (status.connected)
		xds_session_disconnected(connection->session, why, clock_monotonic_ms());
	grpc_stream_connect(connection->stream);
	set_timer(connection);
}

/* ------------------------------------------------------------------ making one */

static int open_stream(struct event_base *base, const struct config_ads *ads,
		       struct ads_connection *connection)
{
	struct grpc_options options = {
		.path = ads->mode == ADS_MODE_SOTW ? XDS_METHOD_SOTW : XDS_METHOD_DELTA,
		.addresses = ads->addresses, .address_count = ads->address_count, .tls = ads->tls,
		.ca_file = ads->ca.path, .server_name = ads->server_name,
		.certificate_file = ads->certificate.path, .key_file = ads->key.path,
		.token_file = ads->token.path, .cluster_id = ads->cluster_id,
		.user_agent = "parallaxd/" PARALLAX_VERSION,
		.connect_ms = ads->connect_seconds * 1000,
		.keepalive_ms = ads->keepalive_seconds * 1000, .max_message = ads->max_message,
	};
	struct grpc_handler handler = { connection, on_open, on_message, on_closed };

	return grpc_stream_new(base, &options, &handler, &connection->stream);
}

int ads_connection_new(struct event_base *base, const struct config_ads *ads,
		       struct xds_session *session, const char *network,
		       void (*notify)(void *arg, bool contents), void *arg,
		       struct ads_connection **ret)
{
	struct ads_connection *connection = calloc(1, sizeof(*connection));
	int err = -ENOMEM;

	if (!connection) {
		xds_session_free(session);
		return err;
	}
	*connection = (struct ads_connection){ .network = strdup(network), .session = session,
					       .timer = evtimer_new(base, on_timer, connection),
					       .lost_ms = clock_monotonic_ms(),
					       .notify = notify, .arg = arg };
	if (connection->network && connection->timer)
		err = open_stream(base, ads, connection);
	if (err) {
		ads_connection_free(connection);
		return err;
	}
	set_timer(connection);
	*ret = connection;
	return 0;
}

void ads_connection_free(struct ads_connection *connection)
{
	if (!connection)
		return;
	grpc_stream_free(connection->stream);
	xds_session_free(connection->session);
	if (connection->timer)
		event_free(connection->timer);
	free(connection->network);
	free(connection);
}
