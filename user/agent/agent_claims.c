/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which virtual IPs and ids are claimed already, by this picture or in the kernel. */
#include <xxhash.h>

#include "agent_builder.h"

static uint64_t hash_vip(const struct service_key *key)
{
	return XXH3_64bits_withSeed(&key->vip.ip, sizeof(key->vip.ip),
				    (uint64_t)key->port << 8 | key->proto);
}

static bool same_vip(const struct service_key *a, const struct service_key *b)
{
	return addr_equal(&a->vip, &b->vip) && a->port == b->port && a->proto == b->proto;
}

struct desired_service *builder_find_vip(const struct builder *builder,
					 const struct service_key *key, uint32_t **ret_place)
{
	uint64_t at = hash_vip(key);

	for (;; at++) {
		uint32_t *place = &builder->by_vip[at & builder->mask];

		if (*place && !same_vip(&builder->rows[*place - 1].key, key))
			continue;
		*ret_place = place;
		return *place ? &builder->rows[*place - 1] : NULL;
	}
}

struct desired_service *builder_find_id(const struct builder *builder, uint64_t id,
					uint32_t **ret_place)
{
	uint64_t at = id;

	for (;; at++) {
		uint32_t *place = &builder->by_id[at & builder->mask];

		if (*place && builder->rows[*place - 1].key.id != id)
			continue;
		*ret_place = place;
		return *place ? &builder->rows[*place - 1] : NULL;
	}
}

bool builder_is_holder(const struct builder *builder, const struct service_key *key)
{
	const struct ledger *ledger = &builder->agent->ledger;
	uint32_t row = ledger_vip_holder(ledger, key);

	return row != NO_ROW && ledger->memory.services[row].id == key->id;
}

bool builder_is_held(const struct builder *builder, const struct service_key *key)
{
	const struct ledger *ledger = &builder->agent->ledger;
	uint32_t row = ledger_find_service(ledger, key);

	return row != NO_ROW && ledger->services[row].state == ROW_USED;
}
