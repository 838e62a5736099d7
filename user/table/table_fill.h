/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* View → table: the number of entries of each backend, and the buckets they are in. */
#ifndef TABLE_FILL_H
#define TABLE_FILL_H

#include <stdint.h>

#include "parallax_abi.h"
#include "table.h"
#include "view.h"

struct arena;

/* Fills `ret`, allocated from `arena`, in a shape that table_shape() returned. The result depends on
 * the shape and on the backends' identities, shares and weights only: not on their order, the node
 * or the previous table. Shares are exact to 1 / TABLE_WHOLE of an entry. A view without usable
 * backends gives an empty table of that shape.
 * Returns 0, -ENOMEM, or -EINVAL when the shape does not suit the view; *ret is written on success
 * only. */
int table_fill(const struct view *view, uint32_t shape, struct table *ret, struct arena *arena);

/* Writes `count` buckets from the `first` on, as they are in the slot arena. `rows`: row of each
 * backend of the view. */
void table_buckets(const struct table *table, const uint32_t *rows, uint32_t first, uint32_t count,
		   struct bucket *ret);

#endif
