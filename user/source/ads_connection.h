/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One session with its stream and its timer: it connects, asks, listens, and tries again. */
#ifndef ADS_CONNECTION_H
#define ADS_CONNECTION_H

#include <stdbool.h>

#include <event2/event.h>

#include "ads_node.h"
#include "session.h"

struct grpc_stream;

struct ads_connection {
	char *network; /* whose view it has */
	struct xds_session *session;
	struct grpc_stream *stream;
	struct event *timer;
	bool busy; /* connecting, or connected */
	bool refused; /* the session could not take the last message */
	uint64_t generation; /* last told of */
	int64_t lost_ms; /* since when the control plane is away; 0: it is there */
	/* `contents`: what is held reads differently; else only the status. */
	void (*notify)(void *arg, bool contents);
	void *arg;
};

/* Nothing is connected before ads_connection_start(). `settings` must outlive it. Returns 0 or -errno. */
int ads_connection_new(struct event_base *base, const struct ads_settings *settings,
		 const struct xds_session_config *config, const char *network,
		 void (*notify)(void *arg, bool contents), void *arg, struct ads_connection **ret);
void ads_connection_free(struct ads_connection *link);

void ads_connection_start(struct ads_connection *link);
/* Ends the stream and opens another at once; what is held serves meanwhile. */
void ads_connection_reopen(struct ads_connection *link, const char *why);
/* After a call on the session: sends what it has to say and sets its timer. */
void ads_connection_drive(struct ads_connection *link);

int64_t ads_now_ms(void);

#endif
