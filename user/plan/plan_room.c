/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the plan: rows and extents for new services and backends, or a refusal before any write. */
#include "plan_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parallax_table.h"
#include "table_fill.h"

#define TABLE_GENERATION_MASK ((1u << TABLE_GENERATION_BITS) - 1)

static int refuse(struct plan_state *state, int short_of, size_t wanted, size_t room)
{
	static const char *const names[] = { "services", "backends", "slots" };
	const char *what = names[short_of];

	state->short_of = short_of;
	state->reason = arena_printf(state->arena,
				     "%zu more %s wanted, room for %zu: raise limits.%s", wanted,
				     what, room, what);
	return state->reason ? -ENOSPC : -ENOMEM;
}

/* A resting or former row; the one with the lowest `since` is taken first. */
struct candidate {
	uint32_t row, since;
};

struct candidates {
	struct candidate *items;
	size_t count, used;
};

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return x->since == y->since ? 0 : x->since < y->since ? -1 : 1;
}

static void add_candidate(struct candidates *list, uint32_t row, uint32_t since)
{
	list->items[list->count++] = (struct candidate){ row, since };
}

/* ------------------------------------------------------------------ service rows */

static int resting_services(struct plan_state *state, struct candidates *ret)
{
	const struct ledger *ledger = state->ledger;

	ret->items = arena_array(state->arena, ledger->service_top + 1, sizeof(*ret->items));
	if (!ret->items)
		return -ENOMEM;
	for (uint32_t r = 0; r < ledger->service_top; r++)
		if (ledger->services[r].state == ROW_RESTING && !state->service_kept[r])
			add_candidate(ret, r, ledger->services[r].since);
	qsort(ret->items, ret->count, sizeof(*ret->items), compare_candidates);
	return 0;
}

static uint32_t next_service_row(struct plan_state *state, uint32_t *next,
				 struct candidates *resting)
{
	const struct candidate *taken;

	if (*next < state->ledger->memory.service_rows)
		return (*next)++;
	taken = &resting->items[resting->used++];
	state->service_kept[taken->row] = true;
	state->rcu_sync |= !ledger_rested(state->ledger, taken->since);
	return taken->row;
}

static int room_for_services(struct plan_state *state)
{
	uint32_t next = state->ledger->service_top;
	size_t room = state->ledger->memory.service_rows - next, wanted = state->fresh_services;
	struct candidates resting = {};

	if (wanted > room) {
		if (resting_services(state, &resting))
			return -ENOMEM;
		if (wanted > room + resting.count)
			return refuse(state, SHORT_OF_SERVICES, wanted, room + resting.count);
	}
	for (size_t i = 0; i < state->desired->service_count; i++)
		if (state->services[i].row == NO_ROW)
			state->services[i].row = next_service_row(state, &next, &resting);
	return 0;
}

/* ------------------------------------------------------------------ backend rows */

static int backend_candidates(struct plan_state *state, enum row_state wanted,
			      struct candidates *ret)
{
	const struct ledger *ledger = state->ledger;

	ret->items = arena_array(state->arena, ledger->backend_top, sizeof(*ret->items));
	if (!ret->items)
		return -ENOMEM;
	for (uint32_t b = 1; b < ledger->backend_top; b++)
		if (ledger->backends[b].state == wanted && !state->backend_kept[b])
			add_candidate(ret, b, ledger->backends[b].since);
	qsort(ret->items, ret->count, sizeof(*ret->items), compare_candidates);
	return 0;
}

/* Retires the rows that left longest ago; more than are needed now, so that the next plans find
 * resting rows and need not wait for an RCU grace period each. */
static int retire(struct plan_state *state, const struct candidates *out, size_t needed)
{
	size_t count = needed + state->ledger->memory.backend_rows / 64;

	if (count > out->count)
		count = out->count;
	state->retired = arena_array(state->arena, count, sizeof(*state->retired));
	if (!state->retired)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		state->retired[i] = out->items[i].row;
	state->retired_count = count;
	state->rcu_sync = true;
	return 0;
}

static uint32_t next_backend_row(struct plan_state *state, uint32_t *next,
				 struct candidates *resting, size_t *retired_used)
{
	const struct ledger *ledger = state->ledger;

	if (*next < ledger->memory.backend_rows)
		return (*next)++;
	if (resting->used < resting->count) {
		state->rcu_sync |= !ledger_rested(ledger, resting->items[resting->used].since);
		return resting->items[resting->used++].row;
	}
	return state->retired[(*retired_used)++];
}

static int room_for_backends(struct plan_state *state)
{
	const struct ledger *ledger = state->ledger;
	struct candidates resting = {}, out = {};
	uint32_t next = ledger->backend_top;
	size_t room = ledger->memory.backend_rows - next;
	size_t wanted = state->fresh_backends, used = 0;

	if (wanted > room) {
		if (backend_candidates(state, ROW_RESTING, &resting) ||
		    backend_candidates(state, ROW_DRAINING, &out))
			return -ENOMEM;
		if (wanted > room + resting.count + out.count)
			return refuse(state, SHORT_OF_BACKENDS, wanted,
				      room + resting.count + out.count);
		if (wanted > room + resting.count &&
		    retire(state, &out, wanted - room - resting.count))
			return -ENOMEM;
	}
	for (size_t i = 0; i < state->desired->service_count; i++)
		for (size_t j = 0; j < state->services[i].backend_count; j++)
			if (state->services[i].backends[j].fresh)
				state->services[i].backends[j].row =
					next_backend_row(state, &next, &resting, &used);
	return 0;
}

