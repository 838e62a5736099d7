/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds assignments by name, and whether they name anybody. */
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

size_t assignment_endpoints(const struct assignment *assignment)
{
	size_t count = 0;

	for (size_t i = 0; assignment && i < assignment->locality_count; i++)
		count += assignment->localities[i].endpoint_count;
	return count;
}

uint8_t assignment_families(const struct assignment *assignment)
{
	uint8_t families = 0;

	for (size_t l = 0; assignment && l < assignment->locality_count; l++)
		for (size_t e = 0; e < assignment->localities[l].endpoint_count; e++) {
			const struct endpoint *endpoint = &assignment->localities[l].endpoints[e];

			for (size_t a = 0; a < endpoint->address_count; a++)
				families |= (uint8_t)FAMILY_BIT(endpoint->addresses[a].addr.family);
			if (families == FAMILIES_BOTH)
				return families;
		}
	return families;
}
