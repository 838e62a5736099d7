/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the plan: matches wanted services and backends with existing rows. */
#include "plan_state.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "sort.h"

#define COMPARE(a, b)                                                                              \
	do {                                                                                       \
		if ((a) != (b))                                                                    \
			return (a) < (b) ? -1 : 1;                                                 \
	} while (0)

static int compare_views(const struct view_backend *a, const struct view_backend *b)
{
	int order;

	COMPARE(a->kind, b->kind);
	order = memcmp(&a->addr.ip, &b->addr.ip, sizeof(a->addr.ip));
	if (order)
		return order;
	COMPARE(a->port, b->port);
	COMPARE(a->network_id, b->network_id);
	COMPARE(a->tunnel_port, b->tunnel_port);
	return 0;
}

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted_backend *x = a, *y = b;
	int order = compare_views(x->from, y->from);

	if (order)
		return order;
	COMPARE(x->from->priority, y->from->priority);
	return 0;
}

/* A candidate row in the same order. */
struct held {
	const struct backend *row;
	uint32_t index;
	bool out;
};

/* The order of compare_views(), for a row. */
static int compare_to_row(const struct view_backend *a, const struct backend *b)
{
	int order;

	COMPARE((unsigned int)a->kind, b->kind);
	order = memcmp(&a->addr.ip, &b->addr, sizeof(b->addr));
	if (order)
		return order;
	COMPARE(a->port, ntohs(b->port));
	COMPARE(a->network_id, b->network);
	COMPARE(a->tunnel_port, ntohs(b->tunnel_port));
	return 0;
}

static int compare_held(const void *a, const void *b)
{
	const struct held *x = a, *y = b;
	int order;

	COMPARE(x->row->kind, y->row->kind);
	order = memcmp(&x->row->addr, &y->row->addr, sizeof(x->row->addr));
	if (order)
		return order;
	COMPARE(ntohs(x->row->port), ntohs(y->row->port));
	COMPARE(x->row->network, y->row->network);
	COMPARE(ntohs(x->row->tunnel_port), ntohs(y->row->tunnel_port));
	COMPARE(x->out, y->out);
	COMPARE(x->row->priority, y->row->priority);
	COMPARE(x->index, y->index);
	return 0;
}

/* ------------------------------------------------------------------ wanted backends */

static size_t add_view(struct wanted_backend *to, const struct view *view, bool local)
{
	size_t count = view ? view->backend_count : 0;

	for (size_t i = 0; i < count; i++)
		to[i] = (struct wanted_backend){
			.from = &view->backends[i],
			.client_index = local ? NO_ROW : (uint32_t)i,
			.local_index = local ? (uint32_t)i : NO_ROW,
			.endpoint = local ? view->backends[i].endpoint : 0,
			.row = NO_ROW,
		};
	return count;
}

/* A pod of both views is one backend. */
static size_t merge_equal(struct wanted_backend *items, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct wanted_backend *last = kept ? &items[kept - 1] : NULL;

		if (!last || compare_wanted(last, &items[i]) ||
		    (last->client_index != NO_ROW && items[i].client_index != NO_ROW) ||
		    (last->local_index != NO_ROW && items[i].local_index != NO_ROW)) {
			items[kept++] = items[i];
			continue;
		}
		last->endpoint |= items[i].endpoint; /* one of them is 0 */
		if (items[i].client_index != NO_ROW) {
			last->client_index = items[i].client_index;
			last->from = items[i].from;
		} else {
			last->local_index = items[i].local_index;
		}
	}
	return kept;
}

static int collect_wanted(struct plan_state *state, struct wanted_service *service)
{
	const struct desired_service *want = service->want;
	size_t count = (want->view ? want->view->backend_count : 0) +
		       (want->local_view ? want->local_view->backend_count : 0);

	if (!count)
		return 0;
	service->backends = arena_array(state->arena, count, sizeof(*service->backends));
	if (!service->backends)
		return -ENOMEM;
	count = add_view(service->backends, want->view, false);
	count += add_view(service->backends + count, want->local_view, true);
	sort_unless_sorted(service->backends, count, sizeof(*service->backends), compare_wanted);
	service->backend_count = merge_equal(service->backends, count);
	return 0;
}

/* ------------------------------------------------------------------ existing rows */

