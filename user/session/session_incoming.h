/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The resources of one response, decoded and judged before any of them is taken. */
#ifndef SESSION_INCOMING_H
#define SESSION_INCOMING_H

#include "eds_rules.h"
#include "session_state.h"

enum incoming_kind {
	INCOMING_TAKE,      /* new contents, in `fresh` */
	INCOMING_SAME,      /* equal to the resource held */
	INCOMING_HEARTBEAT, /* its ttl alone */
	INCOMING_IGNORED,   /* never asked for */
	INCOMING_REFUSED,   /* for the reason in `wrong` */
};

struct incoming {
	enum incoming_kind kind;
	const char *name;           /* in the batch's arena */
	const char *wrong;          /* likewise, or a constant */
	struct pb_resource from;
	struct xds_resource *held;  /* under that name; or NULL */
	struct xds_resource *fresh; /* owned */
	char *version;              /* owned; for the held one, where it is another */
	char *rejected;             /* owned; `wrong`, for the held one */
	char *previous;             /* owned; for a cluster that has to warm */
	uint64_t hash;
	bool unnamed; /* `name` is only its place in the response */
};

struct incoming_batch {
	struct arena *arena;
	struct incoming *items; /* sorted by name */
	size_t count;
	struct xds_resource **removed; /* held ones that the server removed */
	size_t removed_count;
	const char *whole; /* the error of the response as such; or NULL */
	struct eds_usage usage;
	size_t bytes;     /* held by the session, and added by the batch */
	size_t resources; /* the same of this type */
};

void incoming_refuse(struct incoming *item, const char *wrong);
/* Classifies an item and allocates everything that accepting it needs. Returns 0 or -ENOMEM. */
int incoming_judge(const struct xds_session *session, enum xds_type type,
		   const struct pb_response *response, struct incoming_batch *batch,
		   struct incoming *item);

/* Returns 0, or -ENOMEM with nothing to free. */
int incoming_read(const struct xds_session *session, enum xds_type type,
		  const struct pb_response *response, struct incoming_batch *ret);
void incoming_free(struct incoming_batch *batch);

/* The errors of the batch, "name: reason; name: reason", to be freed; *ret is NULL when
 * nothing is. Returns 0 or -ENOMEM. */
int incoming_error(const struct incoming_batch *batch, char **ret);

#endif
