/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* View → table, with few changes from one view to the next.
 *
 * Weighted rendezvous hashing would move nothing but the slots of the backend that leaves; but a
 * backend with m slots would be off by the square root of m. So each backend has a price, by which
 * its distance to each slot is multiplied: those that got too much become dearer, those that got
 * too little cheaper, until all are within the tolerance. Only what lies outside it is corrected, since what
 * is corrected moves (the assignment problem and its auction: Bertsekas 1979). All of it depends
 * on the set of backends alone, not on what was before, so that nodes agree; in integers, so that
 * processors do.
 */
#include "maglev_parts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "parallax_hash.h"

/* Contenders that each slot remembers, the nearest first. */
#define CANDIDATES 4

#define DISTANCE_BITS 24 /* of the number a contender draws for a slot */
#define PRICE_SHIFT 24
#define SHARE_SHIFT 8  /* slots with fractions */
#define ROUNDS 40

/* Tolerance in thousandths of the share; at least nearly one slot. */
#define TOLERANCE 9
#define ONE_SLOT ((1 << SHARE_SHIFT) - 2)

struct candidate_list {
	uint32_t distance[CANDIDATES]; /* rising; UINT32_MAX: none */
	uint32_t who[CANDIDATES];
};

struct match {
	struct filler *filler;
	struct candidate_list *lists; /* per slot */
	uint32_t *owner;              /* per slot: contender */
	uint64_t *share;              /* per contender, in 2^-SHARE_SHIFT slots */
	uint64_t *price;
	uint32_t *low, *high, *count;
};

static void remember(struct candidate_list *list, uint32_t who, uint32_t distance)
{
	int place = CANDIDATES - 1;

	for (; place && distance < list->distance[place - 1]; place--) {
		list->distance[place] = list->distance[place - 1];
		list->who[place] = list->who[place - 1];
	}
	list->distance[place] = distance;
	list->who[place] = who;
}

/* Half of mix64(): a table takes millions of these. */
static uint64_t draw(uint64_t hash, uint64_t slot)
{
	uint64_t number = (hash ^ slot) * 0xd6e8feb86659fd93ULL;

	return ((number ^ number >> 32) * 0xd6e8feb86659fd93ULL) >> (64 - DISTANCE_BITS);
}

/* The distance of a contender is a random number by its share. `inverse` is that of the shares. */
static void gather_slot(const struct filler *filler, const uint64_t *inverse, uint32_t slot,
			struct candidate_list *list)
{
	uint64_t salt = (slot + 1) * 0x9e3779b97f4a7c15ULL;

	memset(list, 0xff, sizeof(*list));
	for (uint32_t i = 0; i < filler->count; i++) {
		uint64_t distance = draw(filler->contenders[i].hash, salt) * inverse[i] >>
				    DISTANCE_BITS;

		if (distance < list->distance[CANDIDATES - 1])
			remember(list, i, (uint32_t)distance);
	}
}

static void gather(struct match *match)
{
	const struct filler *filler = match->filler;

	/* Until prices are needed their place is taken by the inverse shares. */
	for (uint32_t i = 0; i < filler->count; i++)
		match->price[i] = ((uint64_t)filler->size << (DISTANCE_BITS + SHARE_SHIFT)) /
				  match->share[i];
	for (uint32_t slot = 0; slot < filler->size; slot++)
		gather_slot(filler, match->price, slot, &match->lists[slot]);
	for (uint32_t i = 0; i < filler->count; i++)
		match->price[i] = 1ULL << PRICE_SHIFT;
}

static void set_limits(struct match *match)
{
	const struct filler *filler = match->filler;
	uint64_t total = 0;

	for (size_t i = 0; i < filler->count; i++)
		total += filler->contenders[i].weight;
	for (size_t i = 0; i < filler->count; i++) {
		const struct contender *contender = &filler->contenders[i];
		uint64_t share = contender->weight * filler->size / (total >> SHARE_SHIFT);
		uint64_t band = share * TOLERANCE / 1000;

		if (band < ONE_SLOT)
			band = ONE_SLOT;
		/* The quota, which all can have at once, is always within. */
		match->low[i] = share > band ? (uint32_t)((share - band + 255) >> SHARE_SHIFT) : 1;
		if (match->low[i] > contender->quota || !match->low[i])
			match->low[i] = contender->quota;
		match->high[i] = (uint32_t)((share + band) >> SHARE_SHIFT);
		if (match->high[i] < contender->quota)
			match->high[i] = contender->quota;
		match->share[i] = share < 1 << SHARE_SHIFT ? 1 << SHARE_SHIFT : share;
	}
}

static void choose(struct match *match)
{
	const uint64_t *price = match->price;

	memset(match->count, 0, match->filler->count * sizeof(*match->count));
	for (uint32_t slot = 0; slot < match->filler->size; slot++) {
		const struct candidate_list *list = &match->lists[slot];
		uint64_t best = list->distance[0] * price[list->who[0]];
		uint32_t who = list->who[0];

		for (int i = 1; i < CANDIDATES && list->distance[i] != UINT32_MAX; i++) {
			uint64_t cost = list->distance[i] * price[list->who[i]];

			if (cost < best) {
				best = cost;
				who = list->who[i];
			}
		}
		match->owner[slot] = who;
		match->count[who]++;
	}
}

