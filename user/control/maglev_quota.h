/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How many slots of a table each backend gets. Part of maglev. */
#ifndef MAGLEV_QUOTA_H
#define MAGLEV_QUOTA_H

#include <stddef.h>
#include <stdint.h>

/* Shares as integers of 2^-QUOTA_SHIFT: what follows is integer arithmetic, so that nodes agree. */
#define QUOTA_SHIFT 40

struct quota {
	uint64_t weight;    /* quota_weight() of the share */
	uint32_t order;     /* distinct; between equals the lower one comes first */
	uint32_t slots;     /* result */
	uint64_t remainder; /* of the division, scratch */
};

/* At least 1 when there is a share. */
uint64_t quota_weight(double share);

/* Deal `size` slots by largest remainder, at most 2^20 of them. Every weight gets a slot unless
 * there are more weights than slots; the largest then give way. Reorders the array. */
void quota_deal(struct quota *quotas, size_t count, uint32_t size);

#endif
