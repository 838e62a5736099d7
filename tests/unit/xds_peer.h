/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The server's side of an ADS session: reads requests, writes responses. */
#ifndef XDS_PEER_H
#define XDS_PEER_H

#include "session.h"

#define PEER_NAMES 8

/* A request of either mode, as one line:
 * "eds names=[a,b] unsub=[c] versions=[a=1] version=5 nonce=n error" without empty fields. */
#define PEER_LINE 1024
/* The next request as such a line; "" when there is none. Static; valid until the next call. */
const char *peer_next(struct xds_session *session, int64_t now_ms);
/* All pending requests, joined by "; ". */
const char *peer_all(struct xds_session *session, int64_t now_ms);
/* The message of error_detail, and node.id, of the last request that had one. */
extern char peer_error[2048], peer_node[256];

/* A resource in pb_build() text: cluster and assignment by name, with one endpoint 10.0.0.HOST:80
 * (0: none). */
const char *peer_cluster(const char *name, const char *service);
const char *peer_assignment(const char *name, unsigned int host);

/* Sends a response. `resources` are pb_build() bodies, each with its name for delta, or NULL. */
struct peer_resource {
	const char *name, *body, *version;
	int64_t ttl; /* seconds; 0: none. With a ttl, SotW wraps it too */
};

int peer_send(struct xds_session *session, enum xds_mode mode, enum xds_type type,
	      const char *version, const char *nonce, const struct peer_resource *resources,
	      size_t count, const char *removed, int64_t now_ms);

#endif
