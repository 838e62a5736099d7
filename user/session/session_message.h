/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts that requests of both modes are made of. */
#ifndef SESSION_MESSAGE_H
#define SESSION_MESSAGE_H

#include <discovery.pb-c.h>

#include "session_state.h"

struct session_message {
	struct arena *arena; /* owns everything but names */
	Pb__Node *node;      /* in the first request of a stream; or NULL */
	Pb__Status *error;   /* in a NACK; or NULL */
	char *type_url;
	char **subscribe; /* SotW: all names; delta: new ones */
	size_t subscribe_count;
	char **unsubscribe; /* delta */
	size_t unsubscribe_count;
};

/* `parts` are REQUEST_*. Returns 0 or -ENOMEM. */
int session_message_make(const struct xds_session *session, enum xds_type type,
			 unsigned int parts, struct session_message *ret);
void session_message_done(struct session_message *message);

#endif
