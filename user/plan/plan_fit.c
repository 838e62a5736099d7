/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs the phases of a plan, and again without the services that need most of a resource that does not suffice. */
#include <errno.h>
#include <string.h>

#include "parallax_table.h"
#include "plan_state.h"

int plan_run(struct plan_state *state, struct change_list *ret)
{
	int err = plan_match(state);

	if (!err)
		err = plan_room(state);
	if (err)
		return err;
	plan_emit(state);
	if (state->err)
		return -ENOMEM;
	*ret = state->list;
	return 0;
}

/* How much of the scarce resource a service needs anew. */
static size_t demand(const struct plan_state *state, const struct wanted_service *service)
{
	size_t count = 0;

	if (state->short_of == SHORT_OF_SERVICES)
		return service->row == NO_ROW;
	if (state->short_of == SHORT_OF_SLOTS)
		return (service->client.write ? TABLE_BUCKETS(service->client.desc) : 0) +
		       (service->local.write ? TABLE_BUCKETS(service->local.desc) : 0);
	for (size_t i = 0; i < service->backend_count; i++)
		count += service->backends[i].fresh;
	return count;
}

static size_t find_largest(const struct plan_state *state, const size_t *demands)
{
	size_t largest = 0;

	for (size_t i = 1; i < state->desired->service_count; i++)
		if (demands[i] >= demands[largest])
			largest = i;
	return largest;
}

/* An existing service stays as it is; a new one is left out. */
static void give_up(const struct plan_state *state, struct desired_service *services, size_t i,
		      bool *gone)
{
	services[i].view = services[i].local_view = NULL;
	services[i].table = services[i].local_table = NULL;
	services[i].keep = true;
	gone[i] = state->services[i].fresh;
}

static size_t drop_gone(struct desired_service *services, size_t count, const bool *gone)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!gone[i])
			services[kept++] = services[i];
	return kept;
}

/* Gives up to `most` services up, adds their number to *ret_left and sets *ret_name to the first. */
static int shrink(const struct plan_state *state, struct desired *desired, size_t most,
		  size_t *ret_left, const char **ret_name)
{
	size_t count = desired->service_count, left = 0;
	struct desired_service *services = arena_array(state->arena, count + 1, sizeof(*services));
	size_t *demands = arena_array(state->arena, count + 1, sizeof(*demands));
	bool *gone = arena_alloc(state->arena, count + 1);

	if (!services || !demands || !gone)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		services[i] = desired->services[i];
		demands[i] = demand(state, &state->services[i]);
	}
	for (; count && left < most; left++) {
		size_t i = find_largest(state, demands);

		if (!demands[i])
			break;
		demands[i] = 0;
		give_up(state, services, i, gone);
		if (!*ret_name)
			*ret_name = services[i].cluster;
	}
	desired->services = services;
	desired->service_count = drop_gone(services, count, gone);
	*ret_left += left;
	return left ? 0 : -ENOSPC;
}

int plan_fit(const struct ledger *ledger, const struct desired *desired, uint64_t now_ns,
	     struct arena *arena, struct change_list *ret, const char **ret_reason)
{
	const char *name = NULL, *reason = NULL;
	struct desired smaller = *desired;
	size_t left = 0;

	/* Doubles each time, since thousands may not fit. */
	for (size_t most = 1;; most *= 2) {
		struct plan_state state = { .ledger = ledger, .desired = &smaller,
					    .now_ns = now_ns, .arena = arena };
		int err = plan_run(&state, ret);

		if (!reason)
			reason = state.reason;
		if (err == -ENOSPC && !shrink(&state, &smaller, most, &left, &name))
			continue;
		if (err || !left) {
			*ret_reason = reason;
			return err;
		}
		*ret_reason = left == 1 ?
			arena_printf(arena, "%s; left as it is: '%s'", reason, name) :
			arena_printf(arena, "%s; left as they are: '%s' and %zu more", reason,
				     name, left - 1);
		return *ret_reason ? 0 : -ENOMEM;
	}
}
