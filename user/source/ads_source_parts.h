/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the files of ads_source. */
#ifndef ADS_SOURCE_PARTS_H
#define ADS_SOURCE_PARTS_H

#include "ads_connection.h"
#include "ads_node.h"
#include "ads_source.h"

struct ads_source {
	struct event_base *base;
	struct config *config;     /* held: texts of the connections are in it */
	uint64_t fingerprint;      /* ads_fingerprint() of it */
	struct ads_machine machine;
	ads_notify notify;
	void *arg;
	struct ads_connection **connections; /* the first is our own network's */
	size_t connection_count;
	uint64_t connection_changes; /* how often */
	char *view;                  /* last sent as REQUESTED_NETWORK_VIEW; or NULL */
	struct arena *arena;     /* of the members below; replaced at each refresh */
	const struct assignment **assignments;
	size_t assignment_count;
	struct listed_cluster *clusters; /* one for each name requested */
	size_t cluster_count;
	uint64_t collected; /* generations of the sessions, as collected last; 0: to be done */
	/* Every view has answered once: one that is added later must not make services wait that
	 * serve already. */
	bool whole;
};

/* Other views have no clusters of their own: they are asked for what ours names. Returns 0 or
 * -errno. */
int ads_source_follow_names(struct ads_source *source);

/* The status of its stream, without figures that have to be counted. */
void ads_source_stream(const struct ads_connection *connection, struct source_stream_status *ret);

#endif
