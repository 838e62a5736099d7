/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Copies the contents of maps that the agent alone writes into maps of another layout or size. */
#ifndef CARRY_ROWS_H
#define CARRY_ROWS_H

#include "layout.h"

/* Copies the elements of the map `from` into the empty map `to`, both of the same type: a hash, or an
 * array that can be mapped, of which the first `rows` elements are in use. Returns 0; -ENOSPC if `to`
 * has no room; -ENOMEM; -EPROTO with *ret_field, as layout_permute(); or another -errno. */
int carry_rows(int from, const struct layout_map *older, int to, const struct layout_map *ours,
	       uint32_t rows, const char **ret_field);

#endif
