/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which backend occupies which positions of a table. */
#ifndef TABLE_PLACE_H
#define TABLE_PLACE_H

#include <stddef.h>
#include <stdint.h>

/* One backend that wants positions. */
struct contender {
	uint64_t hash; /* what it is called everywhere; distinct */
	uint32_t wanted, held;
	uint32_t next; /* rank in its order of positions that it asks for next */
};

struct claim {
	uint32_t position;
	uint32_t holder; /* index of the contender, plus 1; 0: no claim */
};

/* Occupied positions: a hash table, since a table is sparse. They stand nearly in their order. */
struct claims {
	struct claim *items;
	uint32_t mask;
	uint32_t shift; /* from position to place */
};

/* Place all contenders on 2^bits positions, several times as many as they want together. The
 * result, ranks included, does not depend on their order. Returns 0 with claims that
 * claims_done() frees, or -ENOMEM. */
int table_place(struct contender *contenders, size_t count, uint32_t bits, struct claims *ret);

void claims_done(struct claims *claims);

/* The position the contender likes least of those it holds. */
uint32_t table_last_position(const struct contender *contender, uint32_t bits);

#endif
