/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Assignments by name. */
#include "assignment_find.h"

#include <stdlib.h>
#include <string.h>

static int compare_name(const void *key, const void *item)
{
	const struct assignment *const *assignment = item;

	return strcmp(key, (*assignment)->name);
}

const struct assignment *assignment_find(const struct assignment *const *sorted, size_t count,
					 const char *name)
{
	const struct assignment *const *found = NULL;

	if (count)
		found = bsearch(name, sorted, count, sizeof(*sorted), compare_name);
	return found ? *found : NULL;
}
