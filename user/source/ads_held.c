/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The resources held for all views of a control plane, merged. */
#include <errno.h>
#include <string.h>

#include "ads_source_parts.h"
#include "arena.h"
#include "assignment_merge.h"
#include "fingerprint.h"
#include "monotonic.h"

/* There are servers without names or listeners: after a while that is their answer. */
static bool type_known(const struct xds_session_status *status, enum xds_type type, int64_t fetch_ms)
{
	const struct xds_type_status *of = &status->types[type];

	if (of->sync == XDS_IDLE || of->last_ack_ms)
		return true;
	return type != XDS_CDS && !of->responses && status->connected &&
	       clock_monotonic_ms() - status->since_ms >= fetch_ms;
}

static bool knows_names(const struct ads_source *source)
{
	int64_t fetch_ms = source->config->ads.initial_fetch_seconds * 1000;
	struct xds_session_status status;

	xds_session_status(source->connections[0]->session, &status);
	return type_known(&status, XDS_CDS, fetch_ms) && type_known(&status, XDS_LDS, fetch_ms) &&
	       type_known(&status, XDS_NDS, fetch_ms);
}

/* Fills in each view's assignment; returns whether all have one. */
static bool find_views(const struct ads_source *source, const char *name, struct merge_view *views)
{
	bool all = true;

	for (size_t i = 0; i < source->connection_count; i++) {
		views[i].network = source->connections[i]->network;
		views[i].assignment = xds_session_find(source->connections[i]->session, name);
		all &= views[i].assignment != NULL;
	}
	return all;
}

/* Our own network's view decides whether there is a service at all. */
static int collect_one(struct ads_source *source, const char *name, const struct assignment *own,
		       struct merge_view *views)
{
	const struct assignment **place = &source->assignments[source->assignment_count];
	bool merging = source->config->ads.view == ADS_VIEW_PER_NETWORK;
	bool all = !merging || find_views(source, name, views);
	int err = 0;

	source->clusters[source->cluster_count++] =
		(struct listed_cluster){ name, own && (all || source->whole) };
	*place = own;
	if (merging && own)
		err = assignment_merge(source->arena, views, source->connection_count, place);
	source->assignment_count += !err && *place;
	return err;
}

static int collect(struct ads_source *source)
{
	const struct xds_session *own = source->connections[0]->session;
	struct merge_view *views = arena_array(source->arena, source->connection_count,
					       sizeof(*views));
	bool whole = knows_names(source);
	int err = views ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < xds_session_assignment_count(own); i++) {
		err = collect_one(source, xds_session_name(own, i), xds_session_assignment(own, i),
				  views);
		whole &= source->clusters[i].known;
	}
	source->whole |= !err && whole;
	return err;
}

static int start_collecting(struct ads_source *source)
{
	size_t count = xds_session_assignment_count(source->connections[0]->session) + 1;

	arena_free(source->arena);
	source->assignment_count = source->cluster_count = 0;
	source->arena = arena_new(0);
	if (!source->arena)
		return -ENOMEM;
	source->assignments = arena_array(source->arena, count, sizeof(*source->assignments));
	source->clusters = arena_array(source->arena, count, sizeof(*source->clusters));
	return source->assignments && source->clusters ? 0 : -ENOMEM;
}

/* One number of the same number of all sessions. */
static uint64_t fold(const struct ads_source *source, uint64_t seed,
		     uint64_t (*number_of)(const struct xds_session *session))
{
	for (size_t i = 0; i < source->connection_count; i++)
		seed = fingerprint_number(seed, number_of(source->connections[i]->session));
	return seed;
}

int ads_source_refresh(struct ads_source *source)
{
	int err = ads_source_follow_names(source);
	uint64_t generation = fold(source, source->connection_changes, xds_session_generation);

	if (err || source->collected == generation)
		return err;
	err = start_collecting(source);
	if (!err)
		err = collect(source);
	source->collected = err ? 0 : generation;
	return err;
}

struct assignment_list ads_source_list(const struct ads_source *source)
{
	return (struct assignment_list){ source->assignments, source->assignment_count };
}

struct cluster_list ads_source_clusters(const struct ads_source *source)
{
	return (struct cluster_list){ source->clusters, source->cluster_count,
				      knows_names(source) };
}

bool ads_source_names_vips(const struct ads_source *source)
{
	return source->config->capture != CAPTURE_LISTED;
}

uint64_t ads_source_layout(const struct ads_source *source)
{
	return fold(source, source->connection_changes << 1 | source->whole, xds_session_layout);
}

static const struct assignment *find(const struct ads_source *source, const char *name)
{
	struct assignment_list list = ads_source_list(source);
	uint32_t index = assignment_find(&list, name);

	return index == ASSIGNMENT_NONE ? NULL : list.items[index];
}

static int add_clusters(const struct ads_source *source, struct arena *arena, struct vip_input *ret)
{
	const struct xds_session *own = source->connections[0]->session;
	size_t count = xds_session_cluster_count(own);
	struct vip_cluster *clusters = arena_array(arena, count + 1, sizeof(*clusters));

	ret->clusters = clusters;
	for (size_t i = 0; clusters && i < count; i++) {
		const struct xds_cluster *from = xds_session_cluster(own, i);

		if (from->kind == XDS_CLUSTER_EDS)
			clusters[ret->cluster_count++] =
				(struct vip_cluster){ from->name, find(source, from->name) };
	}
	return clusters ? 0 : -ENOMEM;
}

static size_t count_listener_addresses(const struct xds_session *own)
{
	size_t count = 0;

	for (size_t i = 0; i < xds_session_listener_count(own); i++)
		count += xds_session_listener(own, i)->address_count;
	return count;
}

/* One for each address of a listener. */
static int add_listeners(const struct xds_session *own, struct arena *arena, struct vip_input *ret)
{
	size_t count = count_listener_addresses(own);
	struct vip_listener *listeners = arena_array(arena, count + 1, sizeof(*listeners));

	ret->listeners = listeners;
	for (size_t i = 0; listeners && i < xds_session_listener_count(own); i++) {
		const struct xds_listener *from = xds_session_listener(own, i);

		for (size_t a = 0; from->cluster && a < from->address_count; a++)
			listeners[ret->listener_count++] = (struct vip_listener){
				from->addresses[a].addr, from->addresses[a].port, from->cluster
			};
	}
	return listeners ? 0 : -ENOMEM;
}

int ads_source_vip_input(const struct ads_source *source, struct arena *arena,
			 struct vip_input *ret)
{
	const struct xds_session *own = source->connections[0]->session;
	const struct xds_names *names = xds_session_names(own);
	struct vip_input input = { .hosts = names->hosts, .host_count = names->count };
	int err = add_clusters(source, arena, &input);

	if (!err)
		err = add_listeners(own, arena, &input);
	if (!err)
		*ret = input;
	return err;
}
