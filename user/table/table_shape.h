/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How large a table is, and how much of it each backend gets. */
#ifndef TABLE_SHAPE_H
#define TABLE_SHAPE_H

#include <stdint.h>

#include "view.h"

/* Shape of a table for `view`, as TABLE_SHAPE of a table word: `previous` while that still fits,
 * since another one moves about half of all flows; 0 for a new service, and for one with
 * affinity, whose clients meet several nodes that saw different pasts. `previous` when nobody can
 * be picked. */
uint32_t table_shape(const struct view *view, uint32_t previous);

/* Writes for each backend of the view what it has of the table, in TABLE_WHOLE to an entry: in
 * proportion to the shares, and at least 1 where there is a share. Returns how many entries
 * that makes, or UINT64_MAX when a backend would have more than 32 bits hold. */
uint64_t table_counts(const struct view *view, uint32_t shape, uint32_t *ret_counts);

#endif
