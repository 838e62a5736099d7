/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Indexes over the rows being built: which virtual IP and which id a row has already. */
#ifndef VIP_INDEX_H
#define VIP_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "desired.h"
#include "index.h"

struct arena;

struct vip_index {
	struct desired_service *rows; /* room for as many as vip_index_init() was given */
	size_t count;
	struct index by_vip, by_id;
};

/* Returns 0 or -ENOMEM. */
int vip_index_init(struct vip_index *index, struct arena *arena, size_t rows);
/* The row with this VIP, port and protocol, or NULL; *ret_place is where to enter one. */
struct desired_service *vip_index_find(const struct vip_index *index,
				       const struct service_key *key, uint32_t **ret_place);
/* The first row with this id for packets of that family, or NULL; *ret_place likewise. */
struct desired_service *vip_index_find_id(const struct vip_index *index, uint64_t id,
					  uint8_t family, uint32_t **ret_place);

#endif
