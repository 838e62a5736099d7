/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Indexes over the rows being built: which virtual IP and which id a row has already. */
#include "vip_index.h"

#include <errno.h>
#include <stdbool.h>

#include <xxhash.h>

#include "arena.h"
#include "power.h"

int vip_index_init(struct vip_index *index, struct arena *arena, size_t rows)
{
	uint32_t places = (uint32_t)power_of_two(16, 2 * rows);

	*index = (struct vip_index){
		.rows = arena_array(arena, rows + 1, sizeof(*index->rows)),
		.by_vip = arena_array(arena, places, sizeof(*index->by_vip)),
		.by_id = arena_array(arena, places, sizeof(*index->by_id)),
		.mask = places - 1,
	};
	return index->rows && index->by_vip && index->by_id ? 0 : -ENOMEM;
}

static uint64_t hash_vip(const struct service_key *key)
{
	return XXH3_64bits_withSeed(&key->vip.ip, sizeof(key->vip.ip),
				    (uint64_t)key->port << 8 | key->proto);
}

static bool same_vip(const struct service_key *a, const struct service_key *b)
{
	return addr_equal(&a->vip, &b->vip) && a->port == b->port && a->proto == b->proto;
}

struct desired_service *vip_index_find(const struct vip_index *index,
				       const struct service_key *key, uint32_t **ret_place)
{
	uint64_t at = hash_vip(key);

	for (;; at++) {
		uint32_t *place = &index->by_vip[at & index->mask];

		if (*place && !same_vip(&index->rows[*place - 1].key, key))
			continue;
		*ret_place = place;
		return *place ? &index->rows[*place - 1] : NULL;
	}
}

struct desired_service *vip_index_find_id(const struct vip_index *index, uint64_t id,
					  uint32_t **ret_place)
{
	uint64_t at = id;

	for (;; at++) {
		uint32_t *place = &index->by_id[at & index->mask];

		if (*place && index->rows[*place - 1].key.id != id)
			continue;
		*ret_place = place;
		return *place ? &index->rows[*place - 1] : NULL;
	}
}
