/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sorts arrays that are usually in order already. */
#ifndef SORT_H
#define SORT_H

#include <stddef.h>

/* Calls qsort(3), which allocates a copy of the array, only if the array is out of order. */
void sort_unless_sorted(void *items, size_t count, size_t size,
			int (*compare)(const void *, const void *));

#endif
