/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the plan: settings, networks, gateways, ranges and the names of networks. */
#include "plan_state.h"

#include <string.h>

/* ------------------------------------------------------------------ settings */

/* The wanted settings, with the fields that others write unchanged. */
static struct settings wanted_settings(const struct plan_state *state)
{
	const struct settings *held = state->ledger->memory.settings;
	struct settings settings = state->desired->settings;

	settings.abi_version = held->abi_version;
	settings.follow_until = held->follow_until;
	settings.drops_until = held->drops_until;
	settings.narrow_paths = held->narrow_paths;
	settings.admission = held->admission;
	settings.key_generation = held->key_generation;
	settings.epoch = held->epoch;
	return settings;
}

static void add_settings(struct plan_state *state, const struct settings *settings)
{
	struct settings *copy = plan_alloc(state, sizeof(*copy));

	if (!copy)
		return;
	*copy = *settings;
	plan_add(state, &(struct change){ .kind = CHANGE_SETTINGS, .settings = copy });
}

/* A gateway opens after its tables are written; all other settings come before them. */
static bool gateway_opens(const struct plan_state *state)
{
	return state->desired->settings.listen_port &&
	       !state->ledger->memory.settings->listen_port;
}

static void add_first_settings(struct plan_state *state)
{
	struct settings settings = wanted_settings(state);

	if (gateway_opens(state))
		settings.listen_port = 0;
	if (memcmp(&settings, state->ledger->memory.settings, sizeof(settings)))
		add_settings(state, &settings);
	for (int family = 0; family < IP_FAMILIES; family++)
		for (uint32_t i = 0; i < settings.snat_count[family] && i < MAX_SNAT; i++)
			plan_destination(state, &settings.snat[family][i]);
}

static void add_last_settings(struct plan_state *state)
{
	struct settings settings = wanted_settings(state);

	if (gateway_opens(state))
		add_settings(state, &settings);
}

/* The item that begins with `key`, or NULL. */
static const void *find(const void *items, size_t count, size_t size, const void *key,
			size_t key_size)
{
	const char *item = items;

	for (size_t i = 0; i < count; i++, item += size)
		if (!memcmp(item, key, key_size))
			return item;
	return NULL;
}

static const void *find_held(const struct ledger_list *list, const void *key)
{
	return find(list->items, list->count, list->item_size, key, list->key_size);
}

/* ------------------------------------------------------------------ networks */

static void add_network(struct plan_state *state, const struct desired_network *network)
{
	const struct ledger_network *held = find_held(&state->ledger->networks, &network->id);
	const struct ledger_name *name = find_held(&state->ledger->network_names, &network->id);
	uint64_t hash = ledger_hash_name(network->name);

	if (!name || name->hash != hash)
		plan_add(state,
			 &(struct change){
				 .kind = CHANGE_NAME_SET,
				 .name = { network->name, hash, { NAME_NETWORK, network->id } } });
	if (!held || memcmp(&held->value, &network->value, sizeof(held->value)))
		plan_add(state, &(struct change){ .kind = CHANGE_NETWORK_SET,
						  .row = network->id,
						  .network = network->value });
}

static bool wants_network(const struct plan_state *state, uint32_t id)
{
	const struct desired *desired = state->desired;

	return find(desired->networks, desired->network_count, sizeof(*desired->networks), &id,
		    sizeof(id));
}

static void remove_networks(struct plan_state *state)
{
	const struct ledger_network *held = state->ledger->networks.items;
	const struct ledger_name *names = state->ledger->network_names.items;

	for (size_t i = 0; i < state->ledger->networks.count; i++)
		if (!wants_network(state, held[i].id))
			plan_add(state, &(struct change){ .kind = CHANGE_NETWORK_REMOVE,
							  .row = held[i].id });
	for (size_t i = 0; i < state->ledger->network_names.count; i++)
		if (!wants_network(state, names[i].index))
			plan_add(state, &(struct change){
						.kind = CHANGE_NAME_REMOVE,
						.name = { NULL, 0,
							  { NAME_NETWORK, names[i].index } } });
}

/* ------------------------------------------------------------------ gateways and ranges */

static bool same_gateway(const struct gateway *a, const struct gateway *b)
{
	return a->port == b->port && a->tunnel_port == b->tunnel_port && a->kind == b->kind;
}

static void add_gateway(struct plan_state *state, const struct desired_gateway *gateway)
{
	const struct desired_gateway *held = find_held(&state->ledger->gateways, &gateway->key);

	if (!held || !same_gateway(&held->value, &gateway->value))
		plan_add(state, &(struct change){ .kind = CHANGE_GATEWAY_SET,
						  .gateway = { gateway->key, gateway->value } });
}

static void remove_gateways(struct plan_state *state)
{
	const struct desired_gateway *held = state->ledger->gateways.items;
	const struct desired *desired = state->desired;

	for (size_t i = 0; i < state->ledger->gateways.count; i++)
		if (!find(desired->gateways, desired->gateway_count, sizeof(*held), &held[i].key,
			  sizeof(held[i].key)))
			plan_add(state, &(struct change){ .kind = CHANGE_GATEWAY_REMOVE,
							  .gateway = { .key = held[i].key } });
}

static void compare_ranges(struct plan_state *state, const struct allowed_key *from, size_t count,
			   const struct allowed_key *in, size_t in_count, enum change_kind kind)
{
	for (size_t i = 0; i < count; i++)
		if (!find(in, in_count, sizeof(*in), &from[i], sizeof(*from)))
			plan_add(state, &(struct change){ .kind = kind, .allowed = from[i] });
}

/* ------------------------------------------------------------------ both ends of the plan */

void plan_add_lists(struct plan_state *state)
{
	const struct desired *desired = state->desired;
	const struct ledger_list *ranges = &state->ledger->allowed;

	for (size_t i = 0; i < desired->network_count; i++)
		add_network(state, &desired->networks[i]);
	for (size_t i = 0; i < desired->gateway_count; i++)
		add_gateway(state, &desired->gateways[i]);
	compare_ranges(state, desired->allowed, desired->allowed_count, ranges->items,
		       ranges->count, CHANGE_ALLOWED_SET);
	add_first_settings(state);
}

void plan_remove_lists(struct plan_state *state)
{
	const struct desired *desired = state->desired;
	const struct ledger_list *ranges = &state->ledger->allowed;

	add_last_settings(state);
	compare_ranges(state, ranges->items, ranges->count, desired->allowed,
		       desired->allowed_count, CHANGE_ALLOWED_REMOVE);
	remove_gateways(state);
	remove_networks(state);
}
