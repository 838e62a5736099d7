/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Assignments, names and clusters from a control plane. */
#ifndef ADS_SOURCE_H
#define ADS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

#include "assignment_find.h"
#include "cluster_list.h"
#include "config.h"
#include "session.h"
#include "source_status.h"
#include "vip_input.h"

struct arena;
struct ads_source;

typedef int (*source_problem)(void *arg, const char *problem);

/* Called from the loop, never from within a call of the owner. `contents`: assignments, names or clusters
 * may differ; else only the status. */
typedef void (*ads_notify)(void *arg, bool contents);

/* Connects at once. `config` is held. Returns 0 or -errno. */
int ads_source_new(struct event_base *base, struct config *config, ads_notify notify,
		   void *arg, struct ads_source **ret);
/* Accepts NULL. */
void ads_source_free(struct ads_source *source);

/* Whether `config` wants this very source; if not, a new one has to be made. */
bool ads_source_fits(const struct ads_source *source, const struct config *config);
/* Follows networks with usable gateways and listed services: to be called whenever configuration,
 * meshNetworks or a gateway's address changed. Returns 0 or -errno. */
int ads_source_follow(struct ads_source *source, const struct config *config);

/* Takes a snapshot of the sessions, which all functions below read. Returns 0 or -ENOMEM. */
int ads_source_refresh(struct ads_source *source);

/* Served assignments; valid until the loop runs again. */
struct assignment_list ads_source_list(const struct ads_source *source);
/* Differs whenever more than contents of assignments does: names, which are known, virtual IPs. */
uint64_t ads_source_layout(const struct ads_source *source);

/* Clusters, names and listeners, in the arena or borrowed. Returns 0 or -ENOMEM. */
int ads_source_vip_input(const struct ads_source *source, struct arena *arena,
			 struct vip_input *ret);

/* Clusters whose assignments are requested. One is known once an assignment has come in each view; a
 * view that is requested later on is not waited for. Complete: clusters, names and listeners have been
 * received. */
struct cluster_list ads_source_clusters(const struct ads_source *source);
/* Whether virtual IPs are requested. */
bool ads_source_names_vips(const struct ads_source *source);

/* ---- status ---- */

/* Streams that ended or could not be opened, so far. */
uint64_t ads_source_failures(const struct ads_source *source);
/* Fills in the part of a control plane. A walk over all resources. Returns 0 or -ENOMEM. */
int ads_source_status(const struct ads_source *source, struct arena *arena,
		      struct source_status *ret);
/* Calls `visit` with each problem that stands; non-zero stops it and is returned. */
int ads_source_each_problem(const struct ads_source *source, source_problem visit, void *arg);

#endif
