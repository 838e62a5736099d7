/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Assignments, names and clusters from a control plane. */
#ifndef ADS_SOURCE_H
#define ADS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

#include "assignment_find.h"
#include "config.h"
#include "session.h"
#include "vip_input.h"

struct arena;
struct ads_source;

/* Called from the loop, never from within a call of the owner: `contents` when what is served may
 * differ, else for the status alone. */
typedef void (*ads_notify)(void *arg, bool contents);

/* Connects at once. The configuration is copied. Returns 0 or -errno. */
int ads_source_new(struct event_base *base, const struct config *config, ads_notify notify,
		   void *arg, struct ads_source **ret);
/* Accepts NULL. */
void ads_source_free(struct ads_source *source);

/* Whether `config` wants this very source; if not, a new one has to be made. */
bool ads_source_fits(const struct ads_source *source, const struct config *config);
/* Follows networks with usable gateways and listed services: to be called whenever configuration,
 * meshNetworks or an answer of the resolver changed. Returns 0 or -errno. */
int ads_source_follow(struct ads_source *source, const struct config *config);

/* Everything below reads what was held at the last call of this. Returns 0 or -ENOMEM. */
int ads_source_refresh(struct ads_source *source);

/* Served assignments; valid until the loop runs again. */
struct assignment_list ads_source_list(const struct ads_source *source);
/* Differs whenever more than their contents does: which there are, what is known of the rest, and the
 * word on virtual IPs. */
uint64_t ads_source_layout(const struct ads_source *source);

/* The control plane's word on virtual IPs, in the arena or borrowed. Returns 0 or -ENOMEM. */
int ads_source_vip_input(const struct ads_source *source, struct arena *arena,
			 struct vip_input *ret);

/* Names of assignments asked for, whether or not there is one. */
size_t ads_source_name_count(const struct ads_source *source);
const char *ads_source_name(const struct ads_source *source, size_t index);

/* Whether a control plane has said what there is under this name, in each view; else nothing has
 * come yet, in time, or was good. A view that is asked for later on is not waited for. */
bool ads_source_knows(const struct ads_source *source, const char *name);
/* Whether it has said which services and virtual IPs there are. */
bool ads_source_knows_names(const struct ads_source *source);
/* Whether all that was asked for has been answered, or has taken too long. */
bool ads_source_complete(const struct ads_source *source);

/* ---- for people ---- */

struct ads_stream_status {
	const char *network; /* whose view */
	const char *peer;    /* "host:port" */
	int64_t away_ms;     /* since when nothing is heard of it, by ads_source_now(); 0: it is there */
	struct xds_session_status session;
};

int64_t ads_source_now(void);
size_t ads_source_stream_count(const struct ads_source *source);
void ads_source_stream(const struct ads_source *source, size_t index,
		       struct ads_stream_status *ret);
/* With what has to be counted. */
void ads_source_stream_counted(const struct ads_source *source, size_t index,
			       struct ads_stream_status *ret);
/* Calls `visit` with each assignment that was refused, and why; non-zero stops it. */
int ads_source_each_rejected(const struct ads_source *source,
			     int (*visit)(void *arg, const char *name, const char *reason),
			     void *arg);

#endif
