/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds assignments by name. */
#include "assignment_find.h"

#include <stdlib.h>
#include <string.h>

static int compare_name(const void *key, const void *item)
{
	const struct assignment *const *assignment = item;

	return strcmp(key, (*assignment)->name);
}

uint32_t assignment_find(const struct assignment_list *list, const char *name)
{
	const struct assignment *const *found = NULL;

	if (list->count)
		found = bsearch(name, list->items, list->count, sizeof(*list->items), compare_name);
	return found ? (uint32_t)(found - list->items) : ASSIGNMENT_NONE;
}
