/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One session with its stream and its timer: connects, sends requests, and reconnects. */
#ifndef ADS_CONNECTION_H
#define ADS_CONNECTION_H

#include <stdbool.h>

#include <event2/event.h>

#include "config.h"
#include "session.h"

struct grpc_stream;

struct ads_connection {
	char *network; /* whose view it has */
	struct xds_session *session;
	struct grpc_stream *stream;
	struct event *timer;
	bool busy; /* connecting, or connected */
	bool refused; /* the session could not take the last message */
	uint64_t generation; /* of the session, at the last call of `notify` */
	int64_t lost_ms;     /* since when no response came; 0: the control plane answers */
	/* `contents`: the session's resources may differ; else only its status. */
	void (*notify)(void *arg, bool contents);
	void *arg;
};

/* Connects from the loop. Takes `session` over, on failure as well; `ads` must outlive it. Returns 0 or
 * -errno. */
int ads_connection_new(struct event_base *base, const struct config_ads *ads,
		       struct xds_session *session, const char *network,
		       void (*notify)(void *arg, bool contents), void *arg,
		       struct ads_connection **ret);
void ads_connection_free(struct ads_connection *connection);

/* Ends the stream and opens another at once; the resources held serve meanwhile. */
void ads_connection_reopen(struct ads_connection *connection, const char *why);
/* After a call on the session: sends the requests that are due and sets the timer. */
void ads_connection_drive(struct ads_connection *connection);

#endif
