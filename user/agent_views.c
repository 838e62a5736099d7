/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The views and tables of one service row, and what people are told of them. */
#include <errno.h>
#include <string.h>

#include "agent_builder.h"
#include "maglev.h"
#include "view_build.h"

#define NS_PER_MS 1000000u

/* A service of two protocols, or several virtual IPs, has one assignment. */
static bool is_noted(const struct agent_picture *picture, const char *cluster,
		     const struct view_left_out *item)
{
	for (size_t i = 0; i < picture->left_out_count; i++) {
		const struct agent_left_out *noted = &picture->left_out[i];

		if (noted->port == item->port && noted->reason == item->reason &&
		    addr_equal(&noted->addr, &item->addr) && !strcmp(noted->cluster, cluster))
			return true;
	}
	return false;
}

static void note_endpoints(struct agent_picture *picture, const char *cluster,
			   const struct view_left_out *items, size_t count)
{
	for (size_t i = 0; cluster && i < count; i++) {
		if (picture->left_out_count == AGENT_LEFT_OUT_MAX)
			return;
		if (is_noted(picture, cluster, &items[i]))
			continue;
		picture->left_out[picture->left_out_count++] = (struct agent_left_out){
			cluster, items[i].addr, items[i].port, items[i].reason,
		};
	}
}

static void note_left_out(struct builder *builder, const struct view *view)
{
	struct agent_picture *picture = builder->picture;
	const char *cluster = view->left_out_count || view->idle_count ?
				      arena_strdup(picture->kept, view->cluster) : NULL;

	note_endpoints(picture, cluster, view->left_out, view->left_out_count);
	note_endpoints(picture, cluster, view->idle, view->idle_count);
}

/* A share never vanishes silently. */
static uint32_t note_unserved(struct builder *builder, const struct view *view,
			      const struct table *table)
{
	uint32_t unserved = view ? maglev_unserved(view, table) : 0;

	if (unserved)
		agent_picture_problem(builder->picture, "service '%s': %u endpoints get nothing: "
				      "their shares are below a slot of %u", view->cluster,
				      unserved, table->size);
	return unserved;
}

static int build_view(struct builder *builder, const struct service_key *key,
		      const struct assignment *assignment, enum view_side side,
		      const struct view **ret_view)
{
	const struct config *config = builder->agent->config;
	struct view_request request = {
		.assignment = assignment, .mesh = config->mesh, .network = config->network,
		.cluster = config->cluster, .locality_weighted = config->locality_weighted,
		.panic_threshold = config->panic_threshold, .family = key->family,
		.proto = key->proto, .side = side,
	};
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
		      const struct view *view, uint32_t size_before, const struct table **ret_table)
{
	struct arena *arena = builder->picture->arena;
	struct table *table = arena_alloc(arena, sizeof(*table));
	int err;

	if (!table)
		return -ENOMEM;
	/* Of nodes that share clients by affinity, the past must not count. */
	err = maglev_fill(view, row->flags & SERVICE_AFFINITY ? maglev_affinity_size(view) :
								maglev_size(view, size_before),
			  table, arena);
	if (err)
		return err;
	*ret_table = table;
	return 0;
}

int builder_tables(struct builder *builder, struct desired_service *row)
{
	const struct ledger *ledger = &builder->agent->ledger;
	struct agent_picture *picture = builder->picture;
	uint32_t size, local_size, unserved, held = ledger_find_service(ledger, &row->key);
	struct agent_print print = {
		agent_print_key(&row->key),
		agent_print_view(row->local_view, agent_print_view(row->view, row->flags)),
	};
	int err = 0;

	if (held != NO_ROW && ledger->services[held].state == ROW_USED &&
	    agent_prints_have(&builder->agent->picture, print)) {
		row->view = row->local_view = NULL;
		row->keep = true;
		picture->prints[picture->print_count++] = print;
		return 0;
	}
	ledger_table_sizes(ledger, &row->key, &size, &local_size);
	if (row->view)
		err = fill_table(builder, row, row->view, size, &row->table);
	if (!err && row->local_view)
		err = fill_table(builder, row, row->local_view, local_size, &row->local_table);
	if (err)
		return err;
	unserved = note_unserved(builder, row->view, row->table) +
		   note_unserved(builder, row->local_view, row->local_table);
	if (!unserved)
		picture->prints[picture->print_count++] = print;
	return 0;
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
