/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sorting what mostly is in order already. */
#ifndef SORT_H
#define SORT_H

#include <stddef.h>

/* qsort(3), which takes time and as much memory again, where it is needed. */
void sort_unless_sorted(void *items, size_t count, size_t size,
			int (*compare)(const void *, const void *));

#endif
