/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sorts arrays that are usually in order already. */
#include "sort.h"

#include <stdlib.h>

void sort_unless_sorted(void *items, size_t count, size_t size,
			int (*compare)(const void *, const void *))
{
	for (size_t i = 1; i < count; i++)
		if (compare((char *)items + (i - 1) * size, (char *)items + i * size) > 0) {
			qsort(items, count, size, compare);
			return;
		}
}
