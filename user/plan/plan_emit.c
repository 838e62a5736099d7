/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the plan: lists the changes in order — backends, tables, rows, entries, removals. */
#include "parallax_table.h"
#include "plan_state.h"

#include <arpa/inet.h>
#include <string.h>

static void add_row(struct plan_state *state, enum change_kind kind, uint32_t row)
{
	plan_add(state, &(struct change){ .kind = kind, .row = row });
}

static void add_flags(struct plan_state *state, enum change_kind kind, uint32_t row, uint8_t flags)
{
	plan_add(state, &(struct change){ .kind = kind, .row = row, .flags = flags });
}

static void emit_retired(struct plan_state *state)
{
	for (size_t i = 0; i < state->retired_count; i++) {
		plan_drop_endpoint(state, state->retired[i]);
		add_row(state, CHANGE_BACKEND_RETIRE, state->retired[i]);
	}
	if (state->rcu_sync)
		add_row(state, CHANGE_RCU_SYNC, NO_ROW);
}

/* ------------------------------------------------------------------ backends */

static uint16_t next_generation(const struct backend *row)
{
	uint16_t last = row->generation ? row->generation : row->last_generation;

	return last == UINT16_MAX ? 1 : (uint16_t)(last + 1);
}

static void emit_fresh_backend(struct plan_state *state, const struct wanted_service *service,
			       const struct wanted_backend *wanted, struct backend_info info)
{
	const struct view_backend *from = wanted->from;
	struct backend *row = plan_alloc(state, sizeof(*row));

	if (!row)
		return;
	*row = (struct backend){
		.addr = from->addr.ip,
		.port = htons(from->port),
		.generation = next_generation(&state->ledger->memory.backends[wanted->row]),
		.kind = (uint8_t)from->kind,
		.tunnel_port = htons(from->tunnel_port),
		.service = service->row,
		.network = from->network_id,
		.service_id = service->want->key.id,
		.share = info.share,
		.weight = info.weight,
		.slots = info.slots,
		.priority = info.priority,
		.locality = info.locality,
		.endpoint = wanted->endpoint,
	};
	plan_add(state, &(struct change){
				.kind = CHANGE_BACKEND, .row = wanted->row, .backend = row });
}

/* Equal to one part in a hundred, or to 1. */
static bool is_close(uint32_t held, uint32_t wanted)
{
	uint32_t off = held > wanted ? held - wanted : wanted - held;

	return off <= 1 || off <= wanted / 100;
}

/* From this number on, display values within a hundredth are left as they are: each endpoint that
 * changes alters the shares of all others slightly, and writing those would be most of the work. */
#define MANY_BACKENDS 256

static bool same_info(const struct backend *row, const struct backend_info *info, size_t backends)
{
	if (row->weight != info->weight || row->priority != info->priority ||
	    row->locality != info->locality)
		return false;
	if (backends > MANY_BACKENDS)
		return is_close(row->share, info->share) && is_close(row->slots, info->slots);
	return row->share == info->share && row->slots == info->slots;
}

static void emit_backend(struct plan_state *state, const struct wanted_service *service,
			 const struct wanted_backend *wanted)
{
	const struct backend *row = &state->ledger->memory.backends[wanted->row];
	struct backend_info info = plan_backend_info(state, service, wanted);

	if (wanted->fresh) {
		emit_fresh_backend(state, service, wanted, info);
		return;
	}
	if (!same_info(row, &info, service->backend_count))
		plan_add(state, &(struct change){ .kind = CHANGE_BACKEND_INFO,
						  .row = wanted->row, .info = info });
	if (state->ledger->backends[wanted->row].state == ROW_DRAINING)
		add_flags(state, CHANGE_BACKEND_FLAGS, wanted->row,
			  row->flags & (uint8_t)~BACKEND_DRAINING);
}

/* ------------------------------------------------------------------ tables and rows */

static void emit_slots(struct plan_state *state, const struct wanted_table *table)
{
	if (table->write)
		plan_add(state, &(struct change){
					.kind = CHANGE_SLOTS,
					.slots = { table->table, table->rows,
						   TABLE_OFFSET(table->desc),
						   TABLE_BUCKETS(table->desc) } });
}

