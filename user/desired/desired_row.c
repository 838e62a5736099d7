/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One service row: built from its assignment, or kept from the generation before. */
#include <errno.h>
#include <string.h>

#include <xxhash.h>

#include "arena.h"
#include "assignment_find.h"
#include "builder.h"

/* ------------------------------------------------------------------ the kernel's rows */

/* Whether the kernel's row for the VIP is the one of this service. */
static bool holds_vip(const struct builder *builder, const struct service_key *key)
{
	const struct ledger *ledger = builder->input->ledger;
	uint32_t row = ledger_vip_holder(ledger, key);

	return row != NO_ROW && ledger->memory.services[row].id == key->id;
}

bool builder_offers(const struct assignment *assignment, uint8_t family)
{
	uint8_t families = assignment_families(assignment);

	return families & FAMILY_BIT(family) || (assignment && !families && family == 4);
}

bool builder_has_row(const struct builder *builder, const struct service_key *key)
{
	const struct ledger *ledger = builder->input->ledger;
	uint32_t row = ledger_find_service(ledger, key);

	return row != NO_ROW && ledger->services[row].state == ROW_USED;
}

/* ------------------------------------------------------------------ one row */

void builder_begin(struct builder *builder, const struct desired_service *row, bool captured)
{
	builder->parts = (struct status_parts){ .cluster = row->cluster };
	builder->row = (struct service_row){ .key = row->key, .flags = row->flags,
					     .captured = captured, .assignment = ASSIGNMENT_NONE };
}

/* A row without anything to show has no status. */
static int make_status(struct builder *builder, const struct view *view)
{
	struct status_parts *parts = &builder->parts;

	if (builder->row.status ||
	    (!parts->state && !parts->problem &&
	     !(view && (view->excluded_count || view->unused_count))))
		return 0;
	parts->view = view;
	builder->row.status = service_status_new(parts);
	return builder->row.status ? 0 : -ENOMEM;
}

int builder_end(struct builder *builder, const struct desired_service *row, bool wanted)
{
	if (make_status(builder, row->view))
		return -ENOMEM;
	builder->row.by_id = row->by_id;
	builder->row.wanted = wanted;
	service_rows_add(&builder->generation->rows, &builder->row);
	builder->row.status = NULL;
	if (wanted)
		builder->index.rows[builder->index.count++] = *row;
	return 0;
}

void builder_show(struct builder *builder, const char *host, const char *state)
{
	builder->parts.host = host;
	builder->parts.state = state;
}

/* ------------------------------------------------------------------ its contents */

/* 0, equal to no other, when unknown, and for a stale assignment, whose problem recurs. */
static uint64_t row_fingerprint(struct builder *builder, const struct desired_service *row,
				const struct assignment *assignment)
{
	const uint64_t parts[] = { builder->view_inputs, assignment->fingerprint, row->flags,
				   row->by_id, builder->row.captured };
	bool stale = builder_is_stale(builder, assignment);

	return assignment->fingerprint && !stale ? XXH3_64bits(parts, sizeof(parts)) : 0;
}

/* True if the row built from the same inputs before stays, with its status. */
static bool reuse(struct builder *builder, struct desired_service *row,
		  const struct assignment *assignment, bool *ret_wanted)
{
	const struct service_row *from = builder->before ?
		service_rows_find(&builder->before->rows, &row->key) : NULL;

	builder->row.fingerprint = row_fingerprint(builder, row, assignment);
	if (!from || !from->fingerprint || from->fingerprint != builder->row.fingerprint ||
	    from->gateways_of & builder->networks)
		return false;
	builder->row.status = from->status;
	if (from->status)
		from->status->users++;
	builder->row.has_own = from->has_own;
	builder->row.has_remote = from->has_remote;
	builder->row.gateways_of = from->gateways_of;
	row->keep = *ret_wanted = from->wanted;
	return true;
}

static const char *row_state(struct builder *builder, const struct desired_service *row,
			     const struct assignment *assignment)
{
	const struct view *view = row->key.vip.family ? row->view : row->local_view;

	if (row->keep)
		return "kept";
	if (!assignment)
		return "waiting";
	if (builder_is_stale(builder, assignment))
		return "stale";
	return view && view->backend_count ? "serving" : "no_endpoints";
}

static bool names_vip(const struct host_port *at, const struct desired_service *row)
{
	const char *bar = strrchr(row->cluster, '|'), *host = bar ? bar + 1 : row->cluster;
	size_t length = strlen(at->host);
	struct addr addr;

	if (at->port != row->key.port)
		return false;
	if (!addr_parse(at->host, &addr))
		return addr_equal(&addr, &row->key.vip);
	return !strncmp(host, at->host, length) && (!host[length] || host[length] == '.');
}

/* True for the way to the control plane itself: after an update that left it without endpoints, as while
 * it restarts, no other could come. */
static bool leads_to_source(const struct builder *builder, const struct desired_service *row)
{
	const struct config_ads *ads = &builder->input->config->ads;

	for (size_t i = 0; i < ads->address_count; i++)
		if (names_vip(&ads->addresses[i], row))
			return true;
	return false;
}

/* By default a virtual IP that only the control plane names is captured once its service has, or has
 * had, a remote endpoint. */
static bool is_wanted(const struct builder *builder, const struct desired_service *row)
{
	if (!builder->row.captured)
		return true;
	if (leads_to_source(builder, row))
		return false;
	return builder->input->config->capture == CAPTURE_ALL ||
	       (row->view && row->view->has_remote) || holds_vip(builder, &row->key);
}

static void note_networks(struct builder *builder, const struct view *view)
{
	if (!view)
		return;
	builder->row.has_own |= view->has_own;
	builder->row.has_remote |= view->has_remote;
	builder->row.gateways_of |= view->gateways_of;
}

int builder_fill(struct builder *builder, struct desired_service *row, const char *host,
		 const struct assignment *assignment, bool *ret_wanted)
{
	int err = 0;

	builder->row.made = assignment && !row->keep;
	if (builder->row.made) {
		if (reuse(builder, row, assignment, ret_wanted))
			return 0;
		err = builder_views(builder, row, assignment);
		note_networks(builder, row->view);
		note_networks(builder, row->local_view);
	}
	*ret_wanted = !err && is_wanted(builder, row);
	builder->parts.assignment = assignment;
	if (*ret_wanted)
		builder_show(builder, host, row_state(builder, row, assignment));
	if (row->keep)
		builder->row.fingerprint = 0;
	else if (!err && *ret_wanted && builder->row.made)
		err = builder_tables(builder, row);
	return err;
}
