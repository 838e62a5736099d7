/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the views of a control plane hold, together. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "ads_source_parts.h"
#include "arena.h"
#include "assignment_merge.h"

static int merge_one(struct ads_source *source, const struct xds_assignment *held,
		     struct merge_view *views, const struct assignment **ret)
{
	const struct assignment *merged;
	bool some = false;
	int err;

	for (size_t i = 0; i < source->link_count; i++) {
		views[i].network = source->links[i]->network;
		views[i].assignment = xds_session_find(source->links[i]->session, held->name);
		some |= views[i].assignment != NULL;
	}
	if (!some)
		return -ENOENT;
	/* The own view decides whether there is a service at all. */
	if (!held->assignment)
		return -ENOENT;
	err = assignment_merge(source->arena, views, source->link_count, &merged);
	if (!err)
		*ret = merged;
	return err;
}

static int collect(struct ads_source *source)
{
	const struct xds_session *own = source->links[0]->session;
	bool merging = source->settings.ads.view == ADS_VIEW_PER_NETWORK;
	struct merge_view *views =
		arena_array(source->arena, source->link_count, sizeof(*views));
	struct xds_assignment held;
	size_t count = 0;
	int err = views ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < xds_session_assignment_count(own); i++) {
		xds_session_assignment(own, i, &held);
		if (merging)
			err = merge_one(source, &held, views, &source->assignments[count]);
		else
			source->assignments[count] = held.assignment;
		if (err == -ENOENT)
			err = 0;
		else if (!err && source->assignments[count])
			count++;
	}
	source->assignment_count = count;
	return err;
}

static bool is_fresh(const struct ads_source *source)
{
	if (!source->generations || source->generations[0] != source->link_count)
		return false;
	for (size_t i = 0; i < source->link_count; i++)
		if (source->generations[i + 1] !=
		    xds_session_generation(source->links[i]->session))
			return false;
	return true;
}

static int note_generations(struct ads_source *source)
{
	uint64_t *generations =
		realloc(source->generations, (source->link_count + 1) * sizeof(*generations));

	if (!generations)
		return -ENOMEM;
	generations[0] = source->link_count;
	for (size_t i = 0; i < source->link_count; i++)
		generations[i + 1] = xds_session_generation(source->links[i]->session);
	source->generations = generations;
	return 0;
}

int ads_source_refresh(struct ads_source *source)
{
	size_t count = xds_session_assignment_count(source->links[0]->session);
	int err = ads_source_follow_names(source);

	if (err || is_fresh(source))
		return err;
	arena_free(source->arena);
	source->assignment_count = 0;
	source->arena = arena_new(0);
	source->assignments = source->arena ?
		arena_array(source->arena, count + 1, sizeof(*source->assignments)) : NULL;
	err = source->assignments ? collect(source) : -ENOMEM;
	source->whole = source->whole || ads_source_is_whole(source);
	return err ? err : note_generations(source);
}

struct assignment_list ads_source_list(const struct ads_source *source)
{
	return (struct assignment_list){ source->assignments, source->assignment_count };
}

uint64_t ads_source_layout(const struct ads_source *source)
{
	uint64_t layout = source->links_changed << 1 | source->whole;

	for (size_t i = 0; i < source->link_count; i++) {
		uint64_t part = xds_session_layout(source->links[i]->session);

		layout = XXH3_64bits_withSeed(&part, sizeof(part), layout);
	}
	return layout;
}

static const struct assignment *find(const struct ads_source *source, const char *name)
{
	struct assignment_list list = ads_source_list(source);
	uint32_t index = assignment_find(&list, name);

	return index == ASSIGNMENT_NONE ? NULL : list.items[index];
}

int ads_source_vip_input(const struct ads_source *source, struct arena *arena,
			 struct vip_input *ret)
{
	const struct xds_session *own = source->links[0]->session;
	size_t clusters = xds_session_cluster_count(own), hosts = xds_session_host_count(own);
	size_t listeners = xds_session_listener_count(own);
	struct vip_cluster *cluster = arena_array(arena, clusters + 1, sizeof(*cluster));
	struct vip_host *host = arena_array(arena, hosts + 1, sizeof(*host));
	struct vip_listener *listener = arena_array(arena, listeners + 1, sizeof(*listener));

	if (!cluster || !host || !listener)
		return -ENOMEM;
	*ret = (struct vip_input){ .clusters = cluster, .hosts = host, .host_count = hosts,
				   .listeners = listener };
	for (size_t i = 0; i < clusters; i++) {
		const struct xds_cluster *from = xds_session_cluster(own, i);

		if (from->kind == XDS_CLUSTER_EDS)
			cluster[ret->cluster_count++] = (struct vip_cluster){
				from->name, find(source, from->name) };
	}
	for (size_t i = 0; i < hosts; i++) {
		const struct xds_host *from = xds_session_host(own, i);

		host[i] = (struct vip_host){ from->host, from->addresses, from->address_count };
	}
	for (size_t i = 0; i < listeners; i++) {
		const struct xds_listener *from = xds_session_listener(own, i);

		if (from->cluster)
			listener[ret->listener_count++] = (struct vip_listener){
				from->address, from->port, from->cluster };
	}
	return 0;
}