static void emit_desc(struct plan_state *state, const struct wanted_service *service,
		      const struct wanted_table *table, enum change_kind kind)
{
	if (table->changed)
		plan_add(state, &(struct change){
					.kind = kind, .row = service->row,
					.desc = table->desc, .desc_hash = table->hash });
}

static void emit_cluster_name(struct plan_state *state, const struct wanted_service *service)
{
	const char *text = service->want->cluster;
	uint64_t hash = ledger_hash_name(text);

	if (state->ledger->services[service->row].name != hash)
		plan_add(state, &(struct change){
					.kind = CHANGE_NAME_SET,
					.name = { text, hash, { NAME_CLUSTER, service->row } } });
}

static void emit_fresh_service(struct plan_state *state, const struct wanted_service *service)
{
	const struct service_key *key = &service->want->key;
	struct service *row = plan_alloc(state, sizeof(*row));

	if (!row)
		return;
	*row = (struct service){
		.vip = key->vip.ip,
		.port = htons(key->port),
		.proto = key->proto,
		.flags = SERVICE_IN_USE | service->want->flags,
		.family = key->family,
		.id = key->id,
		.table = service->client.desc,
		.local_table = service->local.desc,
		.captured_ns = key->vip.family ? state->now_ns : 0,
		.drop = plan_drop(service->want),
	};
	plan_add(state, &(struct change){
				.kind = CHANGE_SERVICE, .row = service->row, .service = row,
				.table_hash = service->client.hash,
				.local_hash = service->local.hash });
}

static void emit_service(struct plan_state *state, const struct wanted_service *service)
{
	const struct service *row = &state->ledger->memory.services[service->row];
	uint8_t flags = SERVICE_IN_USE | service->want->flags;
	uint64_t drop = plan_drop(service->want);

	emit_cluster_name(state, service);
	if (service->keep) {
		flags |= row->flags & (SERVICE_PANIC | SERVICE_DEGRADED);
		drop = row->drop;
	} else if (drop) {
		plan_add_drops(state, service);
	}
	if (service->fresh) {
		emit_fresh_service(state, service);
		return;
	}
	emit_desc(state, service, &service->client, CHANGE_TABLE);
	emit_desc(state, service, &service->local, CHANGE_LOCAL_TABLE);
	if (row->drop != drop)
		plan_add(state, &(struct change){
					.kind = CHANGE_DROP, .row = service->row, .drop = drop });
	if (row->flags != flags)
		add_flags(state, CHANGE_SERVICE_FLAGS, service->row, flags);
}

/* ------------------------------------------------------------------ entries */

static void emit_id(struct plan_state *state, const struct wanted_service *service)
{
	const struct service_key *key = &service->want->key;
	uint32_t holder;

	if (!service->want->by_id)
		return;
	holder = ledger_id_holder(state->ledger, key->id, key->family);
	if (holder != NO_ROW)
		state->id_given[holder] = true;
	if (holder != service->row)
		plan_add(state, &(struct change){ .kind = CHANGE_ID_SET, .row = service->row,
						  .id = { key->id, key->family, 0 } });
}

static void emit_vip(struct plan_state *state, const struct wanted_service *service)
{
	const struct service_key *key = &service->want->key;
	uint32_t holder;

	if (!key->vip.family)
		return;
	plan_destination(state, &key->vip.ip);
	holder = ledger_vip_holder(state->ledger, key);
	if (holder == service->row)
		return;
	if (holder != NO_ROW)
		state->vip_given[holder] = true;
	plan_add(state,
		 &(struct change){ .kind = holder == NO_ROW ? CHANGE_VIP_ADD : CHANGE_VIP_MOVE,
				   .row = service->row,
				   .vip = { .addr = key->vip.ip,
					    .port = htons(key->port),
					    .proto = key->proto } });
}

/* ------------------------------------------------------------------ removals */

