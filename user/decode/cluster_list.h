/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The clusters that a source of assignments names, and which of them it has answered for. */
#ifndef CLUSTER_LIST_H
#define CLUSTER_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct listed_cluster {
	const char *name;
	bool known; /* its assignment is there, or the source said that there is none */
};

/* Sorted by name, each name once. Borrowed. */
struct cluster_list {
	const struct listed_cluster *items;
	size_t count;
	bool complete; /* a cluster that is not listed is known to have no assignment */
};

/* Whether the source has answered for this cluster, listed or not. */
bool cluster_list_knows(const struct cluster_list *list, const char *name);

#endif