/* Slots above (or below) what is tolerated. */
static int64_t excess(const struct match *match, size_t i)
{
	if (match->count[i] > match->high[i])
		return match->count[i] - (int64_t)match->high[i];
	if (match->count[i] < match->low[i])
		return match->count[i] - (int64_t)match->low[i];
	return 0;
}

/* A price higher by some part costs about that part of the slots. Steps shrink, or neighbours
 * would swing for ever. Returns whether all is well. */
static bool reprice(struct match *match, uint32_t round)
{
	bool fits = true;

	for (size_t i = 0; i < match->filler->count; i++) {
		int64_t off = excess(match, i), change;
		int64_t limit = (int64_t)(match->price[i] / 2);

		if (!off)
			continue;
		fits = false;
		change = (int64_t)match->price[i] / (int64_t)match->share[i] * off *
			 (1 << SHARE_SHIFT) * 8 / (16 + (int64_t)round);
		if (change > limit)
			change = limit;
		if (change < -limit)
			change = -limit;
		if (match->price[i] + (uint64_t)change < 1ULL << (PRICE_SHIFT + 6) &&
		    match->price[i] + (uint64_t)change > 1ULL << (PRICE_SHIFT - 12))
			match->price[i] += (uint64_t)change;
	}
	return fits;
}

/* Give `slot` to another, if that one may have it. */
static bool hand_over(struct match *match, uint32_t slot, uint32_t to, const uint32_t *limit)
{
	if (to == match->owner[slot] || match->count[to] >= limit[to])
		return false;
	match->count[match->owner[slot]]--;
	match->count[to]++;
	match->owner[slot] = to;
	return true;
}

static void hand_to_candidate(struct match *match, uint32_t slot, const uint32_t *limit)
{
	const struct candidate_list *list = &match->lists[slot];

	for (int i = 0; i < CANDIDATES && list->distance[i] != UINT32_MAX; i++)
		if (hand_over(match, slot, list->who[i], limit))
			return;
}

/* What prices left over: first from those who have too much, to candidates and then to anybody;
 * then from those who can spare some to those who have too little. */
static void finish(struct match *match)
{
	uint32_t size = match->filler->size, poor = 0;
	size_t count = match->filler->count;

	for (uint32_t slot = 0; slot < size; slot++)
		if (excess(match, match->owner[slot]) > 0)
			hand_to_candidate(match, slot, match->low);
	for (uint32_t slot = 0; slot < size; slot++)
		if (excess(match, match->owner[slot]) > 0)
			hand_to_candidate(match, slot, match->high);
	for (uint32_t slot = 0; slot < size; slot++) {
		uint32_t owner = match->owner[slot];

		while (poor < count && match->count[poor] >= match->low[poor])
			poor++;
		if (poor == count)
			break;
		if (match->count[owner] > match->low[owner])
			hand_over(match, slot, poor, match->low);
	}
	for (uint32_t slot = 0, rich = 0; slot < size; slot++) {
		if (excess(match, match->owner[slot]) <= 0)
			continue;
		while (match->count[rich] >= match->high[rich])
			rich++;
		hand_over(match, slot, rich, match->high);
	}
}

static void solve(struct match *match)
{
	struct filler *filler = match->filler;
	bool fits = false;

	set_limits(match);
	gather(match);
	for (uint32_t round = 0; round < ROUNDS && !fits; round++) {
		choose(match);
		fits = reprice(match, round);
	}
	if (!fits)
		finish(match);
	for (uint32_t slot = 0; slot < filler->size; slot++)
		filler->slots[slot] = filler->contenders[match->owner[slot]].backend;
	for (size_t i = 0; i < filler->count; i++)
		filler->counts[filler->contenders[i].backend] = match->count[i];
}

int maglev_match(struct filler *filler)
{
	struct match match = {
		.filler = filler,
		.lists = malloc(filler->size * sizeof(*match.lists)),
		.owner = malloc(filler->size * sizeof(*match.owner)),
		.share = malloc(filler->count * sizeof(*match.share)),
		.price = malloc(filler->count * sizeof(*match.price)),
		.low = malloc(filler->count * sizeof(*match.low)),
		.high = malloc(filler->count * sizeof(*match.high)),
		.count = malloc(filler->count * sizeof(*match.count)),
	};
	int err = -ENOMEM;

	if (match.lists && match.owner && match.share && match.price && match.low && match.high &&
	    match.count) {
		solve(&match);
		err = 0;
	}
	free(match.lists);
	free(match.owner);
	free(match.share);
	free(match.price);
	free(match.low);
	free(match.high);
	free(match.count);
	return err;
}
