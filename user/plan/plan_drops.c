/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the plan: drop overloads as the packet path compares them. */
#include "plan_state.h"

#include <string.h>

#include "utf8.h"

#define WHOLE 4294967296.0 /* drop_hash() is less */

static const struct view_drop *view_drops(const struct desired_service *want, size_t *ret_count)
{
	*ret_count = want->view ? want->view->drop_count : 0;
	return want->view ? want->view->drops : NULL;
}

static uint64_t threshold(double fraction)
{
	uint64_t value = (uint64_t)(fraction * WHOLE + 0.5);

	return fraction > 0 && !value ? 1 : value;
}

/* Fills in the cumulative thresholds. They are computed from the part that passes, so that 100 %
 * refuses every hash. */
static void fill(const struct view_drop *drops, size_t count, struct drops *ret)
{
	double passed = 1;

	for (size_t i = 0; i < count || i < DROP_CATEGORIES; i++) {
		if (i < count)
			passed *= 1 - drops[i].ratio;
		ret->upto[i < DROP_CATEGORIES ? i : DROP_CATEGORIES - 1] = threshold(1 - passed);
	}
}

uint64_t plan_drop(const struct desired_service *want)
{
	struct drops drops = {};
	size_t count;
	const struct view_drop *from = view_drops(want, &count);

	if (!count)
		return 0;
	fill(from, count, &drops);
	return drops.upto[DROP_CATEGORIES - 1];
}

/* One line per category. The control plane's names go to a terminal, so they are cleaned. */
static void write_names(const struct view_drop *drops, size_t count, struct name *ret)
{
	const size_t room = sizeof(ret->text) / DROP_CATEGORIES - 1;
	char *to = ret->text;

	for (size_t i = 0; i < count && i < DROP_CATEGORIES; i++) {
		bool rest = i == DROP_CATEGORIES - 1 && count > DROP_CATEGORIES;
		const char *from = rest ? "(others)" : drops[i].category;
		char *end;

		if (i)
			*to++ = '\n';
		end = stpncpy(to, from, room);
		*end = '\0';
		utf8_clean(to);
		to = end;
	}
}

static bool add_name(struct plan_state *state, const struct wanted_service *service,
		     const struct view_drop *drops, size_t count)
{
	struct name *name = plan_alloc(state, sizeof(*name));
	uint64_t hash;

	if (!name)
		return false;
	write_names(drops, count, name);
	hash = ledger_hash_name(name->text);
	if (state->ledger->services[service->row].drops_name == hash)
		return false;
	plan_add(state, &(struct change){
				.kind = CHANGE_NAME_SET,
				.name = { name->text, hash, { NAME_DROPS, service->row } } });
	return true;
}

void plan_add_drops(struct plan_state *state, const struct wanted_service *service)
{
	const struct drops *held = &state->ledger->memory.drops[service->row];
	struct drops *row = plan_alloc(state, sizeof(*row));
	size_t count;
	const struct view_drop *drops = view_drops(service->want, &count);
	bool reset;

	if (!row)
		return;
	fill(drops, count, row);
	reset = add_name(state, service, drops, count) || service->fresh;
	if (reset || memcmp(row->upto, held->upto, sizeof(row->upto)))
		plan_add(state, &(struct change){
					.kind = CHANGE_DROPS, .row = service->row,
					.drops = { row, reset } });
}
