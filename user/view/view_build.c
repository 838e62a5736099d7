/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Assignment → view: classify each endpoint, compute Envoy's shares, fold remote ones into gateways. */
#include "view_build.h"

#include <errno.h>

#include "arena.h"
#include "endpoint_class.h"
#include "gateway_fold.h"
#include "hosts.h"
#include "reachability.h"
#include "shares.h"

struct builder {
	struct arena *arena, *scratch;
	const struct view_request *request;
	struct reachability_map map;
	struct endpoint_class *classes; /* one per endpoint, in document order */
	size_t class_count;
	struct host_set set;
	struct view *view;
};

/* A gateway forwards to pods of its own network only, so that no packet goes from gateway to
 * gateway. Other endpoints are not at fault, so they are not listed as excluded. */
static bool beyond_gateway(const struct builder *builder, const struct endpoint_class *class)
{
	return builder->request->side == VIEW_GATEWAY && (class->gateway || class->remote);
}

/* A gateway of the mesh is classified as such wherever its address stands, so no pod has one. */
static void note_network(struct builder *builder, const struct endpoint_class *class)
{
	const struct reachability *network = class->network;
	struct view *view = builder->view;

	view->has_remote |= class->remote;
	view->has_own |= !class->remote && class->network_name;
	if (network && (class->gateway || !network->local) && !beyond_gateway(builder, class))
		view->gateways_of |= VIEW_NETWORK(network - builder->map.networks);
}

static int classify_all(struct builder *builder)
{
	const struct assignment *assignment = builder->request->assignment;
	struct endpoint_class *class;
	size_t count = 0;

	for (size_t i = 0; i < assignment->locality_count; i++) {
		count += assignment->localities[i].endpoint_count;
		if (count > VIEW_MAX_ENDPOINTS)
			return -E2BIG;
	}
	class = builder->classes = arena_array(builder->scratch, count, sizeof(*class));
	if (!class)
		return -ENOMEM;
	builder->class_count = count;
	for (size_t i = 0; i < assignment->locality_count; i++) {
		const struct locality *locality = &assignment->localities[i];

		for (size_t j = 0; j < locality->endpoint_count; j++, class++) {
			endpoint_classify(&builder->map, locality, &locality->endpoints[j], class);
			note_network(builder, class);
		}
	}
	return 0;
}

static int list_excluded(struct builder *builder)
{
	struct view *view = builder->view;
	size_t count = 0;

	for (size_t i = 0; i < builder->class_count; i++)
		count += builder->classes[i].reason != EXCLUDED_NONE;
	view->excluded = arena_array(builder->arena, count, sizeof(*view->excluded));
	if (!view->excluded)
		return -ENOMEM;
	for (size_t i = 0; i < builder->class_count; i++) {
		struct endpoint_class *class = &builder->classes[i];

		if (beyond_gateway(builder, class)) {
			class->reason = EXCLUDED_NO_GATEWAY;
			continue;
		}
		if (!class->reason)
			continue;
		view->excluded[view->excluded_count++] = (struct view_excluded){
			.addr = class->address ? class->address->addr : (struct addr){ 0 },
			.port = class->address ? class->address->port : 0,
			.reason = class->reason,
			.network = class->network_name,
		};
	}
	return 0;
}

static int compute_shares(struct builder *builder)
{
	const struct view_request *request = builder->request;
	struct share_input *input = &builder->set.input;
	struct view *view = builder->view;
	int err;

	input->overprovisioning = request->assignment->overprovisioning;
	input->weighted_priority_health = request->assignment->weighted_priority_health;
	input->locality_weighted = request->locality_weighted;
	input->panic_threshold = request->panic_threshold;
	view->priority_count = input->priority_count;
	view->priorities =
		arena_array(builder->arena, view->priority_count, sizeof(*view->priorities));
	if (!view->priorities)
		return -ENOMEM;
	err = shares_compute(builder->scratch, input, view->priorities);
	for (size_t i = 0; i < view->priority_count && !err; i++) {
		const struct view_priority *priority = &view->priorities[i];

		view->panic |= priority->panic &&
			       priority->healthy_load + priority->degraded_load > 0;
		view->degraded |= priority->degraded_load > 0;
	}
	return err;
}

