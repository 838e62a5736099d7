/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Assignment → view: label each endpoint, compute Envoy's shares, collapse remote ones. */
#include "view_build.h"

#include <errno.h>

#include "arena.h"
#include "collapse.h"
#include "hosts.h"
#include "label.h"
#include "reach.h"
#include "shares.h"

struct builder {
	struct arena *arena, *scratch;
	const struct view_request *request;
	struct reach_map map;
	struct label *labels; /* one per endpoint, in document order */
	size_t label_count;
	struct host_set set;
	struct view *view;
};

/* A gateway hands on to pods of its own network alone, so that no packet goes from gateway to
 * gateway. What it passes over is no fault of the endpoint and is not listed. */
static bool beyond_gateway(const struct builder *builder, const struct label *label)
{
	return builder->request->side == VIEW_GATEWAY && (label->gateway || label->remote);
}

static int label_all(struct builder *builder)
{
	const struct assignment *assignment = builder->request->assignment;
	struct label *label;
	size_t count = 0;

	for (size_t i = 0; i < assignment->locality_count; i++) {
		count += assignment->localities[i].endpoint_count;
		if (count > VIEW_MAX_ENDPOINTS)
			return -E2BIG;
	}
	label = builder->labels = arena_array(builder->scratch, count, sizeof(*label));
	if (!label)
		return -ENOMEM;
	builder->label_count = count;
	for (size_t i = 0; i < assignment->locality_count; i++) {
		const struct locality *locality = &assignment->localities[i];

		for (size_t j = 0; j < locality->endpoint_count; j++, label++) {
			label_endpoint(&builder->map, locality, &locality->endpoints[j], label);
			builder->view->has_remote |= label->remote;
		}
	}
	return 0;
}

static int list_excluded(struct builder *builder)
{
	struct view *view = builder->view;
	size_t count = 0;

	for (size_t i = 0; i < builder->label_count; i++)
		count += builder->labels[i].reason != EXCLUDED_NONE;
	view->excluded = arena_array(builder->arena, count, sizeof(*view->excluded));
	if (!view->excluded)
		return -ENOMEM;
	for (size_t i = 0; i < builder->label_count; i++) {
		struct label *label = &builder->labels[i];

		if (beyond_gateway(builder, label)) {
			label->reason = EXCLUDED_NO_GATEWAY;
			continue;
		}
		if (!label->reason)
			continue;
		view->excluded[view->excluded_count++] = (struct view_excluded){
			.addr = label->address ? label->address->addr : (struct addr){0},
			.port = label->address ? label->address->port : 0,
			.reason = label->reason,
		};
	}
	return 0;
}

static int compute_shares(struct builder *builder)
{
	const struct view_request *request = builder->request;
	struct share_input *input = &builder->set.input;
	struct view *view = builder->view;
	int error;

	input->overprovisioning = request->assignment->overprovisioning;
	input->weighted_priority_health = request->assignment->weighted_priority_health;
	input->locality_weighted = request->locality_weighted;
	input->panic_threshold = request->panic_threshold;
	view->priority_count = input->priority_count;
	view->priorities =
		arena_array(builder->arena, view->priority_count, sizeof(*view->priorities));
	if (!view->priorities)
		return -ENOMEM;
	error = shares_compute(builder->scratch, input, view->priorities);
	for (size_t i = 0; i < view->priority_count && !error; i++) {
		const struct view_priority *priority = &view->priorities[i];

		view->panic |= priority->panic &&
			       priority->healthy_load + priority->degraded_load > 0;
		view->degraded |= priority->degraded_load > 0;
	}
	return error;
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
	for (size_t i = 0; i < set->input.host_count; i++)
		if (!(set->input.hosts[i].share > 0))
			view->unused[view->unused_count++] = (struct view_excluded){
				.addr = set->hosts[i].address->addr,
				.port = set->hosts[i].address->port,
				.reason = why_unused(builder, &set->input.hosts[i]),
			};
	return 0;
}

/* Categories refuse their part one after the other of what is left (envoy: eds.cc). */
static int compute_drops(struct builder *builder)
{
	const struct assignment *assignment = builder->request->assignment;
	struct view *view = builder->view;
	double passed = 1;

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
	int error = 0;

	view->cluster = request->assignment->name;
	view->family = request->family;
	view->proto = request->proto;
	if (request->side == VIEW_CLIENT)
		error = compute_drops(builder);
	if (!error)
		error = reach_build(builder->scratch, request, &builder->map);
	if (!error)
		error = label_all(builder);
	if (!error)
		error = list_excluded(builder);
	if (!error)
		error = hosts_collect(builder->arena, builder->scratch, request, builder->labels,
				      &builder->set);
	if (!error)
		error = compute_shares(builder);
	if (!error)
		error = list_unused(builder);
	if (!error)
		error = collapse_hosts(builder->arena, request, &builder->set, view);
	view->fail = !view->backend_count;
	view->duplicates = builder->set.duplicates;
	return error;
}

int view_build(struct arena *arena, const struct view_request *request, struct view **ret_view)
{
	struct builder builder = {.arena = arena, .request = request};
	int error = -ENOMEM;

	builder.scratch = arena_new(0);
	builder.view = arena_alloc(arena, sizeof(*builder.view));
	if (builder.scratch && builder.view)
		error = build(&builder);
	arena_free(builder.scratch);
	if (!error)
		*ret_view = builder.view;
	return error;
}
