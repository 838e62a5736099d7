/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The views and tables of one service row, and what people are told of them. */
#include <errno.h>
#include <string.h>

#include <xxhash.h>

#include "agent_builder.h"
#include "table_fill.h"
#include "table_shape.h"
#include "view_build.h"
#include "view_fingerprint.h"

#define NS_PER_MS 1000000u

static void add_excluded(struct agent_told *told, const struct view_excluded *items, size_t count,
			 size_t room)
{
	for (size_t i = 0; i < count && told->excluded_count < room; i++)
		told->excluded[told->excluded_count++] = (struct agent_excluded){
			items[i].addr, items[i].port, items[i].reason };
}

static void note_excluded(struct builder *builder, const struct view *view)
{
	size_t used = builder->tally.excluded, count = view->excluded_count + view->unused_count;
	size_t room = used < AGENT_EXCLUDED_MAX ? AGENT_EXCLUDED_MAX - used : 0;
	struct agent_told *told = count ? builder_told(builder) : NULL;

	if (!told)
		return;
	told->cut = count > room;
	room = told->cut ? room : count;
	told->excluded = arena_array(told->arena, room, sizeof(*told->excluded));
	if (!told->excluded)
		return;
	add_excluded(told, view->excluded, view->excluded_count, room);
	add_excluded(told, view->unused, view->unused_count, room);
}

static void note_word(struct builder *builder, const struct view *view,
		      const struct assignment *assignment)
{
	struct agent_told *told = builder_shows(builder) ? builder_told(builder) : NULL;

	if (told)
		agent_word_note(told, view, assignment);
}

static struct view_request base_request(const struct config *config)
{
	return (struct view_request){
		.mesh = config->mesh, .network = config->network, .cluster = config->cluster,
		.locality_weighted = config->locality_weighted,
		.panic_threshold = config->panic_threshold,
	};
}

uint64_t agent_surroundings(const struct agent *agent)
{
	const struct view_request request = base_request(agent->config);
	uint32_t capture = agent->config->capture;

	return XXH3_64bits_withSeed(&capture, sizeof(capture), view_inputs_fingerprint(&request));
}

static int build_view(struct builder *builder, const struct service_key *key,
		      const struct assignment *assignment, enum view_side side,
		      const struct view **ret_view)
{
	struct view_request request = base_request(builder->agent->config);
	struct view *view;
	int err;

	request.assignment = assignment;
	request.family = key->family;
	request.proto = key->proto;
	request.side = side;
	err = view_build(builder->picture->arena, &request, &view);
	if (err)
		return err;
	if (side == VIEW_CLIENT) {
		note_excluded(builder, view);
		note_word(builder, view, assignment);
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
		builder_problem(builder, "assignment '%s' is older than its endpoint_stale_after: "
				"no endpoints", row->cluster);
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
	builder_problem(builder, "service '%s': more than %u endpoints: not applied", row->cluster,
			VIEW_MAX_ENDPOINTS);
	row->keep = true;
	return 0;
}
