/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Assignments by name. */
#ifndef ASSIGNMENT_FIND_H
#define ASSIGNMENT_FIND_H

#include <stddef.h>

#include "assignment.h"

/* One of `count`, which are in the order of their names. NULL when there is none. */
const struct assignment *assignment_find(const struct assignment *const *sorted, size_t count,
					 const char *name);

#endif
