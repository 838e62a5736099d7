/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Assignments, names and clusters from a control plane, over one stream or one for each network. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ads_fingerprint.h"
#include "ads_source_parts.h"
#include "ads_views.h"
#include "arena.h"
#include "config_load.h"
#include "grpc_stream.h"
#include "monotonic.h"
#include "text.h"

/* ------------------------------------------------------------------ connections */

static uint64_t random_seed(void)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = (uint64_t)clock_monotonic_ms();
	return seed;
}

/* Names and clusters are requested in our own network's view only. */
static struct xds_session_config session_config(const struct ads_source *source)
{
	const struct config_ads *ads = &source->config->ads;
	bool all = !source->connection_count && source->config->capture != CAPTURE_LISTED;

	return (struct xds_session_config){
		.mode = ads->mode == ADS_MODE_SOTW ? XDS_SOTW : XDS_DELTA,
		.types = all ? 1 << XDS_CDS | 1 << XDS_EDS | 1 << XDS_LDS | 1 << XDS_NDS :
			       1 << XDS_EDS,
		.seed = random_seed(),
		.fetch_timeout_ms = ads->initial_fetch_seconds * 1000,
		.max_message = ads->max_message,
	};
}

static int open_connection(struct ads_source *source, const char *network, const char *view,
			   struct ads_connection **ret)
{
	struct xds_session_config config = session_config(source);
	struct xds_session *session;
	int err = ads_node_make(source->config, &source->machine, network, view, &config.node);

	if (!err)
		err = xds_session_new(&config, &session);
	if (!err)
		err = ads_connection_new(source->base, &source->config->ads, session, network,
					 source->notify, source->arg, ret);
	return err;
}

static int add_connection(struct ads_source *source, const char *network, const char *view)
{
	struct ads_connection **connections =
		realloc(source->connections, (source->connection_count + 1) * sizeof(*connections));
	int err;

	if (!connections)
		return -ENOMEM;
	source->connections = connections;
	err = open_connection(source, network, view, &connections[source->connection_count]);
	if (err)
		return err;
	source->connection_count++;
	source->connection_changes++;
	return 0;
}

static void drop_connection(struct ads_source *source, size_t index)
{
	ads_connection_free(source->connections[index]);
	memmove(&source->connections[index], &source->connections[index + 1],
		(source->connection_count - index - 1) * sizeof(*source->connections));
	source->connection_count--;
	source->connection_changes++;
	/* Assignments merged from its view are gone with it. */
	source->assignment_count = 0;
	source->collected = 0;
}

static bool has_connection(const struct ads_source *source, const char *network)
{
	for (size_t i = 0; i < source->connection_count; i++)
		if (!strcmp(source->connections[i]->network, network))
			return true;
	return false;
}

/* One stream for each network that can be used; our own stays first, and always. */
static int follow_networks(struct ads_source *source, const struct ads_views *views)
{
	int err = 0;

	for (size_t i = source->connection_count; i-- > 1;)
		if (!ads_views_have(views, source->connections[i]->network))
			drop_connection(source, i);
	for (size_t i = 0; !err && i < views->count; i++)
		if (!has_connection(source, views->networks[i]))
			err = add_connection(source, views->networks[i], views->networks[i]);
	return err;
}

static int open_view(struct ads_source *source, const char *view)
{
	int err = text_set(&source->view, view);

	return err ? err : add_connection(source, source->config->network, view);
}