/* ------------------------------------------------------------------ tables */

static int index_rows(struct plan_state *state, const struct wanted_service *service, bool local,
		      size_t count, uint32_t **ret)
{
	uint32_t *rows = arena_array(state->arena, count + 1, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < service->backend_count; i++) {
		const struct wanted_backend *wanted = &service->backends[i];
		uint32_t index = local ? wanted->local_index : wanted->client_index;

		if (index != NO_ROW)
			rows[index] = wanted->row;
	}
	*ret = rows;
	return 0;
}

/* Whether both have the same shape and number of buckets. */
static bool same_kind(const struct wanted_table *wanted)
{
	return TABLE_SHAPE(wanted->desc) == TABLE_SHAPE(wanted->old) &&
	       TABLE_BUCKETS(wanted->desc) == TABLE_BUCKETS(wanted->old);
}

/* Sets desc, without the offset if buckets are to be written. */
static int compare_table(struct plan_state *state, const struct wanted_service *service,
			 struct wanted_table *wanted, const struct view *view, bool local)
{
	uint32_t generation = (TABLE_GENERATION(wanted->old) + 1) & TABLE_GENERATION_MASK;

	if (!wanted->table || !wanted->table->buckets) {
		wanted->changed = TABLE_BUCKETS(wanted->old) != 0;
		/* A service whose endpoints return has its former shape. */
		if (wanted->changed || service->fresh)
			wanted->desc = TABLE_DESC(0, TABLE_SHAPE(wanted->old), 0, generation);
		wanted->hash = 0;
		return 0;
	}
	if (index_rows(state, service, local, view->backend_count, &wanted->rows))
		return -ENOMEM;
	wanted->hash = ledger_hash_table(wanted->table, wanted->rows);
	wanted->desc = TABLE_DESC(0, wanted->table->shape, wanted->table->buckets, generation);
	if (!service->fresh && wanted->hash == wanted->old_hash && same_kind(wanted)) {
		wanted->desc = wanted->old;
		return 0;
	}
	wanted->changed = wanted->write = true;
	return 0;
}

static struct wanted_table held_table(const struct table *table, table_desc held, uint64_t hash)
{
	return (struct wanted_table){ .table = table, .old = held, .desc = held,
				      .old_hash = hash, .hash = hash };
}

static int compare_tables(struct plan_state *state, struct wanted_service *service)
{
	const struct desired_service *want = service->want;
	const struct service *row = &state->ledger->memory.services[service->row];
	const struct ledger_service *known = &state->ledger->services[service->row];
	int err;

	service->client = held_table(want->table, row->table, known->table_hash);
	service->local = held_table(want->local_table, row->local_table, known->local_hash);
	if (service->keep)
		return 0;
	err = compare_table(state, service, &service->client, want->view, false);
	return err ? err : compare_table(state, service, &service->local, want->local_view, true);
}

static int place(struct extent_list *list, struct wanted_table *wanted)
{
	uint32_t offset;

	if (!wanted->write)
		return 0;
	if (extent_take(list, TABLE_BUCKETS(wanted->desc), &offset))
		return -ENOSPC;
	wanted->desc = TABLE_DESC(offset, TABLE_SHAPE(wanted->desc), TABLE_BUCKETS(wanted->desc),
				  TABLE_GENERATION(wanted->desc));
	return 0;
}

static int place_all(struct plan_state *state, bool after_rcu_sync)
{
	const struct ledger *ledger = state->ledger;
	struct extent_list list = {};
	int err = 0;

	for (size_t i = 0; !err && i < ledger->free_extents.count; i++)
		err = extent_add(&list, ledger->free_extents.items[i]);
	for (size_t i = 0; !err && after_rcu_sync && i < ledger->resting_extents.count; i++)
		err = extent_add(&list, ledger->resting_extents.items[i]);
	for (size_t i = 0; !err && i < state->desired->service_count; i++) {
		err = place(&list, &state->services[i].client);
		if (!err)
			err = place(&list, &state->services[i].local);
	}
	free(list.items);
	return err;
}

static int refuse_slots(struct plan_state *state)
{
	const struct ledger *ledger = state->ledger;
	size_t wanted = 0, room = 0; /* of buckets */

	for (size_t i = 0; i < state->desired->service_count; i++) {
		const struct wanted_service *service = &state->services[i];

		wanted += service->client.write ? TABLE_BUCKETS(service->client.desc) : 0;
		wanted += service->local.write ? TABLE_BUCKETS(service->local.desc) : 0;
	}
	for (size_t i = 0; i < ledger->free_extents.count; i++)
		room += ledger->free_extents.items[i].size;
	for (size_t i = 0; i < ledger->resting_extents.count; i++)
		room += ledger->resting_extents.items[i].size;
	return refuse(state, SHORT_OF_SLOTS, wanted * BUCKET_SLOTS, room * BUCKET_SLOTS);
}

static int room_for_tables(struct plan_state *state)
{
	int err = 0;

	for (size_t i = 0; !err && i < state->desired->service_count; i++)
		err = compare_tables(state, &state->services[i]);
	if (err)
		return err;
	err = place_all(state, state->rcu_sync);
	if (err == -ENOSPC && !state->rcu_sync) {
		state->rcu_sync = true;
		err = place_all(state, true);
	}
	return err == -ENOSPC ? refuse_slots(state) : err;
}

int plan_room(struct plan_state *state)
{
	int err = room_for_services(state);

	if (!err)
		err = room_for_backends(state);
	return err ? err : room_for_tables(state);
}
