/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* View → table: which backend each slot names. */
#ifndef MAGLEV_H
#define MAGLEV_H

#include <stdint.h>

#include "table.h"
#include "view.h"

struct arena;

/* Size for `view`: a prime of a coarse ladder, so that each backend's slots are within 1 % of its
 * share or within one slot; never below `previous_size` (0: a new service), at most
 * MAX_TABLE_SIZE. 0 when nobody can be picked and there was no table before. */
uint32_t maglev_size(const struct view *view, uint32_t previous_size);

/* The same for a service with affinity, whose clients meet several nodes: it depends on `view`
 * alone, since nodes that saw different pasts must agree, and it is large from the beginning, so
 * that it seldom changes. */
uint32_t maglev_affinity_size(const struct view *view);

/* Fill `ret` with `size` slots (a size that maglev_size gave; 0 makes an empty table) from
 * `arena`. Depends on the backends' identities and shares only: not on their order, not on the
 * node, not on the table before. Each backend is within 1 % of its share or one slot (two where
 * tiny shares are given a slot each). Removing one of N moves its slots and, for N up to 50, a tenth
 * as many more. A view that nobody can be picked from gives a table of size 0.
 * Returns 0, -ENOMEM, or -EINVAL when size is above MAX_TABLE_SIZE. *ret is written on success. */
int maglev_fill(const struct view *view, uint32_t size, struct table *ret, struct arena *arena);

/* Backends with a share but no slot: more backends than slots, or a share below one slot. */
uint32_t maglev_unserved(const struct view *view, const struct table *table);

#endif
