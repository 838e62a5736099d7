/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether building incrementally and building in full come to the same, over random edits. Without
 * cmocka, since a fuzz target uses it too. */
#ifndef DESIRED_RANDOM_H
#define DESIRED_RANDOM_H

#include <stddef.h>

#include "desired_universe.h"

/* Counts of the situations a run has covered. */
struct random_seen {
	size_t steps;
	size_t changed_only; /* builds of changed rows alone, */
	size_t deaths;       /* of those that see a gateway which went down or up, */
	size_t given_up;     /* and those that had to build all after all */
	size_t reused;       /* rows taken over by a build of all */
	size_t serving, kept, waiting, stale, refused, not_shown; /* rows */
	size_t captured, by_id, affinity;                         /* rows in the kernel */
	size_t too_large, endpoints_are_vips;
	size_t ipv6, ipv6_by_id; /* rows that serve; rows found by id */
	size_t failed;   /* writes that did */
	size_t partial;  /* plans without room for all */
	size_t restarts;
	size_t older;    /* builds with rows of an earlier agent */
	size_t lagging;   /* generations equal but for rows that take no virtual IP */
	size_t reordered; /* kernels equal but for rows and extents */
};

/* Up to `steps` steps, fewer where the dice have no more choices. Adds to *seen. Returns NULL, or a
 * description of the difference, valid until the next call. */
const char *desired_random_run(struct dice *dice, size_t steps, struct random_seen *seen);

#endif
