/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A small HTTP server of pages, in the caller's loop.
 *
 * GET and HEAD; one request to a connection, whose body is not read. Whatever takes longer than
 * HTTP_SECONDS_MAX is closed, and so is the oldest connection when one too many comes. A client that sends
 * its request at once, as a probe does, is answered before that, whatever flood it comes in. A server that
 * faces others bounds each source as well, and the connections of a second: the loop has other work.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdint.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "addr.h"

#define HTTP_CONNECTIONS_MAX 16
#define HTTP_SOURCE_MAX 4    /* of them of one address, where others may connect */
#define HTTP_ACCEPTS_MAX 100 /* a second, where others may connect */
#define HTTP_HEADER_MAX 8192 /* bytes of a request's head */
#define HTTP_SECONDS_MAX 10  /* from accept to close */

struct http_reply {
	int status;            /* 200 until changed */
	const char *type;      /* Content-Type, plain text until changed; static */
	struct evbuffer *body; /* to be filled */
};

/* Makes the page of a path, at once. */
typedef void (*http_answer)(void *arg, const char *path, struct http_reply *reply);

struct http_server;

enum http_scope {
	HTTP_LOCAL,  /* for this machine alone: on a loopback address */
	HTTP_REMOTE, /* for all that the address is reachable for */
};

/* Listens on an address; port in host order. Returns 0, -EADDRINUSE or another -errno. */
int http_server_new(struct event_base *base, enum http_scope scope, const struct addr *addr,
		    uint16_t port, http_answer answer, void *arg, struct http_server **ret);
/* Closes all connections. Accepts NULL. */
void http_server_free(struct http_server *server);

#endif
