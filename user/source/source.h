/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where assignments come from: files, a control plane, or nowhere. The owner does not ask which.
 *
 *	source_use()     when the configuration was (re)loaded
 *	source_follow()  when networks, gateways' addresses or listed services changed
 *	source_read()    when files may have changed
 *	source_refresh() before assignments are read
 *
 * Results of the functions below are borrowed until the next of these calls, or until the loop runs
 * again. */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "assignment_find.h"
#include "cluster_list.h"
#include "config.h"
#include "file_watch.h"
#include "source_status.h"
#include "vip_input.h"

struct arena;
struct source;

/* Called from the loop, never from within a call of the owner. `contents`: assignments may differ,
 * else only the status. `failed`: a stream has ended since the last call. */
typedef void (*source_notify)(void *arg, bool contents, bool failed);

/* A source of nothing. Returns 0 or -ENOMEM. */
int source_new(struct event_base *base, source_notify notify, void *arg, struct source **ret);
/* Accepts NULL. */
void source_free(struct source *source);

/* Makes, keeps or replaces the source that `config` names. A control plane is connected to at once,
 * files are not read yet; `config` is held. On failure everything stays. Returns 0 or -errno. */
int source_use(struct source *source, struct config *config);
/* Requests the networks that can be entered and the services listed; nothing to do for files, or when
 * `version` is that of the last call. Returns 0 or -errno. */
int source_follow(struct source *source, const struct config *config, uint64_t version);

/* The file or directory to be watched, as the last path of file_watch_set(); NULL: none. */
const char *source_watch_path(const struct source *source);

enum source_read {
	SOURCE_READ_CHANGED, /* files that changed since they were read */
	SOURCE_READ_ALL,
};
/* Reads files: those that `events` names, or all that changed when it is NULL, without a watch.
 * *ret_changed is set, never cleared, when assignments or problems differ. Returns 0 or -ENOMEM; nothing
 * is known then. */
int source_read(struct source *source, enum source_read which, const struct file_events *events,
		bool *ret_changed);

/* Takes over the resources that the control plane has sent. Returns 0 or -ENOMEM. */
int source_refresh(struct source *source);

/* ---- assignments held: the input of the desired state ---- */

/* Assignments that serve, sorted by name. */
struct assignment_list source_list(const struct source *source);
/* Every cluster it names, with or without an assignment. `complete` is of now: a control plane's
 * silence counts as an answer after a while. */
struct cluster_list source_clusters(const struct source *source);
/* Whether a source has answered once: its path could be read, or the control plane answered for every
 * name, or its first wait, ads.timeouts.initialFetch, has run out. */
bool source_has_answered(struct source *source);
/* Differs whenever more than contents of assignments does: names, answered clusters, virtual IPs. */
uint64_t source_layout(const struct source *source);
/* Whether it names virtual IPs to be captured. */
bool source_names_vips(const struct source *source);
/* Those, in the arena or borrowed; none when it names none. A walk over all clusters: same layout and
 * contents, same input. Returns 0 or -ENOMEM. */
int source_vip_input(const struct source *source, struct arena *arena, struct vip_input *ret);

/* ---- status ---- */

/* Texts are in the arena or borrowed. A walk over all resources. Returns 0 or -ENOMEM. */
int source_status(const struct source *source, struct arena *arena, struct source_status *ret);
/* Calls `visit` with each problem that stands; non-zero stops it and is returned. */
int source_each_problem(const struct source *source,
			int (*visit)(void *arg, const char *problem), void *arg);

#endif
