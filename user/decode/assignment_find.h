/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds assignments by name, and whether they name anybody. */
#ifndef ASSIGNMENT_FIND_H
#define ASSIGNMENT_FIND_H

#include <stddef.h>
#include <stdint.h>

#include "assignment.h"

#define ASSIGNMENT_NONE UINT32_MAX

/* Index of the assignment, or ASSIGNMENT_NONE. */
uint32_t assignment_find(const struct assignment_list *list, const char *name);

/* Endpoints of all localities; none of NULL. */
size_t assignment_endpoints(const struct assignment *assignment);

/* The families of their addresses, a set of FAMILY_BIT(); none of NULL. */
uint8_t assignment_families(const struct assignment *assignment);

#endif
