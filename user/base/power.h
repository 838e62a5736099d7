/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sizes of hash tables. */
#ifndef POWER_H
#define POWER_H

#include <stddef.h>

/* The smallest power of two that is at least `n` and at least `least`, itself a power of two. */
static inline size_t power_of_two(size_t least, size_t n)
{
	while (least < n)
		least *= 2;
	return least;
}

#endif
