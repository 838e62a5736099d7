/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The size of a table, and the part of it that each backend gets. */
#ifndef TABLE_SHAPE_H
#define TABLE_SHAPE_H

#include <stdint.h>

#include "view.h"

/* Shape of a table for `view`, as in TABLE_SHAPE(): `previous` while that fits, since another one
 * moves about half of all flows, and when no backend can be picked. Pass 0 as `previous` for a new
 * service, and for one with affinity, whose clients reach several nodes with different histories. */
uint32_t table_shape(const struct view *view, uint32_t previous);

/* Writes each backend's part of the table, in units of TABLE_WHOLE to an entry: proportional to its
 * share, and at least 1 if it has one. Returns the number of entries, or UINT64_MAX when a part
 * exceeds 32 bits. */
uint64_t table_counts(const struct view *view, uint32_t shape, uint32_t *ret_counts);

#endif
