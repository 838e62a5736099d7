/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A small HTTP server of pages.
 *
 * Why not libevent's evhttp: 2.1, which distributions have, cannot limit the number of connections
 * (evhttp_set_max_connections() came later: github.com/libevent/libevent, pull request 592), nor how long
 * one may last, since its timeout starts again with each byte (pull request 593). Any process of the
 * machine could take all descriptors of the agent. tests/fuzz/fuzz_http_request.c covers the parser. */
#include "http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <event2/bufferevent.h>
#include <event2/listener.h>

#include "http_request.h"

/* Clients that come in a burst wait here; one that finds no place tries again after a second. A longer
 * queue would last longer than a probe waits. */
#define BACKLOG 1024
/* Accepted in one turn of the loop. A client that has sent its request is answered in the next turn, when
 * there are at most twice as many newer ones: no burst pushes it out unheard. */
#define TURN_ACCEPTS (HTTP_CONNECTIONS_MAX / 2)
#define PAUSE_SECONDS 1 /* when no connection can be accepted */

struct connection {
	struct http_server *server;
	struct addr from;
	struct bufferevent *stream;
	struct event *deadline;
	bool answered, ended; /* the client sends no more */
};

struct http_server {
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *pause; /* until the listener may accept again */
	enum http_scope scope;
	time_t second; /* CLOCK_MONOTONIC */
	unsigned int accepts; /* in that second */
	unsigned int turn_accepts; /* since the listener was enabled */
	http_answer answer;
	void *arg;
	struct connection *connections[HTTP_CONNECTIONS_MAX]; /* oldest first */
	size_t count;
};

static void connection_free(struct connection *connection)
{
	if (connection->stream)
		bufferevent_free(connection->stream);
	if (connection->deadline)
		event_free(connection->deadline);
	free(connection);
}

static void drop(struct connection *connection)
{
	struct http_server *server = connection->server;
	size_t i = 0;

	while (server->connections[i] != connection)
		i++;
	server->count--;
	memmove(&server->connections[i], &server->connections[i + 1],
		(server->count - i) * sizeof(*server->connections));
	connection_free(connection);
}

/* ------------------------------------------------------------------ answers */

static const char *status_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} texts[] = {
		{ 200, "OK" }, { 400, "Bad Request" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 414, "URI Too Long" },
		{ 431, "Request Header Fields Too Large" }, { 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].status == status)
			return texts[i].text;
	return "Internal Server Error";
}

static void send_reply(struct bufferevent *stream, const struct http_reply *reply, bool head)
{
	struct evbuffer *out = bufferevent_get_output(stream);

	evbuffer_add_printf(out,
			    "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
			    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n%s"
			    "Connection: close\r\n\r\n",
			    reply->status, status_text(reply->status), reply->type,
			    evbuffer_get_length(reply->body),
			    reply->status == 405 ? "Allow: GET, HEAD\r\n" : "");
	if (!head)
		evbuffer_add_buffer(out, reply->body);
}

static int answer(struct connection *connection, const struct http_request *request, int refused)
{
	struct http_server *server = connection->server;
	struct http_reply reply = { 200, "text/plain; charset=utf-8", evbuffer_new() };

	if (!reply.body)
		return -ENOMEM;
	connection->answered = true;
	if (refused) {
		reply.status = refused;
		evbuffer_add_printf(reply.body, "%s\n", status_text(refused));
	} else {
		server->answer(server->arg, request->path, &reply);
	}
	send_reply(connection->stream, &reply, request->head);
	evbuffer_free(reply.body);
	return 0;
}

/* ------------------------------------------------------------------ one connection */

static void on_read(struct bufferevent *stream, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(stream);
	size_t length = evbuffer_get_length(in);
	struct connection *connection = arg;
	struct http_request request = {};
	int err = 0;

	if (!connection->answered) {
		const unsigned char *bytes = evbuffer_pullup(in, -1);

		err = bytes ? http_request_parse((const char *)bytes, length, &request) : -ENOMEM;
		if (err == -EAGAIN && length < HTTP_HEADER_MAX)
			return;
		err = answer(connection, &request, err == -EAGAIN ? 431 : err < 0 ? 500 : err);
	}
	evbuffer_drain(in, length);
	if (err)
		drop(connection);
}

/* A client that still sends at close(2) would lose the answer to a reset: wait for its end. */
static void on_written(struct bufferevent *stream, void *arg)
{
	struct connection *connection = arg;

	if (!connection->answered)
		return;
	if (connection->ended)
		drop(connection);
	else
		shutdown(bufferevent_getfd(stream), SHUT_WR);
}

static void on_event(struct bufferevent *stream, short what, void *arg)
{
	struct connection *connection = arg;

	if ((what & BEV_EVENT_EOF) && connection->answered &&
	    evbuffer_get_length(bufferevent_get_output(stream)))
		connection->ended = true;
	else
		drop(connection);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	drop(arg);
}

