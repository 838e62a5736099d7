/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Generations and kernels as text, so that two of them can be compared and a difference read. */
#ifndef DESIRED_PRINT_H
#define DESIRED_PRINT_H

#include <stddef.h>

#include "generation.h"
#include "plan_model.h"

/* Sorted lines; what no longer fits is left out. Returns `buf`. */
struct printed {
	size_t used;
	char buf[1 << 15];
};

/* Every field of every row and of its status, and what the generation says of itself. `wanted_only`:
 * without the rows that take no virtual IP, and without what is said of virtual IPs at large. */
const char *generation_print(const struct generation *generation, bool wanted_only,
			     struct printed *ret);
/* What packets meet, whatever rows and extents it stands in. */
const char *kernel_print(const struct plan_model *kernel, struct printed *ret);

#endif
