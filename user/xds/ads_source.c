/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Assignments, names and clusters from a control plane: its streams, and what they say together. */
#include "ads_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ads_link.h"
#include "ads_views.h"
#include "arena.h"
#include "assignment_merge.h"
#include "grpc_stream.h"
#include "text.h"

struct ads_source {
	struct event_base *base;
	struct ads_settings settings;
	struct ads_machine machine;
	ads_notify notify;
	void *arg;
	struct ads_link **links; /* the first is our own network's */
	size_t link_count;
	char *view;              /* last said as REQUESTED_NETWORK_VIEW; NULL: nothing */
	struct arena *arena;     /* of what follows, made anew at each refresh */
	const struct assignment **assignments;
	size_t assignment_count;
	uint64_t *generations;   /* of the links, at the last refresh */
	bool whole;              /* every view has had its say once */
};

static void on_link(void *arg, bool contents)
{
	struct ads_source *source = arg;

	source->notify(source->arg, contents);
}

/* ------------------------------------------------------------------ links */

static uint64_t random_seed(void)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = (uint64_t)ads_now_ms();
	return seed;
}

static int add_link(struct ads_source *source, const char *network, const char *view)
{
	const struct ads_settings *settings = &source->settings;
	bool own = !source->link_count, all = own && !settings->listed;
	struct ads_link **links =
		realloc(source->links, (source->link_count + 1) * sizeof(*links));
	struct arena *arena = arena_new(0);
	struct ads_node node = {};
	int err = links && arena ? ads_node_make(arena, settings, &source->machine, network, view,
						 &node) : -ENOMEM;
	struct xds_session_config config = {
		.mode = settings->ads.mode == ADS_MODE_SOTW ? XDS_SOTW : XDS_DELTA,
		.node_id = node.id, .node_cluster = node.cluster, .metadata = node.metadata,
		.metadata_count = node.count, .user_agent_version = NULL,
		.types = all ? 1 << XDS_CDS | 1 << XDS_EDS | 1 << XDS_LDS | 1 << XDS_NDS :
			       1 << XDS_EDS,
		.follow_clusters = all, .seed = random_seed(),
		.fetch_timeout_ms = settings->ads.initial_fetch_seconds * 1000,
		.max_message = settings->ads.max_message,
	};

	if (links)
		source->links = links;
	if (!err)
		err = ads_link_new(source->base, settings, &config, network, on_link, source,
				   &source->links[source->link_count]);
	arena_free(arena);
	if (err)
		return err;
	ads_link_start(source->links[source->link_count++]);
	return 0;
}

static void drop_link(struct ads_source *source, size_t index)
{
	ads_link_free(source->links[index]);
	memmove(&source->links[index], &source->links[index + 1],
		(source->link_count - index - 1) * sizeof(*source->links));
	source->link_count--;
	/* What was made of its view is gone with it. */
	source->assignment_count = 0;
	free(source->generations);
	source->generations = NULL;
}

static bool has_link(const struct ads_source *source, const char *network)
{
	for (size_t i = 0; i < source->link_count; i++)
		if (!strcmp(source->links[i]->network, network))
			return true;
	return false;
}

/* One stream for each network that can be used; our own stays first, and always. */
static int follow_networks(struct ads_source *source, const struct ads_views *views)
{
	int err = 0;

	for (size_t i = source->link_count; i-- > 1;)
		if (!ads_views_have(views, source->links[i]->network))
			drop_link(source, i);
	for (size_t i = 0; !err && i < views->count; i++)
		if (!has_link(source, views->networks[i]))
			err = add_link(source, views->networks[i], views->networks[i]);
	return err;
}

static int set_view(struct ads_source *source, const char *view)
{
	char *copy = view ? strdup(view) : NULL;

	if (view && !copy)
		return -ENOMEM;
	free(source->view);
	source->view = copy;
	return 0;
}

/* istiod takes note of metadata at the first request of a stream alone. */
static int change_view(struct ads_source *source, const char *view)
{
	struct ads_link *link = source->links[0];
	struct arena *arena = arena_new(0);
	struct ads_node node;
	int err = arena ? ads_node_make(arena, &source->settings, &source->machine,
					source->settings.network, view, &node) : -ENOMEM;

	if (!err)
		err = xds_session_set_node(link->session, node.id, node.cluster, node.metadata,
					   node.count);
	if (!err)
		err = set_view(source, view);
	arena_free(arena);
	if (!err)
		ads_link_reopen(link, "the networks asked for changed");
	return err;
}

