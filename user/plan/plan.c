/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ledger + desired state → ordered changes, make before break. */
#include "plan.h"

#include <errno.h>
#include <string.h>

#include "parallax_hash.h"
#include "plan_state.h"

/* Where many backends are new, as many go out: lists that were outgrown would stay in the arena. */
static size_t first_capacity(const struct plan_state *state)
{
	return 64 + 2 * state->fresh_backends;
}

void plan_add(struct plan_state *state, const struct change *change)
{
	if (state->list.count == state->capacity) {
		size_t capacity = state->capacity ? state->capacity * 2 : first_capacity(state);
		struct change *items = arena_array(state->arena, capacity, sizeof(*items));

		if (!items) {
			state->err = -ENOMEM;
			return;
		}
		if (state->list.count)
			memcpy(items, state->list.items, state->list.count * sizeof(*items));
		state->list.items = items;
		state->capacity = capacity;
	}
	state->list.items[state->list.count++] = *change;
}

void plan_destination(struct plan_state *state, __be32 address)
{
	uint32_t bit = address_bit(address);

	if (!(state->ledger->memory.filters->destinations[bit / 64] >> bit % 64 & 1))
		plan_add(state, &(struct change){ .kind = CHANGE_DESTINATION, .address = address });
}

/* ------------------------------------------------------------------ localities */

static uint32_t find_locality(const struct ledger_name *names, size_t count, uint64_t hash)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].hash == hash)
			return names[i].index;
	return 0;
}

static uint32_t largest_index(const struct ledger_name *names, size_t count)
{
	uint32_t largest = 0;

	for (size_t i = 0; i < count; i++)
		if (names[i].index > largest)
			largest = names[i].index;
	return largest;
}

static int remember_locality(struct plan_state *state, uint32_t index, uint64_t hash)
{
	if (state->new_locality_count == state->new_locality_capacity) {
		size_t capacity = state->new_locality_capacity ? state->new_locality_capacity * 2 : 16;
		struct ledger_name *names = arena_array(state->arena, capacity, sizeof(*names));

		if (!names)
			return -ENOMEM;
		if (state->new_locality_count)
			memcpy(names, state->new_localities,
			       state->new_locality_count * sizeof(*names));
		state->new_localities = names;
		state->new_locality_capacity = capacity;
	}
	state->new_localities[state->new_locality_count++] = (struct ledger_name){ index, hash };
	return 0;
}

static uint16_t name_locality(struct plan_state *state, const char *text)
{
	const struct ledger_names *held = &state->ledger->localities;
	uint64_t hash = ledger_hash_name(text);
	uint32_t index = find_locality(held->items, held->count, hash);

	if (!index)
		index = find_locality(state->new_localities, state->new_locality_count, hash);
	if (index)
		return (uint16_t)index;
	index = largest_index(held->items, held->count) + 1 + (uint32_t)state->new_locality_count;
	if (index > UINT16_MAX)
		return 0;
	if (remember_locality(state, index, hash)) {
		state->err = -ENOMEM;
		return 0;
	}
	plan_add(state, &(struct change){ .kind = CHANGE_NAME_SET,
					  .name = { text, hash, { NAME_LOCALITY, index } } });
	return (uint16_t)index;
}

uint16_t plan_locality(struct plan_state *state, const char *text)
{
	size_t slots = sizeof(state->locality_cache) / sizeof(*state->locality_cache);
	struct locality_hit *hit;

	if (!text || !*text)
		return 0;
	/* Endpoints of one locality share its string, so that its address is a good hint. */
	hit = &state->locality_cache[((uintptr_t)text >> 3) % slots];
	if (hit->text != text)
		*hit = (struct locality_hit){ text, name_locality(state, text) };
	return hit->index;
}

/* ------------------------------------------------------------------ backends */

#define SHARE_SCALE 1e9

static uint32_t backend_slots(const struct wanted_service *service,
			      const struct wanted_backend *wanted)
{
	const struct desired_service *want = service->want;

	if (!want->view)
		return want->local_table && want->local_table->buckets ?
			       want->local_table->counts[wanted->local_index] : 0;
	if (wanted->client_index == NO_ROW || !want->table || !want->table->buckets)
		return 0;
	return want->table->counts[wanted->client_index];
}

struct backend_info plan_backend_info(struct plan_state *state, const struct wanted_service *service,
				      const struct wanted_backend *wanted)
{
	const struct view_backend *from = wanted->from;
	/* Of a row with a VIP, shares are those of the client side. */
	bool counts = wanted->client_index != NO_ROW || !service->want->view;

	return (struct backend_info){
		.share = counts ? (uint32_t)(from->share * SHARE_SCALE + 0.5) : 0,
		.weight = from->weight > UINT32_MAX ? UINT32_MAX : (uint32_t)from->weight,
		.slots = backend_slots(service, wanted),
		.priority = from->priority > UINT16_MAX ? UINT16_MAX : (uint16_t)from->priority,
		.locality = plan_locality(state, from->locality),
	};
}

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

int plan_build(const struct ledger *ledger, const struct desired *desired, uint64_t now_ns,
	       struct arena *arena, struct change_list *ret, const char **ret_reason)
{
	struct plan_state state = {
		.ledger = ledger, .desired = desired, .now_ns = now_ns, .arena = arena,
	};
	int err = plan_run(&state, ret);

	if (err == -ENOSPC)
		*ret_reason = state.reason;
	return err;
}
