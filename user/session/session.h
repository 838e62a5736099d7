/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ADS session: subscriptions, ACKs and resources. Bytes and time in, bytes and deadlines
 * out; no file descriptor, no clock, no randomness of its own.
 *
 * The owner opens streams and moves bytes:
 *
 *	when xds_session_reconnect_at() has come: open a stream, then xds_session_connected()
 *	each whole gRPC message:                  xds_session_receive()
 *	whenever the stream can take more:        xds_session_next_request() until it returns 0
 *	when xds_session_deadline() has come:     xds_session_tick(), then next_request again
 *	the stream ended, or could not be opened: xds_session_disconnected()
 *
 * Times are milliseconds of one monotonic clock. What the session holds outlives streams: while
 * the control plane is away the last good state is handed out.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assignment.h"
#include "discovery.h"
#include "source_status.h"

struct arena;
struct xds_session;

enum xds_mode { XDS_DELTA, XDS_SOTW };

extern const char *const xds_type_names[XDS_TYPES]; /* "cds" ... */

#define XDS_NEVER INT64_MAX

/* gRPC methods of envoy.service.discovery.v3.AggregatedDiscoveryService. */
#define XDS_METHOD_SOTW                                                                            \
	"/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"
#define XDS_METHOD_DELTA                                                                           \
	"/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"

/* istiod takes metadata values as strings only, "true" included. */
struct xds_metadata {
	const char *key, *value;
};

/* Identity of this client. */
struct xds_node {
	struct arena *arena; /* owns texts; NULL: all of them outlive the session */
	const char *id;
	const char *cluster; /* or NULL */
	struct xds_metadata *metadata;
	size_t metadata_count;
};

struct xds_session_config {
	enum xds_mode mode;
	struct xds_node node;  /* taken over, on failure as well */
	unsigned int types;    /* bit 1 << enum xds_type: which are asked for; with CDS, EDS is
				* for each EDS cluster without a subset, too */
	uint64_t seed;         /* of the jitter */
	uint64_t fetch_timeout_ms; /* 0: 15000 */
	size_t max_message;        /* bytes; 0: 64 MiB */
};

/* Returns 0 or -ENOMEM. */
int xds_session_new(const struct xds_session_config *config, struct xds_session **ret);
/* Accepts NULL. */
void xds_session_free(struct xds_session *session);

/* Another node, for the next stream; the owner closes the present one by itself. What is held
 * stays. The node is taken over. */
void xds_session_set_node(struct xds_session *session, const struct xds_node *node);

/* The EDS names wanted besides those of the clusters followed; replaces those of the last call.
 * Names given up are no longer handed out. Returns 0 or -ENOMEM. */
int xds_session_subscribe_eds(struct xds_session *session, const char *const *names, size_t count);

/* A stream is open. */
void xds_session_connected(struct xds_session *session, int64_t now_ms);
/* It ended, or could not be opened. `reason` is for display. */
void xds_session_disconnected(struct xds_session *session, const char *reason, int64_t now_ms);

/* One whole message of the stream, which is not needed afterwards. Returns 0; -EPROTO when it is
 * no response at all, -EMSGSIZE, or -ENOMEM: close the stream then, xds_session_problem() has
 * the reason. Contents that are refused are no error here: they are NACKed. */
int xds_session_receive(struct xds_session *session, const uint8_t *message, size_t length,
			int64_t now_ms);
const char *xds_session_problem(const struct xds_session *session); /* "" when none */
/* The same for a message that the transport rejected. */
void xds_session_refuse(struct xds_session *session, const char *problem);

struct xds_request {
	const uint8_t *bytes; /* borrowed until the next call on the session */
	size_t length;
	enum xds_type type;
};

/* The next message to send. Returns 1 with *ret, 0 when there is none now, or -ENOMEM. */
int xds_session_next_request(struct xds_session *session, int64_t now_ms,
			     struct xds_request *ret);

/* When xds_session_tick() is due, or XDS_NEVER. */
int64_t xds_session_deadline(const struct xds_session *session);
/* Expires resources with a time to live, and fetches that took too long. */
void xds_session_tick(struct xds_session *session, int64_t now_ms);
/* When the next stream may be opened: XDS_NEVER while one is open, 0 at first. */
int64_t xds_session_reconnect_at(const struct xds_session *session);

/* ---- resources ---- */

/* Changes whenever something below may read differently, the status apart. */
uint64_t xds_session_generation(const struct xds_session *session);

/* Changes with it, but not for the contents of an assignment held before and after. */
uint64_t xds_session_layout(const struct xds_session *session);

/* Has each type asked for been answered once, and each EDS name (or timed out)? Before that what
 * is missing here may only not have come yet. */
bool xds_session_complete(const struct xds_session *session);

/* Sorted by name. Valid until the next receive, tick or subscribe. */
size_t xds_session_assignment_count(const struct xds_session *session);
/* Name of the cluster, or of the resource where CDS does not name it. */
const char *xds_session_name(const struct xds_session *session, size_t index);
/* The one serving under the name at `index`; NULL: none has come yet. */
const struct assignment *xds_session_assignment(const struct xds_session *session, size_t index);
/* Why the last one received under the name at `index` was refused; or NULL. */
const char *xds_session_rejected(const struct xds_session *session, size_t index);
/* The one serving under `name`, or NULL. */
const struct assignment *xds_session_find(const struct xds_session *session, const char *name);

/* Sorted by name; valid as above. */
size_t xds_session_cluster_count(const struct xds_session *session);
const struct xds_cluster *xds_session_cluster(const struct xds_session *session, size_t index);

/* The name table, empty when there is none; valid as above. */
const struct xds_names *xds_session_names(const struct xds_session *session);

/* Sorted by name; valid as above. */
size_t xds_session_listener_count(const struct xds_session *session);
const struct xds_listener *xds_session_listener(const struct xds_session *session, size_t index);

/* ---- status ---- */

void xds_session_status(const struct xds_session *session, struct xds_session_status *ret);
/* Adds the counts of resources: a walk over all of them. */
void xds_session_count(const struct xds_session *session, struct xds_session_status *status);
extern const char *const xds_sync_names[]; /* "idle" ... */

#endif