static void emit_strays(struct plan_state *state)
{
	const struct ledger_vip *vips = state->ledger->stray_vips.items;
	const struct ledger_id *ids = state->ledger->stray_ids.items;

	for (size_t i = 0; i < state->ledger->stray_vips.count; i++)
		plan_add(state, &(struct change){
					.kind = CHANGE_VIP_REMOVE, .row = NO_ROW, .vip = vips[i].key });
	for (size_t i = 0; i < state->ledger->stray_ids.count; i++)
		plan_add(state, &(struct change){
					.kind = CHANGE_ID_REMOVE, .row = NO_ROW, .id = ids[i].key });
	plan_drop_stray_endpoints(state);
}

static void emit_id_removal(struct plan_state *state, uint32_t r)
{
	const struct service *row = &state->ledger->memory.services[r];
	struct service_id_key id = { row->id, row->family, 0 };

	if (state->ledger->services[r].in_ids && !state->id_given[r])
		plan_add(state, &(struct change){ .kind = CHANGE_ID_REMOVE, .row = r, .id = id });
}

static void emit_entry_removals(struct plan_state *state, uint32_t r)
{
	const struct service *row = &state->ledger->memory.services[r];
	struct vip_key vip = { .addr = row->vip, .port = row->port, .proto = row->proto };

	if (state->ledger->services[r].in_vips && !state->vip_given[r])
		plan_add(state, &(struct change){ .kind = CHANGE_VIP_REMOVE, .row = r, .vip = vip });
	emit_id_removal(state, r);
}

static void emit_backends_out(struct plan_state *state, uint32_t r)
{
	const struct ledger *ledger = state->ledger;
	uint32_t b = ledger->services[r].first_backend;

	for (; b != NO_ROW; b = ledger->backends[b].next)
		if (ledger->backends[b].state == ROW_USED && !state->backend_kept[b])
			add_flags(state, CHANGE_BACKEND_FLAGS, b,
				  ledger->memory.backends[b].flags | BACKEND_DRAINING);
}

/* Rows that belong to no wanted service. */
static void emit_missing(struct plan_state *state)
{
	const struct ledger *ledger = state->ledger;

	for (uint32_t r = 0; r < ledger->service_top; r++) {
		if (state->service_kept[r])
			continue;
		if (ledger->services[r].state == ROW_USED)
			add_row(state, CHANGE_SERVICE_CLEAR, r);
		emit_backends_out(state, r);
	}
}

static void emit_removals(struct plan_state *state)
{
	const struct ledger *ledger = state->ledger;
	bool all = !state->desired->keep_missing;

	for (uint32_t r = 0; all && r < ledger->service_top; r++)
		if (ledger->services[r].state == ROW_USED && !state->service_kept[r])
			emit_entry_removals(state, r);
	for (size_t i = 0; i < state->desired->service_count; i++)
		if (!state->services[i].want->by_id && !state->services[i].fresh)
			emit_id_removal(state, state->services[i].row);
	if (all)
		emit_missing(state);
	for (size_t i = 0; i < state->desired->service_count; i++)
		if (state->services[i].row < ledger->service_top)
			emit_backends_out(state, state->services[i].row);
}

void plan_emit(struct plan_state *state)
{
	size_t count = state->desired->service_count;

	emit_strays(state);
	plan_add_lists(state);
	emit_retired(state);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < state->services[i].backend_count; j++) {
			emit_backend(state, &state->services[i], &state->services[i].backends[j]);
			plan_set_endpoint(state, &state->services[i],
					  &state->services[i].backends[j]);
		}
	for (size_t i = 0; i < count; i++) {
		emit_slots(state, &state->services[i].client);
		emit_slots(state, &state->services[i].local);
	}
	for (size_t i = 0; i < count; i++)
		emit_service(state, &state->services[i]);
	plan_addresses(state, CHANGE_ADDRESS_ADD);
	for (size_t i = 0; i < count; i++) {
		emit_id(state, &state->services[i]);
		emit_vip(state, &state->services[i]);
	}
	emit_removals(state);
	plan_addresses(state, CHANGE_ADDRESS_REMOVE);
	plan_remove_lists(state);
}
