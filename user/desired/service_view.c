/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The views and tables of one service row, and its status. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <xxhash.h>

#include "arena.h"
#include "builder.h"
#include "endpoint_ids.h"
#include "table_fill.h"
#include "table_shape.h"
#include "view_build.h"
#include "view_fingerprint.h"

#define NS_PER_MS 1000000u

/* ------------------------------------------------------------------ problems */

int builder_problem(struct builder *builder, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	builder->parts.problem = arena_strdup(builder->generation->arena, text);
	return builder->parts.problem ? 0 : -ENOMEM;
}

/* ------------------------------------------------------------------ views */

static struct view_request base_request(const struct config *config, uint8_t tunnels)
{
	return (struct view_request){
		.mesh = config->mesh,
		.network = config->network,
		.cluster = config->cluster,
		.locality_weighted = config->locality_weighted,
		.panic_threshold = config->panic_threshold,
		.tunnels = tunnels,
	};
}

uint64_t desired_view_inputs(const struct config *config, uint8_t tunnels)
{
	const struct view_request request = base_request(config, tunnels);
	const uint32_t choices[] = { config->capture, config->gateway.mode };

	return XXH3_64bits_withSeed(choices, sizeof(choices), view_inputs_fingerprint(&request));
}

static int build_view(struct builder *builder, const struct service_key *key,
		      const struct assignment *assignment, enum view_side side,
		      const struct view **ret_view)
{
	struct view_request request = base_request(builder->input->config,
						   build_input_tunnels(builder->input));
	struct view *view;
	int err;

	request.down = builder->input->down;
	request.down_count = builder->input->down_count;
	request.assignment = assignment;
	request.family = key->family;
	request.proto = key->proto;
	request.side = side;
	err = view_build(builder->generation->arena, &request, &view);
	if (!err)
		*ret_view = view;
	return err;
}

bool builder_is_stale(struct builder *builder, const struct assignment *assignment)
{
	uint64_t *next = &builder->generation->stale_at_ns, at;

	if (!assignment || !assignment->stale_after_ms || !assignment->received_ns ||
	    assignment->stale_after_ms > (UINT64_MAX - assignment->received_ns) / NS_PER_MS)
		return false;
	at = assignment->received_ns + assignment->stale_after_ms * NS_PER_MS;
	if (builder->input->now_ns >= at)
		return true;
	if (!*next || at < *next)
		*next = at;
	return false;
}

static int keep_too_large(struct builder *builder, struct desired_service *row)
{
	row->keep = true;
	return builder_problem(builder, "service '%s' has more than %u endpoints: not applied",
			       row->cluster, VIEW_MAX_ENDPOINTS);
}

/* Sets the endpoint ids of the gateway's view, in mode forward. */
static int number_endpoints(struct builder *builder, const struct desired_service *row)
{
	struct view *view = (struct view *)row->local_view; /* built just now */
	const struct view_backend *gone = NULL;
	char text[ADDR_TEXT_MAX];
	int err = 0;

	if (builder->input->config->gateway.mode != GATEWAY_FORWARD || !view)
		return 0;
	while (!err && (gone = endpoint_ids_set(view, row->key.id))) {
		addr_port_format(&gone->addr, gone->port, text);
		err = builder_problem(builder,
				      "service '%s': endpoint %s gets no connections by the "
				      "gateway: its id is that of another one",
				      row->cluster, text);
	}
	return err;
}

int builder_views(struct builder *builder, struct desired_service *row,
		  const struct assignment *assignment)
{
	struct assignment empty;
	int err = 0;

	builder->generation->built++;
	if (builder_is_stale(builder, assignment)) {
		err = builder_problem(builder, "assignment '%s' is older than its "
				      "endpoint_stale_after: no endpoints", row->cluster);
		empty = (struct assignment){ .name = assignment->name };
		assignment = &empty;
	}
	if (!err && row->key.vip.family)
		err = build_view(builder, &row->key, assignment, VIEW_CLIENT, &row->view);
	if (!err && builder->gateway && row->by_id)
		err = build_view(builder, &row->key, assignment, VIEW_GATEWAY, &row->local_view);
	if (!err)
		err = number_endpoints(builder, row);
	if (!err && row->view)
		row->flags |= (row->view->panic && !row->view->fail ? SERVICE_PANIC : 0) |
			      (row->view->degraded ? SERVICE_DEGRADED : 0);
	return err == -E2BIG ? keep_too_large(builder, row) : err;
}

/* ------------------------------------------------------------------ tables */

static int fill_table(struct builder *builder, const struct desired_service *row,
		      const struct view *view, uint32_t shape_before, const struct table **ret_table)
{
	struct arena *arena = builder->generation->arena;
	struct table *table = arena_alloc(arena, sizeof(*table));
	int err;

	if (!table)
		return -ENOMEM;
	/* Nodes that share clients by affinity must agree, so the past must not count. */
	if (row->flags & SERVICE_AFFINITY)
		shape_before = 0;
	err = table_fill(view, table_shape(view, shape_before), table, arena);
	if (err)
		return err;
	*ret_table = table;
	return 0;
}

int builder_tables(struct builder *builder, struct desired_service *row)
{
	uint32_t shape, local_shape;
	int err = 0;

	ledger_table_shapes(builder->input->ledger, &row->key, &shape, &local_shape);
	if (row->view)
		err = fill_table(builder, row, row->view, shape, &row->table);
	if (!err && row->local_view)
		err = fill_table(builder, row, row->local_view, local_shape, &row->local_table);
	return err;
}