/* ------------------------------------------------------------------ accepting */

/* Packets for a loopback address come from elsewhere where route_localnet is set. */
static bool is_local(const struct sockaddr *from)
{
	const struct addr addr = addr_of_sockaddr(from);

	return addr_is_loopback(&addr);
}

static struct connection *connection_new(struct http_server *server, evutil_socket_t fd)
{
	const struct timeval deadline = { HTTP_SECONDS_MAX, 0 };
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection)
		return NULL;
	connection->server = server;
	connection->deadline = evtimer_new(server->base, on_deadline, connection);
	if (connection->deadline && !evtimer_add(connection->deadline, &deadline))
		connection->stream = bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!connection->stream) {
		connection_free(connection);
		return NULL;
	}
	bufferevent_setcb(connection->stream, on_read, on_written, on_event, connection);
	bufferevent_setwatermark(connection->stream, EV_READ, 0, HTTP_HEADER_MAX);
	bufferevent_enable(connection->stream, EV_READ | EV_WRITE);
	return connection;
}

static void pause_accepting(struct http_server *server, time_t seconds)
{
	const struct timeval wait = { seconds, 0 };

	if (!evtimer_add(server->pause, &wait))
		evconnlistener_disable(server->listener);
}

static bool is_too_fast(struct http_server *server)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec != server->second)
		server->accepts = 0;
	server->second = now.tv_sec;
	return ++server->accepts >= HTTP_ACCEPTS_MAX;
}

/* What comes beyond the limit of this turn, or second, waits in the backlog. */
static void count_accept(struct http_server *server)
{
	if (server->scope == HTTP_REMOTE && is_too_fast(server))
		pause_accepting(server, PAUSE_SECONDS);
	else if (++server->turn_accepts >= TURN_ACCEPTS)
		pause_accepting(server, 0);
}

/* Makes room for one connection more: the oldest goes, of this source if it has its share. */
static void make_room(struct http_server *server, const struct addr *from)
{
	struct connection *oldest = NULL;
	size_t count = 0;

	for (size_t i = server->count; server->scope == HTTP_REMOTE && i--;)
		if (addr_equal(&server->connections[i]->from, from)) {
			oldest = server->connections[i];
			count++;
		}
	if (count >= HTTP_SOURCE_MAX)
		drop(oldest);
	else if (server->count == HTTP_CONNECTIONS_MAX)
		drop(server->connections[0]);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *sockaddr,
		      int length, void *arg)
{
	struct http_server *server = arg;
	struct connection *connection = NULL;
	struct addr from = addr_of_sockaddr(sockaddr);

	count_accept(server);
	if (server->scope == HTTP_REMOTE || is_local(sockaddr)) {
		make_room(server, &from);
		connection = connection_new(server, fd);
	}
	if (!connection) {
		evutil_closesocket(fd);
		return;
	}
	connection->from = from;
	server->connections[server->count++] = connection;
}

/* Out of descriptors, most likely: the loop must not spin on it. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	pause_accepting(arg, PAUSE_SECONDS);
}

static void on_pause(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *server = arg;

	server->turn_accepts = 0;
	evconnlistener_enable(server->listener);
}

static int listen_at(struct http_server *server, const struct addr *addr, uint16_t port)
{
	struct sockaddr_storage to;
	socklen_t length = addr_to_sockaddr(addr, port, &to);

	errno = ENOMEM;
	/* Deferred: connections without a request are not even accepted, for a second or two. */
	server->listener = evconnlistener_new_bind(server->base, on_accept, server,
						   LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
							   LEV_OPT_REUSEABLE |
							   LEV_OPT_DEFERRED_ACCEPT,
						   BACKLOG, (struct sockaddr *)&to, (int)length);
	if (!server->listener)
		return -errno;
	evconnlistener_set_error_cb(server->listener, on_accept_error);
	return 0;
}

int http_server_new(struct event_base *base, enum http_scope scope, const struct addr *addr,
		    uint16_t port, http_answer answer_page, void *arg, struct http_server **ret)
{
	struct http_server *server;
	int err;

	if (scope == HTTP_LOCAL && !addr_is_loopback(addr))
		return -EINVAL;
	server = calloc(1, sizeof(*server));
	if (!server)
		return -ENOMEM;
	server->base = base;
	server->scope = scope;
	server->answer = answer_page;
	server->arg = arg;
	server->pause = evtimer_new(base, on_pause, server);
	err = server->pause ? listen_at(server, addr, port) : -ENOMEM;
	if (err) {
		http_server_free(server);
		return err;
	}
	*ret = server;
	return 0;
}

void http_server_free(struct http_server *server)
{
	if (!server)
		return;
	while (server->count)
		drop(server->connections[server->count - 1]);
	if (server->listener)
		evconnlistener_free(server->listener);
	if (server->pause)
		event_free(server->pause);
	free(server);
}
