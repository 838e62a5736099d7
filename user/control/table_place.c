/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which backend occupies which positions of a table.
 *
 * Each backend has an order of positions, each position an order of backends, both by hashes. Who
 * gets what is the stable matching of these (deferred acceptance: Gale and Shapley 1962). There is
 * one only that is best for the backends, so that neither the order of asking nor the past counts,
 * and who joins or leaves moves those alone who were in each other's way. */
#include "table_place.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "parallax_hash.h"

struct placing {
	struct contender *contenders;
	struct claims claims;
	uint32_t bits;
	uint32_t *waiting; /* contenders that lack positions, each once */
	size_t waiting_count;
};

/* Where the contender asks with this rank. */
static uint32_t position_of(const struct contender *contender, uint32_t rank, uint32_t bits)
{
	return (uint32_t)(mix64(contender->hash + rank * 0xc2b2ae3d27d4eb4fULL) >> (64 - bits));
}

static uint64_t liking(const struct contender *contender, uint32_t position)
{
	return mix64(contender->hash ^ (position + 1) * 0x9e3779b97f4a7c15ULL);
}

static struct claim *find(struct claims *claims, uint32_t position)
{
	/* A position is a hash already, and in order all is written faster afterwards. */
	for (uint32_t at = position >> claims->shift;; at++) {
		struct claim *claim = &claims->items[at & claims->mask];

		if (!claim->holder || claim->position == position)
			return claim;
	}
}

/* Ask for the next position of contender `who`, which may cost another one its. */
static void ask(struct placing *placing, uint32_t who)
{
	struct contender *asking = &placing->contenders[who], *holding;
	uint32_t position = position_of(asking, asking->next++, placing->bits);
	struct claim *claim = find(&placing->claims, position);

	if (claim->holder) {
		holding = &placing->contenders[claim->holder - 1];
		if (holding == asking || liking(holding, position) >= liking(asking, position))
			return;
		if (holding->held-- == holding->wanted)
			placing->waiting[placing->waiting_count++] = claim->holder - 1;
	}
	*claim = (struct claim){ position, who + 1 };
	asking->held++;
}

static void place_all(struct placing *placing, size_t count)
{
	for (size_t i = 0; i < count; i++)
		placing->waiting[placing->waiting_count++] = (uint32_t)i;
	while (placing->waiting_count) {
		uint32_t who = placing->waiting[--placing->waiting_count];
		const struct contender *asking = &placing->contenders[who];

		while (asking->held < asking->wanted)
			ask(placing, who);
	}
}

/* A quarter stays empty, so that searches end. */
static struct claims claims_for(const struct contender *contenders, size_t count, uint32_t bits)
{
	uint32_t log = 4;
	uint64_t wanted = 0;

	for (size_t i = 0; i < count; i++)
		wanted += contenders[i].wanted;
	while ((3ULL << log) / 4 < wanted)
		log++;
	return (struct claims){
		.items = calloc((size_t)1 << log, sizeof(struct claim)),
		.mask = (1u << log) - 1,
		.shift = bits > log ? bits - log : 0,
	};
}

int table_place(struct contender *contenders, size_t count, uint32_t bits, struct claims *ret)
{
	struct placing placing = {
		.contenders = contenders,
		.claims = claims_for(contenders, count, bits),
		.bits = bits,
		.waiting = calloc(count + 1, sizeof(uint32_t)),
	};

	if (!placing.claims.items || !placing.waiting) {
		claims_done(&placing.claims);
		free(placing.waiting);
		return -ENOMEM;
	}
	place_all(&placing, count);
	free(placing.waiting);
	*ret = placing.claims;
	return 0;
}

void claims_done(struct claims *claims)
{
	free(claims->items);
	*claims = (struct claims){};
}

uint32_t table_last_position(const struct contender *contender, uint32_t bits)
{
	/* Asking ended when this one was won. */
	return position_of(contender, contender->next - 1, bits);
}