static int collect_held(struct plan_state *state, uint32_t row, struct held **ret, size_t *ret_count)
{
	const struct ledger *ledger = state->ledger;
	uint32_t b = ledger->services[row].first_backend;
	struct held *held;
	size_t count = 0;

	for (uint32_t i = b; i != NO_ROW; i = ledger->backends[i].next)
		count++;
	held = arena_array(state->arena, count ? count : 1, sizeof(*held));
	if (!held)
		return -ENOMEM;
	/* Lists grow at the head: filled from the back, the array is mostly sorted. */
	for (size_t i = count; b != NO_ROW; b = ledger->backends[b].next)
		held[--i] = (struct held){ &ledger->memory.backends[b], b,
					   ledger->backends[b].state == ROW_DRAINING };
	sort_unless_sorted(held, count, sizeof(*held), compare_held);
	*ret = held;
	*ret_count = count;
	return 0;
}

static void keep_backend(struct plan_state *state, struct wanted_backend *wanted, uint32_t row)
{
	wanted->row = row;
	state->backend_kept[row] = 1;
}

/* Equal backends may recur in two priorities: rows of the same priority are matched first. */
static void pair_run(struct plan_state *state, struct wanted_backend *wanted, size_t wanted_count,
		     const struct held *held, size_t held_count)
{
	for (int exact = 1; exact >= 0; exact--)
		for (size_t i = 0; i < wanted_count; i++)
			for (size_t j = 0; j < held_count && wanted[i].row == NO_ROW; j++)
				if (!state->backend_kept[held[j].index] &&
				    (!exact || held[j].row->priority == wanted[i].from->priority))
					keep_backend(state, &wanted[i], held[j].index);
}

static void pair(struct plan_state *state, struct wanted_service *service, const struct held *held,
		 size_t held_count)
{
	struct wanted_backend *wanted = service->backends;
	size_t i = 0, j = 0;

	while (i < service->backend_count && j < held_count) {
		int order = compare_to_row(wanted[i].from, held[j].row);
		size_t i_end = i + 1, j_end = j + 1;

		if (order) {
			*(order < 0 ? &i : &j) += 1;
			continue;
		}
		while (i_end < service->backend_count &&
		       !compare_to_row(wanted[i_end].from, held[j].row))
			i_end++;
		while (j_end < held_count && !compare_to_row(wanted[i].from, held[j_end].row))
			j_end++;
		pair_run(state, &wanted[i], i_end - i, &held[j], j_end - j);
		i = i_end;
		j = j_end;
	}
}

static void keep_all_backends(struct plan_state *state, uint32_t row)
{
	uint32_t b = state->ledger->services[row].first_backend;

	for (; b != NO_ROW; b = state->ledger->backends[b].next)
		if (state->ledger->backends[b].state == ROW_USED)
			state->backend_kept[b] = 1;
}

/* Matches the backends of a service that has a row. */
static int match_backends(struct plan_state *state, struct wanted_service *service)
{
	struct held *held;
	size_t held_count;
	int err;

	state->service_kept[service->row] = true;
	if (service->keep) {
		keep_all_backends(state, service->row);
		return 0;
	}
	err = collect_held(state, service->row, &held, &held_count);
	if (!err)
		pair(state, service, held, held_count);
	return err;
}

static int match_service(struct plan_state *state, struct wanted_service *service)
{
	int err = collect_wanted(state, service);

	if (err)
		return err;
	service->row = ledger_find_service(state->ledger, &service->want->key);
	service->fresh = service->row == NO_ROW ||
			 state->ledger->services[service->row].state != ROW_USED;
	service->keep = service->want->keep && !service->fresh;
	if (service->row == NO_ROW)
		state->fresh_services++;
	else
		err = match_backends(state, service);
	for (size_t i = 0; i < service->backend_count; i++) {
		service->backends[i].fresh = service->backends[i].row == NO_ROW;
		state->fresh_backends += service->backends[i].fresh;
	}
	return err;
}

int plan_match(struct plan_state *state)
{
	const struct desired *desired = state->desired;
	int err = 0;

	state->services = arena_array(state->arena, desired->service_count + 1,
				      sizeof(*state->services));
	state->service_kept = arena_alloc(state->arena, state->ledger->service_top + 1);
	state->backend_kept = arena_alloc(state->arena, state->ledger->backend_top + 1);
	state->vip_given = arena_alloc(state->arena, state->ledger->service_top + 1);
	state->id_given = arena_alloc(state->arena, state->ledger->service_top + 1);
	if (!state->services || !state->service_kept || !state->backend_kept ||
	    !state->vip_given || !state->id_given)
		return -ENOMEM;
	for (size_t i = 0; !err && i < desired->service_count; i++) {
		state->services[i].want = &desired->services[i];
		err = match_service(state, &state->services[i]);
	}
	return err;
}
