/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sizes of what is found by hashes. */
#ifndef POWER_H
#define POWER_H

#include <stddef.h>

/* The smallest power of two that is neither below `n` nor below `least`, which is one itself. */
static inline size_t power_of_two(size_t least, size_t n)
{
	while (least < n)
		least *= 2;
	return least;
}

#endif
