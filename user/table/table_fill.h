/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* View → table: how many entries each backend has, and in which buckets they stand. */
#ifndef TABLE_FILL_H
#define TABLE_FILL_H

#include <stdint.h>

#include "parallax_abi.h"
#include "table.h"
#include "view.h"

struct arena;

/* Fill `ret`, from `arena`, in a shape that table_shape() gave. Depends on the shape and on the
 * backends' identities, shares and weights only: not on their order, the node, or the table before.
 * Shares are right to 1 / TABLE_WHOLE of an entry. A view that nobody can be picked from gives an
 * empty table of that shape.
 * Returns 0, -ENOMEM, or -EINVAL when the shape does not suit the view. *ret is written on
 * success. */
int table_fill(const struct view *view, uint32_t shape, struct table *ret, struct arena *arena);

/* Copies `count` buckets from the `first` on as they stand in the arena, `rows` being the rows of
 * the view's backends. */
void table_buckets(const struct table *table, const uint32_t *rows, uint32_t first, uint32_t count,
		   struct bucket *ret);

#endif
