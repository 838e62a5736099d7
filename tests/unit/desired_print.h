/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Generations and kernels as text, so that two of them can be compared and a difference read. */
#ifndef DESIRED_PRINT_H
#define DESIRED_PRINT_H

#include <stddef.h>

#include "generation.h"
#include "plan_model.h"

/* Sorted lines; omits the lines that do not fit. */
struct printed {
	size_t used;
	char buf[1 << 15];
};

/* Every field of every row and of its status, and the generation's own fields. `wanted_only`: without
 * the rows that take no virtual IP, and without the messages about virtual IPs. Returns `buf`. */
const char *generation_print(const struct generation *generation, bool wanted_only,
			     struct printed *ret);
/* The kernel's state as packets see it, independent of row and extent numbers. Returns `buf`. */
const char *kernel_print(const struct plan_model *kernel, struct printed *ret);

#endif
