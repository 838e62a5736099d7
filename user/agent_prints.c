/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What services were made from, to be found again by the next look. */
#include <errno.h>

#include <xxhash.h>

#include "agent.h"

int agent_prints_init(struct agent_prints *prints, struct arena *arena, size_t most)
{
	uint32_t places = 16;

	while (places < 2 * most)
		places *= 2;
	prints->mask = places - 1;
	prints->items = arena_array(arena, most, sizeof(*prints->items));
	prints->places = arena_array(arena, places, sizeof(*prints->places));
	return prints->items && prints->places ? 0 : -ENOMEM;
}

uint64_t agent_print_key(const struct service_key *key)
{
	struct {
		union ip_addr ip;
		uint64_t id;
		uint32_t port, proto, family, vip_family;
	} bytes = {
		.ip = key->vip.ip, .id = key->id, .port = key->port, .proto = key->proto,
		.family = key->family, .vip_family = key->vip.family,
	};

	return XXH3_64bits(&bytes, sizeof(bytes));
}

void agent_prints_add(struct agent_prints *prints, const struct agent_print *print)
{
	uint64_t at = print->key;

	while (prints->places[at & prints->mask])
		at++;
	prints->items[prints->count++] = *print;
	prints->places[at & prints->mask] = (uint32_t)prints->count;
}

const struct agent_print *agent_prints_find(const struct agent_prints *prints, uint64_t key)
{
	if (!prints->count)
		return NULL;
	for (uint64_t at = key;; at++) {
		uint32_t place = prints->places[at & prints->mask];

		if (!place)
			return NULL;
		if (prints->items[place - 1].key == key)
			return &prints->items[place - 1];
	}
}
