/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The end of one decision: the backend that the table names, its gateway and the path; and all backends that
 * it could have named. */
#include <stdlib.h>

#include "parallax_hash.h"
#include "parallax_table.h"
#include "report_common.h"
#include "report_explain_parts.h"
#include "report_health.h"
#include "snapshot_find.h"

#define MAX_PRIORITIES 129

/* ------------------------------------------------------------------ the chosen one */

static json_t *backend_object(const struct explain *explain, uint32_t index)
{
	const struct snapshot *snapshot = explain->snapshot;
	const struct backend *row = &snapshot->backends[index];
	uint32_t slots = explain->slots ? explain->slots[index] : 0;
	char network[16];

	return json_pack("{s:I,s:o,s:s,s:s,s:o,s:I,s:o,s:s}", "row", (json_int_t)index, "address",
			 report_address(&row->addr, row->port),
			 "kind", view_kind_name(row->kind), "transport", view_transport_name(row->kind),
			 "network", report_text(report_network(snapshot, row->network, network)),
			 "slots", (json_int_t)slots,
			 "table_share", report_share(slots, explain->total),
			 "state", row->flags & BACKEND_DRAINING ? "draining" : "active");
}

static json_t *path_text(const struct explain *explain, const struct backend *row)
{
	const struct settings *settings = &explain->snapshot->settings;
	char to[ADDR_TEXT_MAX], from[ADDR_TEXT_MAX], network[16];
	struct addr source =
		addr_of_ip(&settings->source[ip_is_v4(&row->addr) ? IP_V4_INDEX : IP_V6_INDEX]);
	bool hairpin = has_client(explain) && ip_equal(&explain->query->from.ip, &row->addr);

	if (row->kind == BACKEND_GENEVE)
		return json_sprintf("inner packet unchanged, in Geneve from %s to %s, network id "
				    "0x%06x; there %s chooses a pod",
				    addr_format(&source, from),
				    place(&row->addr, row->tunnel_port, to), settings->network,
				    report_network(explain->snapshot, row->network, network));
	place(&row->addr, row->port, to);
	if (row->kind == BACKEND_PASSTHROUGH)
		return json_sprintf("destination becomes %s, a stock gateway of %s, then the "
				    "stack",
				    to, report_network(explain->snapshot, row->network, network));
	if (hairpin)
		return json_sprintf("the caller itself: destination becomes %s, source the "
				    "virtual IP",
				    to);
	return json_sprintf(
		"destination becomes %s, then %s", to,
		settings->flags & SETTING_REDIRECT ?
			"directly into the pod where it is on this node, else the stack" :
			"the stack");
}

/* Whether new flows go to the backend, as backend_lives() of the programs has it but for what packets told
 * within the last seconds. */
static bool is_in_use(const struct snapshot *snapshot, const struct backend *row)
{
	const struct gateway_health *health = snapshot_health(snapshot, &row->addr,
							      row->tunnel_port);

	return row->kind != BACKEND_GENEVE || !health || health->state != GATEWAY_DOWN;
}

#define CHOICES 16 /* as service_other() of the programs */

/* The row of the next candidate, or 0. */
static uint32_t next_candidate(const struct explain *explain, uint32_t chosen)
{
	const struct snapshot *snapshot = explain->snapshot;
	struct slot_arena arena = snapshot_arena(snapshot);
	uint64_t value = explain->hash;

	for (int i = 0; i < CHOICES; i++) {
		struct table_choice choice;

		value = mix64(value + 1);
		choice = table_walk(&arena, explain->service->table, value);
		if (choice.row != chosen &&
		    snapshot_backend_of(snapshot, choice.row, explain->row) &&
		    is_in_use(snapshot, &snapshot->backends[choice.row]))
			return choice.row;
	}
	return 0;
}

/* The health of the chosen gateway, and where the flow goes if it is down. Returns the row in use. */
static uint32_t look_at_gateway(struct explain *explain, uint32_t index)
{
	const struct snapshot *snapshot = explain->snapshot;
	const struct backend *row = &snapshot->backends[index], *other;
	const char *word =
		report_health_word(snapshot_health(snapshot, &row->addr, row->tunnel_port));
	uint32_t next = next_candidate(explain, index);
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX];
	bool used = is_in_use(snapshot, row) || !next;

	other = &snapshot->backends[next];
	json_object_set_new(explain->report, "next",
			    next ? backend_object(explain, next) : json_null());
	step(explain, "gateway", used,
	     json_sprintf("%s is %s%s%s", place(&row->addr, row->port, from),
			  word ? word : "not probed",
			  !next ? ", there is no other" :
			  used  ? "; the next candidate is " :
				  ": new flows go to ",
			  next ? place(&other->addr, other->port, to) : ""));
	return used ? index : next;
}

void report_explain_backend(struct explain *explain)
{
	static const char *const words[] = { "to_local", "to_tunnel", "to_passthrough" };
	const struct snapshot *snapshot = explain->snapshot;
	uint32_t index = explain->choice.row;
	char address[ADDR_TEXT_MAX];
	const struct backend *row;

	if (!snapshot_backend_of(snapshot, index, explain->row)) {
		step(explain, "backend", false,
		     json_sprintf("the entry names row %u, which is not "
				  "this service's: the table has just been replaced, ask again",
				  index));
		outcome(explain, "stale_row");
		return;
	}
	row = &snapshot->backends[index];
	step(explain, "backend", true,
	     json_sprintf("the entry names row %u, generation %u: %s, %s", index, row->generation,
			  place(&row->addr, row->port, address), view_kind_name(row->kind)));
	if (row->kind == BACKEND_GENEVE)
		index = look_at_gateway(explain, index);
	row = &snapshot->backends[index];
	json_object_set_new(explain->report, "backend", backend_object(explain, index));
	step(explain, "path", true, path_text(explain, row));
	if (!explain->flow_decides)
		outcome(explain, words[row->kind <= BACKEND_PASSTHROUGH ? row->kind : 0]);
}

/* ------------------------------------------------------------------ all backends */

static void count_slots(struct explain *explain)
{
	explain->slots = calloc(explain->snapshot->backend_count + 1u, sizeof(*explain->slots));
	explain->total = snapshot_count_table(explain->snapshot, explain->service->table,
					      explain->slots);
}

static void list_backends(struct explain *explain)
{
	json_t *list = json_object_get(explain->report, "distribution");
	const struct snapshot *snapshot = explain->snapshot;

	for (uint32_t i = 1; i < snapshot->backend_count; i++)
		if (snapshot_backend_of(snapshot, i, explain->row))
			json_array_append_new(list, backend_object(explain, i));
}

/* Load of each priority: the sum of its backends' shares. */
static void list_priorities(struct explain *explain)
{
	json_t *list = json_object_get(explain->report, "priorities"), *item;
	const struct snapshot *snapshot = explain->snapshot;
	uint64_t sums[MAX_PRIORITIES] = {};

	for (uint32_t i = 1; i < snapshot->backend_count; i++) {
		const struct backend *row = &snapshot->backends[i];

		if (snapshot_backend_of(snapshot, i, explain->row) &&
		    !(row->flags & BACKEND_DRAINING) && row->priority < MAX_PRIORITIES)
			sums[row->priority] += row->share;
	}
	for (int i = 0; i < MAX_PRIORITIES; i++) {
		if (!sums[i])
			continue;
		item = json_pack("{s:i,s:o}", "priority", i, "load",
				 report_share(sums[i], 1000000000u));
		json_array_append_new(list, item);
	}
}

void report_explain_distribution(struct explain *explain)
{
	count_slots(explain);
	list_backends(explain);
	list_priorities(explain);
}
