/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* View → table, turn by turn (Maglev, NSDI 2016, with exact weights).
 *
 * Two things differ from the paper. The number of slots of each backend is settled first, from
 * its share. And a turn is one proposal, whether or not the slot is still free: a backend that
 * meets a taken slot waits for its next turn. Who gets a slot then depends on who asks for it
 * earliest, hardly on how others fared, so that fewer slots change hands when a backend leaves.
 */
#include "maglev_parts.h"

#include <errno.h>
#include <stdlib.h>

#include "maglev_quota.h"

/* Proposals of the largest share in a round. More than one, so that passing from one backend to
 * the next costs little; many for large tables, whose backends do not fit the cache. By the size
 * of the table, which stays, and not by the number of backends. */
#define PROPOSALS(size) ((size) > 65521 ? 64 : 8)
#define LARGEST_TO_AVERAGE 4

struct turner {
	uint64_t step, credit; /* proposals per round and saved up, in 2^-QUOTA_SHIFT */
	uint32_t backend;
	uint32_t left;         /* slots still to take */
	uint32_t at, skip;     /* next proposal, and how far to the one after */
};

struct turns {
	struct turner *turners;
	size_t count;
	uint32_t size;
	uint64_t *taken; /* one bit per slot: stays in the cache where the table does not */
	uint32_t *slots;
};

/* The weight that proposes PROPOSALS() times in a round: the largest, so that backends of one weight
 * always take equal turns, however many they are; where that one dwarfs the rest, some times the
 * average, or there would be too many rounds. */
static uint64_t round_weight(const struct filler *filler)
{
	uint64_t largest = 1, total = 0, limit;

	for (size_t i = 0; i < filler->count; i++) {
		uint64_t weight = filler->contenders[i].weight;

		total += weight;
		largest = weight > largest ? weight : largest;
	}
	limit = total / filler->count * LARGEST_TO_AVERAGE + 1;
	return largest < limit ? largest : limit;
}

static void enter(struct turns *turns, const struct filler *filler)
{
	double scale = PROPOSALS(filler->size) * (double)(1ULL << QUOTA_SHIFT) /
		       (double)round_weight(filler);

	for (size_t i = 0; i < filler->count; i++) {
		const struct contender *contender = &filler->contenders[i];

		turns->turners[i] = (struct turner){
			.step = (uint64_t)((double)contender->weight * scale) + 1,
			.backend = contender->backend, .left = contender->quota,
			.at = contender->at, .skip = contender->skip,
		};
		filler->counts[contender->backend] = contender->quota;
	}
	turns->count = filler->count;
}

/* A contender's proposals of one round. */
static void propose(struct turns *turns, struct turner *turner)
{
	uint64_t credit = turner->credit + turner->step;
	uint32_t at = turner->at;

	for (; credit >> QUOTA_SHIFT && turner->left; credit -= 1ULL << QUOTA_SHIFT) {
		uint64_t bit = 1ULL << (at & 63);

		if (!(turns->taken[at >> 6] & bit)) {
			turns->taken[at >> 6] |= bit;
			turns->slots[at] = turner->backend;
			turner->left--;
		}
		at += turner->skip;
		if (at >= turns->size)
			at -= turns->size;
	}
	turner->credit = credit;
	turner->at = at;
}

/* Nothing much happens in a round of small shares alone: make it a longer one. */
static void quicken(struct turns *turns, uint64_t steps)
{
	if (steps >= (uint64_t)turns->count << (QUOTA_SHIFT - 1))
		return;
	for (size_t i = 0; i < turns->count; i++)
		turns->turners[i].step *= 2;
}

static void fill(struct turns *turns)
{
	while (turns->count) {
		uint64_t steps = 0;
		size_t waiting = 0;

		for (size_t i = 0; i < turns->count; i++) {
			struct turner *turner = &turns->turners[i];

			if (turner->left)
				propose(turns, turner);
			if (!turner->left)
				continue;
			steps += turner->step;
			turns->turners[waiting++] = *turner;
		}
		turns->count = waiting;
		quicken(turns, steps);
	}
}

int maglev_turns(struct filler *filler)
{
	struct turns turns = {
		.turners = calloc(filler->count, sizeof(*turns.turners)),
		.taken = calloc(filler->size / 64 + 1, sizeof(*turns.taken)),
		.size = filler->size, .slots = filler->slots,
	};
	int err = -ENOMEM;

	if (turns.turners && turns.taken) {
		enter(&turns, filler);
		fill(&turns);
		err = 0;
	}
	free(turns.turners);
	free(turns.taken);
	return err;
}
