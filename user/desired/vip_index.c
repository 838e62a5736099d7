/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Indexes over the rows being built: which virtual IP and which id a row has already. */
#include "vip_index.h"

#include <errno.h>
#include <stdbool.h>

#include <xxhash.h>

int vip_index_init(struct vip_index *index, struct arena *arena, size_t rows)
{
	*index = (struct vip_index){ .rows = arena_array(arena, rows + 1, sizeof(*index->rows)) };
	if (!index->rows || index_init(&index->by_vip, arena, rows))
		return -ENOMEM;
	return index_init(&index->by_id, arena, rows);
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

static struct desired_service *row_at(const struct vip_index *index, const uint32_t *place)
{
	return *place ? &index->rows[*place - 1] : NULL;
}

struct desired_service *vip_index_find(const struct vip_index *index,
				       const struct service_key *key, uint32_t **ret_place)
{
	INDEX_FIND(&index->by_vip, hash_vip(key), *ret_place,
		   same_vip(&row_at(index, *ret_place)->key, key));
	return row_at(index, *ret_place);
}

static bool has_id(const struct desired_service *row, uint64_t id, uint8_t family)
{
	return row->key.id == id && row->key.family == family;
}

struct desired_service *vip_index_find_id(const struct vip_index *index, uint64_t id,
					  uint8_t family, uint32_t **ret_place)
{
	INDEX_FIND(&index->by_id, id ^ family, *ret_place,
		   has_id(row_at(index, *ret_place), id, family));
	return row_at(index, *ret_place);
}