/* istiod reads node metadata in the first request of a stream only. */
static int change_view(struct ads_source *source, const char *view)
{
	struct ads_connection *connection = source->connections[0];
	struct xds_node node;
	int err = ads_node_make(source->config, &source->machine, source->config->network, view,
				&node);

	if (err)
		return err;
	err = text_set(&source->view, view);
	if (err) {
		arena_free(node.arena);
		return err;
	}
	xds_session_set_node(connection->session, &node);
	ads_connection_reopen(connection, "the networks asked for changed");
	return 0;
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

static int subscribe(struct ads_connection *connection, const char *const *names, size_t count)
{
	int err = xds_session_subscribe_eds(connection->session, names, count);

	if (!err)
		ads_connection_drive(connection);
	return err;
}

int ads_source_follow_names(struct ads_source *source)
{
	const struct xds_session *own = source->connections[0]->session;
	size_t count = xds_session_assignment_count(own);
	const char **names = source->connection_count > 1 ? calloc(count + 1, sizeof(*names)) :
							    NULL;
	int err = source->connection_count > 1 && !names ? -ENOMEM : 0;

	for (size_t i = 0; names && i < count; i++)
		names[i] = xds_session_name(own, i);
	for (size_t i = 1; !err && i < source->connection_count; i++)
		err = subscribe(source->connections[i], names, count);
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
	if (!err && source->config->ads.view == ADS_VIEW_PER_NETWORK)
		err = follow_networks(source, &views);
	else if (!err && !source->connection_count)
		err = open_view(source, views.text);
	else if (!err && !text_equal(views.text, source->view))
		err = change_view(source, views.text);
	if (!err)
		err = subscribe(source->connections[0], names, count);
	if (!err)
		err = ads_source_follow_names(source);
	arena_free(arena);
	return err;
}

/* ------------------------------------------------------------------ making one */

int ads_source_new(struct event_base *base, struct config *config, ads_notify notify,
		   void *arg, struct ads_source **ret)
{
	struct ads_source *source = calloc(1, sizeof(*source));
	int err;

	if (!source)
		return -ENOMEM;
	*source = (struct ads_source){ .base = base, .notify = notify, .arg = arg,
				       .config = config_hold(config),
				       .fingerprint = ads_fingerprint(config) };
	ads_machine_read(&config->ads, &source->machine);
	err = ads_source_follow(source, config);
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
	while (source->connection_count)
		drop_connection(source, source->connection_count - 1);
	free(source->connections);
	free(source->view);
	arena_free(source->arena);
	config_free(source->config);
	free(source);
}

bool ads_source_fits(const struct ads_source *source, const struct config *config)
{
	return config->ads.enabled && ads_fingerprint(config) == source->fingerprint;
}

/* ------------------------------------------------------------------ status */

uint64_t ads_source_failures(const struct ads_source *source)
{
	struct xds_session_status status;
	uint64_t count = 0;

	for (size_t i = 0; i < source->connection_count; i++) {
		xds_session_status(source->connections[i]->session, &status);
		count += status.failures;
	}
	return count;
}

void ads_source_stream(const struct ads_connection *connection, struct source_stream_status *ret)
{
	ret->network = connection->network;
	ret->peer = grpc_stream_peer(connection->stream);
	ret->away_ms = connection->lost_ms;
	xds_session_status(connection->session, &ret->session);
}

int ads_source_status(const struct ads_source *source, struct arena *arena,
		      struct source_status *ret)
{
	const struct config_ads *config = &source->config->ads;

	ret->streams = arena_array(arena, source->connection_count, sizeof(*ret->streams));
	ret->path = arena_printf(arena, "%s:%u", config->addresses[0].host,
				 config->addresses[0].port);
	if (!ret->streams || !ret->path)
		return -ENOMEM;
	ret->mode = config->mode == ADS_MODE_SOTW ? "sotw" : "delta";
	ret->view = config->view == ADS_VIEW_PER_NETWORK ? "perNetwork" : "rewritten";
	ret->tls = config->tls;
	ret->complete = true;
	ret->stream_count = source->connection_count;
	for (size_t i = 0; i < source->connection_count; i++) {
		const struct xds_session *session = source->connections[i]->session;

		ads_source_stream(source->connections[i], &ret->streams[i]);
		xds_session_count(session, &ret->streams[i].session);
		ret->complete &= xds_session_complete(session);
	}
	return 0;
}
