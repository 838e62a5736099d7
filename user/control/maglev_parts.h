/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The two ways to fill a table. Parts of maglev. */
#ifndef MAGLEV_PARTS_H
#define MAGLEV_PARTS_H

#include <stddef.h>
#include <stdint.h>

/* One backend that wants slots. */
struct contender {
	uint64_t hash;    /* what it is called everywhere */
	uint64_t weight;  /* quota_weight() of its share */
	uint32_t backend; /* index in the view */
	uint32_t quota;   /* its exact share of the slots, rounded */
	uint32_t at, skip; /* its order of slots: at, at + skip, ... */
};

struct filler {
	struct contender *contenders; /* by identity */
	size_t count;
	uint32_t size;
	uint32_t *slots;  /* result: index in the view */
	uint32_t *counts; /* result: per backend of the view */
};

/* Least churn, for tables up to MAGLEV_MATCH_MAX slots: rendezvous hashing with prices that keep
 * each backend within 1 % of its share or one slot. Which way is taken depends on the size alone,
 * which never shrinks, so that it does not change to and fro. Returns 0 or -ENOMEM. */
int maglev_match(struct filler *filler);

/* Turn by turn, with exact quotas: quick for the largest tables. Returns 0 or -ENOMEM. */
int maglev_turns(struct filler *filler);

#define MAGLEV_MATCH_MAX 65521

#endif
