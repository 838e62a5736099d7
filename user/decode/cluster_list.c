/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The clusters that a source of assignments names, and which of them it has answered for. */
#include "cluster_list.h"

#include <stdlib.h>
#include <string.h>

static int compare_name(const void *key, const void *item)
{
	return strcmp(key, ((const struct listed_cluster *)item)->name);
}

bool cluster_list_knows(const struct cluster_list *list, const char *name)
{
	const struct listed_cluster *found = NULL;

	if (list->count)
		found = bsearch(name, list->items, list->count, sizeof(*list->items), compare_name);
	return found ? found->known : list->complete;
}
