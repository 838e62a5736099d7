/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the files of the session. */
#ifndef SESSION_STATE_H
#define SESSION_STATE_H

#include "pb_response.h"
#include "session.h"
#include "session_pace.h"

#define SESSION_TYPE_PREFIX "type.googleapis.com/"
/* Full names of the messages, by enum xds_type. */
extern const char *const session_message_names[XDS_TYPES];

enum xds_state {
	XDS_REQUESTED, /* nothing has come yet */
	XDS_TIMED_OUT, /* nor within the fetch timeout: taken as not there */
	XDS_HELD,
	XDS_REMOVED, /* by the server, or expired: served as an assignment without endpoints */
};

/* One resource held, or asked for. */
struct xds_resource {
	struct arena *arena; /* owns the data; NULL: there is none */
	union {
		const void *data;
		const struct assignment *assignment;
		const struct xds_cluster *cluster;
		const struct xds_listener *listener;
		const struct xds_names *names;
	};
	char *version;        /* of the resource by itself; or NULL */
	char *rejected;       /* why the last one was refused; or NULL */
	char *previous;       /* cluster: the assignment that serves until `service` has come */
	uint64_t hash;        /* of the body as received */
	int64_t expires_ms;   /* its ttl; or XDS_NEVER */
	int64_t stale_ms;     /* endpoint_stale_after; or XDS_NEVER */
	int64_t timeout_ms;   /* when the fetch has taken too long; or XDS_NEVER */
	struct xds_resource *next_dead;
	enum xds_state state;
	bool wanted; /* EDS: subscribed; else its unsubscription is still to be sent */
	bool sent;   /* EDS: the server knows of the subscription, on this stream */
	char name[];
};

/* Sorted by name. */
struct xds_list {
	struct xds_resource **items;
	size_t count;
};

/* One type on the stream. */
struct xds_channel {
	struct xds_list list;
	char *version; /* last accepted; or NULL */
	char *nonce;   /* of the last response on this stream; or NULL */
	char *error;   /* the error of the reply that is due; NULL: an ACK */
	char *nack;    /* why the last response was rejected; or NULL */
	bool asked;    /* on this stream */
	bool answered; /* on this stream */
	bool settled;  /* answered once on any stream, or timed out */
	bool reply_due;
	bool names_changed; /* EDS: the subscription, since the last request */
	int64_t reply_at;   /* not before */
	int64_t timeout_ms;
	struct backoff nack_backoff;
	struct xds_type_status status; /* times and counts */
};

/* The assignment that a consumer sees under one name. */
struct xds_served {
	const char *name;
	struct xds_resource *now, *before; /* of EDS; `before` while warming, or NULL */
	struct assignment shown;
};

struct xds_session {
	enum xds_mode mode;
	unsigned int types;
	uint64_t fetch_timeout_ms;
	size_t max_message;
	struct xds_node node;
	struct xds_channel channels[XDS_TYPES];

	struct arena *extra_arena; /* of the names of xds_session_subscribe_eds() */
	const char **extra;        /* sorted, each once */
	size_t extra_count;
	struct xds_served *served; /* sorted by name */
	size_t served_count;
	bool follow_due;           /* `served` and the EDS list are of before */
	struct xds_resource *dead; /* kept while `served` points into them */
	size_t warming;            /* clusters with `previous` */

	struct xds_session_status status; /* but texts and types */
	bool complete, node_sent;
	int64_t reconnect_at;
	char *reason;     /* of the last disconnect; or NULL */
	char *identifier; /* or NULL */
	char problem[256];
	bool taken; /* a message of this stream was good */
	struct backoff reconnect_backoff;
	struct token_bucket bucket;
	uint64_t random;
	int64_t timers_at; /* nothing expires before */
	uint64_t generation;
	uint64_t contents; /* generations in which the contents alone of an assignment changed */
	uint8_t *request;
};

static inline bool session_asks(const struct xds_session *session, enum xds_type type)
{
	return session->types & 1u << type;
}

/* ---- session_store.c ---- */

/* Returns NULL without memory. */
struct xds_resource *xds_resource_new(const char *name);
void xds_resource_free(struct xds_resource *resource);
/* Forget its data and version. */
void xds_resource_clear(struct xds_resource *resource);
struct xds_resource *xds_list_find(const struct xds_list *list, const char *name);
void xds_list_free(struct xds_list *list);
/* Of EDS: names neither wanted nor subscribed to on the server. */
void xds_list_drop_unwanted(struct xds_list *list);
/* Whether the server has sent it, or its removal. Accepts NULL. */
bool xds_resource_arrived(const struct xds_resource *resource);
/* By the server, or expired: an assignment without endpoints is served. */
void session_remove(struct xds_session *session, struct xds_resource *held);
/* Takes resources that are no longer listed; `served` may point to them until session_bury(). */
void session_retire(struct xds_session *session, struct xds_resource *resource);
void session_bury(struct xds_session *session);
/* Sets the timer to fire by then. */
void session_timer(struct xds_session *session, int64_t at_ms);

/* ---- session_apply.c ---- */

/* Applies the valid resources of a response; channel->error then has the errors of the others.
 * Returns 0, or -ENOMEM with nothing changed. */
int session_apply(struct xds_session *session, enum xds_type type,
		  const struct pb_response *response, int64_t now_ms);

/* ---- session_follow.c ---- */

/* Brings the EDS list in step with clusters and names wanted. Returns 0, or -ENOMEM with
 * follow_due left set. */
int session_follow(struct xds_session *session);

/* ---- session_read.c ---- */

/* Once complete, a session stays so. */
void session_update_complete(struct xds_session *session);

#endif
