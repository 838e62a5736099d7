/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The list of changes, and what its entries are made of: localities, facts about a backend. */
#include "plan_state.h"

#include <errno.h>
#include <string.h>

#include "parallax_hash.h"

void *plan_alloc(struct plan_state *state, size_t size)
{
	void *memory = arena_alloc(state->arena, size);

	if (!memory)
		state->err = -ENOMEM;
	return memory;
}

/* `items` with room for one more, or a larger copy of them. Returns NULL without memory. */
static void *make_room(struct plan_state *state, void *items, size_t count, size_t *capacity,
		       size_t size, size_t first)
{
	size_t larger = count ? 2 * count : first;
	void *copy;

	if (count < *capacity)
		return items;
	copy = plan_alloc(state, larger * size);
	if (!copy)
		return NULL;
	if (count)
		memcpy(copy, items, count * size);
	*capacity = larger;
	return copy;
}

void plan_add(struct plan_state *state, const struct change *change)
{
	/* As many backends leave as are new: outgrown lists would stay in the arena. */
	struct change *items = make_room(state, state->list.items, state->list.count,
					 &state->capacity, sizeof(*items),
					 64 + 2 * state->fresh_backends);

	if (!items)
		return;
	items[state->list.count++] = *change;
	state->list.items = items;
}

void plan_destination(struct plan_state *state, const struct ip_addr *address)
{
	uint32_t bit = address_bit(address);

	if (!(state->ledger->memory.filters->destinations[bit / 64] >> bit % 64 & 1))
		plan_add(state,
			 &(struct change){ .kind = CHANGE_DESTINATION, .address = *address });
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

static void remember_locality(struct plan_state *state, uint32_t index, uint64_t hash)
{
	struct ledger_name *names = make_room(state, state->new_localities,
					      state->new_locality_count,
					      &state->new_locality_capacity, sizeof(*names), 16);

	if (!names)
		return;
	names[state->new_locality_count++] = (struct ledger_name){ index, hash };
	state->new_localities = names;
}

static uint16_t name_locality(struct plan_state *state, const char *text)
{
	const struct ledger_list *held = &state->ledger->localities;
	uint64_t hash = ledger_hash_name(text);
	uint32_t index = find_locality(held->items, held->count, hash);

	if (!index)
		index = find_locality(state->new_localities, state->new_locality_count, hash);
	if (index)
		return (uint16_t)index;
	index = largest_index(held->items, held->count) + 1 + (uint32_t)state->new_locality_count;
	if (index > UINT16_MAX)
		return 0;
	remember_locality(state, index, hash);
	plan_add(state, &(struct change){ .kind = CHANGE_NAME_SET,
					  .name = { text, hash, { NAME_LOCALITY, index } } });
	return (uint16_t)index;
}

/* Index of the locality's name, which is added when it is new; 0 for none, or without room. */
static uint16_t locality_index(struct plan_state *state, const char *text)
{
	size_t slots = sizeof(state->locality_cache) / sizeof(*state->locality_cache);
	struct locality_hit *hit;

	if (!text || !*text)
		return 0;
	/* Endpoints of one locality share its string, so a cache by address mostly hits. */
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
	/* A row with a VIP shows the shares of the client side. */
	bool counts = wanted->client_index != NO_ROW || !service->want->view;

	return (struct backend_info){
		.share = counts ? (uint32_t)(from->share * SHARE_SCALE + 0.5) : 0,
		.weight = from->weight > UINT32_MAX ? UINT32_MAX : (uint32_t)from->weight,
		.slots = backend_slots(service, wanted),
		.priority = from->priority > UINT16_MAX ? UINT16_MAX : (uint16_t)from->priority,
		.locality = locality_index(state, from->locality),
	};
}
