/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One service as each network sees it → one assignment whose endpoints know their networks. */
#ifndef ASSIGNMENT_MERGE_H
#define ASSIGNMENT_MERGE_H

#include <stddef.h>

#include "assignment.h"

struct arena;

struct merge_view {
	const char *network;
	const struct assignment *assignment; /* NULL: that view has nothing */
};

/* Endpoints that name no network are of the network whose view they came by; one that recurs in
 * every view is of none in particular and counts once. Equal localities of several views become
 * one, their weights summed. Policy and drops are those of the first view that has the service.
 * Priorities are taken as numbered: each view numbers from its own place, so they compare
 * within a view only, and level with level between views.
 *
 * At least one view must have it. Strings and addresses are borrowed. Returns 0 or -ENOMEM. */
int assignment_merge(struct arena *arena, const struct merge_view *views, size_t count,
		     const struct assignment **ret);

#endif
