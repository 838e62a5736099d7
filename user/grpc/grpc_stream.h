/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One bidirectional gRPC stream over a connection of its own: HTTP/2, plain or TLS, in the loop.
 *
 * Our own client over libnghttp2, because no gRPC library for C is kept: gRPC has none (github.com/grpc/grpc,
 * issues 7843 and 23160), the C interface of its core changes with each release and is meant for
 * language bindings (issue 9656), and Juniper's grpc-c has rested since 2018. */
#ifndef GRPC_STREAM_H
#define GRPC_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "addr.h"

struct grpc_stream;

/* All texts are borrowed and must outlive the stream. Files are read at each connect. */
struct grpc_options {
	const char *path; /* "/package.Service/Method" */
	const struct host_port *addresses; /* tried in turn */
	size_t address_count;
	int tls; /* else HTTP/2 in the clear, by prior knowledge */
	const char *ca_file;     /* NULL: the system's authorities */
	const char *server_name; /* name the certificate must have; NULL: the host's name */
	const char *certificate_file, *key_file; /* or NULL */
	const char *token_file; /* bearer token; or NULL */
	const char *cluster_id; /* metadata `clusterid`; or NULL */
	const char *user_agent;
	unsigned int connect_ms;   /* for name, TCP and TLS of one address */
	unsigned int keepalive_ms; /* silence after which a PING asks */
	size_t max_message;        /* bytes */
};

/* Called from the loop, never from within a call of the owner. */
struct grpc_handler {
	void *arg;
	/* The request is on its way; grpc_stream_send() may be called. */
	void (*open)(void *arg);
	/* One message, valid during the call; non-zero ends the stream. Must not close it. */
	int (*message)(void *arg, const uint8_t *message, size_t length);
	/* The stream is over, or none could be opened; grpc_stream_connect() may be called. */
	void (*closed)(void *arg, const char *reason);
};

/* Returns 0 or -ENOMEM. Nothing is connected yet. */
int grpc_stream_new(struct event_base *base, const struct grpc_options *options,
		    const struct grpc_handler *handler, struct grpc_stream **ret);
/* Accepts NULL; `closed` is not called. */
void grpc_stream_free(struct grpc_stream *stream);

/* Opens the stream with the first address that answers, beginning where the last one served or
 * after the one that failed. The handler is called on success and on failure. */
void grpc_stream_connect(struct grpc_stream *stream);
/* Ends it now; `closed` is not called. */
void grpc_stream_close(struct grpc_stream *stream);
/* Queues one message. Returns 0, -ENOTCONN, -ENOMEM, or -ENOBUFS when the server does not read. */
int grpc_stream_send(struct grpc_stream *stream, const uint8_t *message, size_t length);

/* Within `closed`: why we ended the stream ourselves, -errno; 0 when we did not. */
int grpc_stream_failure(const struct grpc_stream *stream);

/* Where the stream is, or would be, "host:port"; "" before the first connect. */
const char *grpc_stream_peer(const struct grpc_stream *stream);

#endif