static enum excluded why_unused(const struct builder *builder, const struct share_host *host)
{
	const struct view_priority *priority = &builder->view->priorities[host->priority];

	if (host->health == HOST_EXCLUDED)
		return EXCLUDED_DRAINING;
	if (host->health == HOST_UNHEALTHY)
		return EXCLUDED_UNHEALTHY;
	if (!(host->health == HOST_DEGRADED ? priority->degraded_load : priority->healthy_load))
		return EXCLUDED_STANDBY;
	return EXCLUDED_NO_WEIGHT;
}

static int list_unused(struct builder *builder)
{
	const struct host_set *set = &builder->set;
	struct view *view = builder->view;
	size_t count = 0;

	for (size_t i = 0; i < set->input.host_count; i++)
		count += !(set->input.hosts[i].share > 0);
	view->unused = arena_array(builder->arena, count, sizeof(*view->unused));
	if (!view->unused)
		return -ENOMEM;
	for (size_t i = 0; i < set->input.host_count; i++) {
		const struct host *host = &set->hosts[i];

		if (set->input.hosts[i].share > 0)
			continue;
		view->unused[view->unused_count++] = (struct view_excluded){
			.addr = host->address->addr,
			.port = host->address->port,
			.reason = why_unused(builder, &set->input.hosts[i]),
			.network = host->network ? host->network->network->name :
						   builder->request->network,
		};
	}
	return 0;
}

/* Each category refuses its part of what the categories before it passed (envoy: eds.cc). The
 * client's node has applied them before a gateway. */
static int compute_drops(struct builder *builder)
{
	const struct assignment *assignment = builder->request->assignment;
	struct view *view = builder->view;
	double passed = 1;

	if (builder->request->side != VIEW_CLIENT)
		return 0;
	view->drops = arena_array(builder->arena, assignment->drop_count, sizeof(*view->drops));
	if (!view->drops)
		return -ENOMEM;
	for (size_t i = 0; i < assignment->drop_count; i++) {
		const struct drop_overload *from = &assignment->drops[i];
		struct view_drop *drop = &view->drops[view->drop_count++];

		drop->category = from->category;
		if (from->denominator)
			drop->ratio = (double)from->numerator / from->denominator;
		if (drop->ratio > 1)
			drop->ratio = 1;
		drop->refused = passed * drop->ratio;
		passed *= 1 - drop->ratio;
	}
	view->drop = 1 - passed;
	return 0;
}

static int build(struct builder *builder)
{
	const struct view_request *request = builder->request;
	struct view *view = builder->view;
	int err = compute_drops(builder);

	view->cluster = request->assignment->name;
	view->family = request->family;
	view->proto = request->proto;
	if (!err)
		err = reachability_build(builder->scratch, request, &builder->map);
	if (!err)
		err = classify_all(builder);
	if (!err)
		err = list_excluded(builder);
	if (!err)
		err = hosts_collect(builder->arena, builder->scratch, request, builder->classes,
				    builder->class_count, &builder->set);
	if (!err)
		err = compute_shares(builder);
	if (!err)
		err = list_unused(builder);
	if (!err)
		err = fold_into_gateways(builder->arena, request, &builder->set, view);
	view->fail = !view->backend_count;
	view->duplicates = builder->set.duplicates;
	return err;
}

int view_build(struct arena *arena, const struct view_request *request, struct view **ret_view)
{
	struct builder builder = {.arena = arena, .request = request};
	int err = -ENOMEM;

	builder.scratch = arena_new(0);
	builder.view = arena_alloc(arena, sizeof(*builder.view));
	if (builder.scratch && builder.view)
		err = build(&builder);
	arena_free(builder.scratch);
	if (!err)
		*ret_view = builder.view;
	return err;
}
