/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The views and tables of one service row, and what people are told of them. */
#include <errno.h>
#include <string.h>

#include "agent_builder.h"
#include "table_fill.h"
#include "table_shape.h"
#include "view_build.h"

#define NS_PER_MS 1000000u

/* A service of two protocols, or several virtual IPs, has one assignment. */
static bool is_noted(const struct agent_picture *picture, const struct agent_left_out *item)
{
	for (size_t i = 0; i < picture->left_out_count; i++) {
		const struct agent_left_out *noted = &picture->left_out[i];

		if (noted->port == item->port && noted->reason == item->reason &&
		    addr_equal(&noted->addr, &item->addr) && !strcmp(noted->cluster, item->cluster))
			return true;
	}
	return false;
}

void builder_note_left_out(struct builder *builder, const char *cluster, const struct addr *addr,
			   uint16_t port, enum left_out reason)
{
	struct agent_picture *picture = builder->picture;
	struct agent_left_out item = { cluster, *addr, port, reason, false };

	if (picture->left_out_count == AGENT_LEFT_OUT_MAX)
		return;
	item.again = is_noted(picture, &item);
	picture->left_out[picture->left_out_count++] = item;
}

static void note_endpoints(struct builder *builder, const char *cluster,
			   const struct view_left_out *items, size_t count)
{
	for (size_t i = 0; cluster && i < count; i++)
		builder_note_left_out(builder, cluster, &items[i].addr, items[i].port,
				      items[i].reason);
}

static void note_left_out(struct builder *builder, const struct view *view)
{
	const char *cluster = view->left_out_count || view->idle_count ?
				      arena_strdup(builder->picture->kept, view->cluster) : NULL;

	note_endpoints(builder, cluster, view->left_out, view->left_out_count);
	note_endpoints(builder, cluster, view->idle, view->idle_count);
}

struct view_request builder_request(const struct builder *builder, const struct service_key *key,
				    const struct assignment *assignment, enum view_side side)
{
	const struct config *config = builder->agent->config;

	return (struct view_request){
		.assignment = assignment, .mesh = config->mesh, .network = config->network,
		.cluster = config->cluster, .locality_weighted = config->locality_weighted,
		.panic_threshold = config->panic_threshold, .family = key ? key->family : 0,
		.proto = key ? key->proto : 0, .side = side,
	};
}

static int build_view(struct builder *builder, const struct service_key *key,
		      const struct assignment *assignment, enum view_side side,
		      const struct view **ret_view)
{
	const struct view_request request = builder_request(builder, key, assignment, side);
	struct view *view;
	int err = view_build(builder->picture->arena, &request, &view);

	if (err)
		return err;
	if (side == VIEW_CLIENT) {
		note_left_out(builder, view);
		agent_word_note(builder->picture, view, assignment, &builder->word);
	}
	*ret_view = view;
	return 0;
}

static int fill_table(struct builder *builder, const struct desired_service *row,
		      const struct view *view, uint32_t shape_before, const struct table **ret_table)
{
	struct arena *arena = builder->picture->arena;
	struct table *table = arena_alloc(arena, sizeof(*table));
	int err;

	if (!table)
		return -ENOMEM;
	/* Of nodes that share clients by affinity, the past must not count. */
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

	ledger_table_shapes(&builder->agent->ledger, &row->key, &shape, &local_shape);
	if (row->view)
		err = fill_table(builder, row, row->view, shape, &row->table);
	if (!err && row->local_view)
		err = fill_table(builder, row, row->local_view, local_shape, &row->local_table);
	return err;
}

bool builder_is_stale(struct builder *builder, const struct assignment *assignment)
{
	uint64_t *next = &builder->picture->stale_at_ns, at;

	if (!assignment || !assignment->stale_after_ms || !assignment->received_ns ||
	    assignment->stale_after_ms > (UINT64_MAX - assignment->received_ns) / NS_PER_MS)
		return false;
	at = assignment->received_ns + assignment->stale_after_ms * NS_PER_MS;
	if (builder->now_ns >= at)
		return true;
	if (!*next || at < *next)
		*next = at;
	return false;
}

int builder_views(struct builder *builder, struct desired_service *row,
		  const struct assignment *assignment)
{
	struct assignment empty;
	int err = 0;

	builder->picture->built++;
	if (builder_is_stale(builder, assignment)) {
		agent_picture_problem(builder->picture, "assignment '%s' is older than its "
				      "endpoint_stale_after: no endpoints", row->cluster);
		empty = (struct assignment){ .name = assignment->name };
		assignment = &empty;
	}
	if (row->key.vip.family)
		err = build_view(builder, &row->key, assignment, VIEW_CLIENT, &row->view);
	if (!err && builder->gateway && row->by_id)
		err = build_view(builder, &row->key, assignment, VIEW_GATEWAY, &row->local_view);
	if (!err && row->view)
		row->flags |= (row->view->panic && !row->view->fail ? SERVICE_PANIC : 0) |
			      (row->view->degraded ? SERVICE_DEGRADED : 0);
	if (err != -E2BIG)
		return err;
	agent_picture_problem(builder->picture, "service '%s': more than %u endpoints: not applied",
			      row->cluster, VIEW_MAX_ENDPOINTS);
	row->keep = true;
	return 0;
}
