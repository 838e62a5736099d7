/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the plan: the marks by which a packet without readable ports is known to be for a VIP. */
#include "plan_state.h"

#include <stdlib.h>
#include <string.h>

static int compare_addresses(const void *left, const void *right)
{
	return memcmp(left, right, sizeof(__be32));
}

/* Sorted and without repetition; *ret_count of them. */
static __be32 *sort_addresses(__be32 *list, size_t count, size_t *ret_count)
{
	size_t kept = 0;

	if (count)
		qsort(list, count, sizeof(*list), compare_addresses);
	for (size_t i = 0; i < count; i++)
		if (!kept || list[kept - 1] != list[i])
			list[kept++] = list[i];
	*ret_count = kept;
	return list;
}

static __be32 *wanted_addresses(struct plan_state *state, size_t *ret_count)
{
	const struct desired *desired = state->desired;
	__be32 *list = arena_array(state->arena, desired->service_count + 1, sizeof(*list));
	size_t count = 0;

	if (!list)
		return NULL;
	for (size_t i = 0; i < desired->service_count; i++)
		if (desired->services[i].key.vip.family == 4)
			list[count++] = desired->services[i].key.vip.ip.v4;
	return sort_addresses(list, count, ret_count);
}

static __be32 *held_addresses(struct plan_state *state, size_t *ret_count)
{
	const struct ledger_list *held = &state->ledger->addresses;
	__be32 *list = arena_array(state->arena, held->count + 1, sizeof(*list));

	if (!list)
		return NULL;
	if (held->count)
		memcpy(list, held->items, held->count * sizeof(*list));
	return sort_addresses(list, held->count, ret_count);
}

/* Adds `kind` for each address of `list` that `other` lacks. */
static void add_missing(struct plan_state *state, enum change_kind kind, const __be32 *list,
			size_t count, const __be32 *other, size_t other_count)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		while (at < other_count && compare_addresses(&other[at], &list[i]) < 0)
			at++;
		if (at == other_count || other[at] != list[i])
			plan_add(state, &(struct change){ .kind = kind, .address = list[i] });
	}
}

void plan_addresses(struct plan_state *state, enum change_kind kind)
{
	size_t wanted_count = 0, held_count = 0;
	__be32 *wanted = wanted_addresses(state, &wanted_count);
	__be32 *held = held_addresses(state, &held_count);

	if (!wanted || !held)
		state->err = -1;
	else if (kind == CHANGE_ADDRESS_ADD)
		add_missing(state, kind, wanted, wanted_count, held, held_count);
	else if (!state->desired->keep_missing)
		add_missing(state, kind, held, held_count, wanted, wanted_count);
}