/* ------------------------------------------------------------------ names asked for */

static int listed_names(const struct config *config, struct arena *arena, const char ***ret,
			size_t *ret_count)
{
	const char **names;
	size_t count = 0;

	for (size_t i = 0; i < config->service_count; i++)
		count += config->services[i].port_count;
	names = arena_array(arena, count + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	count = 0;
	for (size_t i = 0; i < config->service_count; i++)
		for (size_t p = 0; p < config->services[i].port_count; p++) {
			names[count] = arena_printf(arena, "outbound|%u||%s",
						    config->services[i].ports[p].port,
						    config->services[i].host);
			if (!names[count++])
				return -ENOMEM;
		}
	*ret = names;
	*ret_count = count;
	return 0;
}

static int subscribe(struct ads_link *link, const char *const *names, size_t count)
{
	int err = xds_session_subscribe_eds(link->session, names, count, ads_now_ms());

	if (!err)
		ads_link_drive(link);
	return err;
}

/* Other views have no clusters of their own: they are asked for what ours names. */
static int follow_names(struct ads_source *source)
{
	const struct xds_session *own = source->links[0]->session;
	size_t count = xds_session_assignment_count(own);
	const char **names = source->link_count > 1 ? calloc(count + 1, sizeof(*names)) : NULL;
	struct xds_assignment held;
	int err = source->link_count > 1 && !names ? -ENOMEM : 0;

	for (size_t i = 0; names && i < count; i++) {
		xds_session_assignment(own, i, &held);
		names[i] = held.name;
	}
	for (size_t i = 1; !err && i < source->link_count; i++)
		err = subscribe(source->links[i], names, count);
	free(names);
	return err;
}

int ads_source_follow(struct ads_source *source, const struct config *config)
{
	struct arena *arena = arena_new(0);
	struct ads_views views;
	const char **names = NULL;
	size_t count = 0;
	int err = arena ? ads_views_make(arena, config->mesh, config->network, &views) : -ENOMEM;

	if (!err)
		err = listed_names(config, arena, &names, &count);
	if (!err && source->settings.ads.view == ADS_VIEW_PER_NETWORK)
		err = follow_networks(source, &views);
	else if (!err && !text_equal(views.text, source->view))
		err = change_view(source, views.text);
	if (!err)
		err = subscribe(source->links[0], names, count);
	if (!err)
		err = follow_names(source);
	arena_free(arena);
	return err;
}

/* ------------------------------------------------------------------ making one */

static int open_first(struct ads_source *source, const struct config *config)
{
	struct arena *arena = arena_new(0);
	struct ads_views views;
	int err = arena ? ads_views_make(arena, config->mesh, config->network, &views) : -ENOMEM;

	if (!err && source->settings.ads.view == ADS_VIEW_PER_NETWORK)
		err = add_link(source, config->network, config->network);
	else if (!err)
		err = add_link(source, config->network, views.text);
	if (!err)
		err = set_view(source, views.text);
	arena_free(arena);
	return err ? err : ads_source_follow(source, config);
}

int ads_source_new(struct event_base *base, const struct config *config, ads_notify notify,
		   void *arg, struct ads_source **ret)
{
	struct ads_source *source = calloc(1, sizeof(*source));
	int err;

	if (!source)
		return -ENOMEM;
	source->base = base;
	source->notify = notify;
	source->arg = arg;
	ads_machine_look(&config->ads, &source->machine);
	err = ads_settings_copy(config, &source->settings);
	if (!err)
		err = open_first(source, config);
	if (err)
		ads_source_free(source);
	else
		*ret = source;
	return err;
}

void ads_source_free(struct ads_source *source)
{
	if (!source)
		return;
	while (source->link_count)
		drop_link(source, source->link_count - 1);
	free(source->links);
	free(source->view);
	free(source->generations);
	arena_free(source->arena);
	ads_settings_done(&source->settings);
	free(source);
}

bool ads_source_fits(const struct ads_source *source, const struct config *config)
{
	return config->ads.enabled && ads_settings_match(&source->settings, config);
}

/* ------------------------------------------------------------------ what is not known yet */

size_t ads_source_name_count(const struct ads_source *source)
{
	return xds_session_assignment_count(source->links[0]->session);
}

const char *ads_source_name(const struct ads_source *source, size_t index)
{
	struct xds_assignment held;

	xds_session_assignment(source->links[0]->session, index, &held);
	return held.name;
}

/* There are servers without names or listeners: after a while that is their answer. */
static bool type_known(const struct xds_session_status *status, enum xds_type type, int64_t fetch_ms)
{
	const struct xds_type_status *of = &status->types[type];

	if (of->sync == XDS_IDLE || of->last_ack_ms)
		return true;
	return type != XDS_CDS && !of->responses && status->connected &&
	       ads_now_ms() - status->since_ms >= fetch_ms;
}

bool ads_source_knows_names(const struct ads_source *source)
{
	int64_t fetch_ms = source->settings.ads.initial_fetch_seconds * 1000;
	struct xds_session_status status;

	xds_session_status(source->links[0]->session, &status);
	return type_known(&status, XDS_CDS, fetch_ms) && type_known(&status, XDS_LDS, fetch_ms) &&
	       type_known(&status, XDS_NDS, fetch_ms);
}

static bool is_asked(const struct ads_source *source, const char *name)
{
	size_t low = 0, high = ads_source_name_count(source);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(ads_source_name(source, middle), name);

		if (!order)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool all_views_have(const struct ads_source *source, const char *name)
{
	size_t count = source->whole ? 1 : source->link_count;

	for (size_t i = 0; i < count; i++)
		if (!xds_session_find(source->links[i]->session, name))
			return false;
	return true;
}

bool ads_source_knows(const struct ads_source *source, const char *name)
{
	return all_views_have(source, name) ||
	       (!is_asked(source, name) && ads_source_knows_names(source));
}

/* Views that come later must not make services wait that serve already. */
static bool is_whole(const struct ads_source *source)
{
	for (size_t i = 0; i < ads_source_name_count(source); i++)
		if (!all_views_have(source, ads_source_name(source, i)))
			return false;
	return ads_source_knows_names(source);
}

/* ------------------------------------------------------------------ what is held */

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
	int err = follow_names(source);

	if (err || is_fresh(source))
		return err;
	arena_free(source->arena);
	source->assignment_count = 0;
	source->arena = arena_new(0);
	source->assignments = source->arena ?
		arena_array(source->arena, count + 1, sizeof(*source->assignments)) : NULL;
	err = source->assignments ? collect(source) : -ENOMEM;
	source->whole = source->whole || is_whole(source);
	return err ? err : note_generations(source);
}

size_t ads_source_count(const struct ads_source *source)
{
	return source->assignment_count;
}

const struct assignment *ads_source_at(const struct ads_source *source, size_t index)
{
	return source->assignments[index];
}

static int compare_name(const void *key, const void *item)
{
	const struct assignment *const *assignment = item;

	return strcmp(key, (*assignment)->name);
}

const struct assignment *ads_source_find(const struct ads_source *source, const char *name)
{
	const struct assignment **found = NULL;

	if (source->assignment_count)
		found = bsearch(name, source->assignments, source->assignment_count,
				sizeof(*source->assignments), compare_name);
	return found ? *found : NULL;
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
				from->name, ads_source_find(source, from->name) };
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

bool ads_source_complete(const struct ads_source *source)
{
	for (size_t i = 0; i < source->link_count; i++)
		if (!xds_session_complete(source->links[i]->session))
			return false;
	return true;
}

/* ------------------------------------------------------------------ for people */

int64_t ads_source_now(void)
{
	return ads_now_ms();
}

size_t ads_source_stream_count(const struct ads_source *source)
{
	return source->link_count;
}

void ads_source_stream(const struct ads_source *source, size_t index,
		       struct ads_stream_status *ret)
{
	const struct ads_link *link = source->links[index];

	ret->network = link->network;
	ret->peer = grpc_stream_peer(link->stream);
	ret->away_ms = link->lost_ms;
	xds_session_status(link->session, &ret->session);
}

int ads_source_each_rejected(const struct ads_source *source,
			     int (*visit)(void *arg, const char *name, const char *reason),
			     void *arg)
{
	struct xds_assignment held;
	int err = 0;

	for (size_t l = 0; l < source->link_count; l++) {
		const struct xds_session *session = source->links[l]->session;

		for (size_t i = 0; !err && i < xds_session_assignment_count(session); i++) {
			xds_session_assignment(session, i, &held);
			if (held.rejected)
				err = visit(arg, held.name, held.rejected);
		}
	}
	return err;
}
