/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Merges the views that each network has of a service into one assignment with networks. */
#ifndef ASSIGNMENT_MERGE_H
#define ASSIGNMENT_MERGE_H

#include <stddef.h>

#include "assignment.h"

struct arena;

struct merge_view {
	const char *network;
	const struct assignment *assignment; /* NULL if the view lacks the service */
};

/* An endpoint without a network gets the network of its view, unless all views have it: then it is
 * kept once, without a network. Equal localities of several views become one, with the sum of their
 * weights. Policy and drops are those of the first view that has the service. Equal priorities of
 * different views are merged, although each view counts them from its own network.
 *
 * At least one view must have the service. Strings and addresses are borrowed. Returns 0 or -ENOMEM. */
int assignment_merge(struct arena *arena, const struct merge_view *views, size_t count,
		     const struct assignment **ret);

#endif
