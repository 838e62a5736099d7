/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* View → table: which backend each slot names (Maglev, NSDI 2016, with exact weights).
 *
 * Two things differ from the paper. The number of slots of each backend is settled first, from
 * its share. And a turn is one proposal, whether or not the slot is still free: a backend that
 * meets a taken slot waits for its next turn. Who gets a slot then depends on who asks for it
 * earliest, hardly on how others fared, so that fewer slots change hands when a backend leaves
 * (10 backends, 2039 slots: 10.9 % instead of 11.7 %).
 */
#include "maglev.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "arena.h"
#include "maglev_quota.h"
#include "parallax_limits.h"

/* The largest primes below powers of two. */
static const uint32_t ladder[] = {251,   509,   1021,   2039,   4093,   8191,   16381,
				  32749, 65521, 131071, 262139, 524287, 1048573};

/* Slots that the smallest share should get: rounding is then below half a percent. A quarter of
 * this is head room, since a change of size moves nearly every slot. */
#define SLOTS_WANTED 125
/* But no more than this many slots per backend for the sake of one tiny share. */
#define SLOTS_PER_BACKEND 1000

/* Proposals of the largest share in a round. More than one, so that passing from one backend to
 * the next costs little; many for large tables, whose backends do not fit the cache. By the size
 * of the table, which stays, and not by the number of backends. */
#define PROPOSALS(size) ((size) > 65521 ? 64 : 8)
#define LARGEST_TO_AVERAGE 4

struct contender {
	uint64_t hash;
	uint64_t step, credit; /* proposals per round and saved up, in 2^-QUOTA_SHIFT */
	uint32_t backend;      /* index in the view */
	uint32_t left;         /* slots still to take */
	uint32_t at, skip;     /* next proposal, and how far to the one after */
};

struct filler {
	struct contender *contenders; /* by identity; those that want slots */
	size_t count;
	uint32_t size;
	uint64_t *taken; /* one bit per slot: stays in the cache where the table does not */
	uint32_t *slots;
};

uint32_t maglev_size(const struct view *view, uint32_t previous_size)
{
	double smallest = 1, wanted;
	size_t rung = 0, last = sizeof(ladder) / sizeof(*ladder) - 1;

	if (!view->backend_count)
		return previous_size;
	for (size_t i = 0; i < view->backend_count; i++) {
		if (view->backends[i].share < smallest)
			smallest = view->backends[i].share;
	}
	wanted = SLOTS_WANTED / smallest;
	if (wanted > (double)SLOTS_PER_BACKEND * (double)view->backend_count)
		wanted = (double)SLOTS_PER_BACKEND * (double)view->backend_count;
	while (rung < last && ladder[rung] < wanted)
		rung++;
	return ladder[rung] > previous_size ? ladder[rung] : previous_size;
}

static bool is_prime(uint32_t number)
{
	for (uint32_t i = 2; i * i <= number; i++) {
		if (number % i == 0)
			return false;
	}
	return number > 1;
}

/* What a backend is called everywhere; not its place in a list. A destination that stands in two
 * priorities needs two orders of slots, or its rows would ask for the same ones. */
static uint64_t identity(const struct view_backend *backend, uint64_t seed)
{
	struct {
		uint64_t network;
		uint8_t addr[16];
		uint32_t port;
		uint32_t family;
	} key = {
		.network = XXH3_64bits(backend->network, strlen(backend->network)),
		.port = backend->port,
		.family = backend->addr.family,
	};

	memcpy(key.addr, &backend->addr.ip, sizeof(key.addr));
	return XXH3_64bits_withSeed(&key, sizeof(key), seed + 2 * (uint64_t)backend->priority);
}

static int compare_contender(const void *a, const void *b)
{
	const struct contender *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->skip > y->skip) - (x->skip < y->skip);
}

/* The weight that proposes PROPOSALS() times in a round: the largest, so that backends of one weight
 * always take equal turns, however many they are; where that one dwarfs the rest, some times the
 * average, or there would be too many rounds. */
static uint64_t round_weight(const struct view *view)
{
	uint64_t largest = 1, total = 0, limit;

	for (size_t i = 0; i < view->backend_count; i++) {
		uint64_t weight = quota_weight(view->backends[i].share);

		total += weight;
		largest = weight > largest ? weight : largest;
	}
	limit = total / view->backend_count * LARGEST_TO_AVERAGE + 1;
	return largest < limit ? largest : limit;
}

static void enter(struct filler *filler, const struct view *view)
{
	double scale = PROPOSALS(filler->size) * (double)(1ULL << QUOTA_SHIFT) /
		       (double)round_weight(view);

	for (size_t i = 0; i < view->backend_count; i++) {
		const struct view_backend *backend = &view->backends[i];
		uint64_t hash = identity(backend, 0);

		filler->contenders[i] = (struct contender){
			.hash = hash,
			.step = (uint64_t)((double)quota_weight(backend->share) * scale) + 1,
			.backend = (uint32_t)i,
			.at = (uint32_t)(hash % filler->size),
			.skip = (uint32_t)(identity(backend, 1) % (filler->size - 1)) + 1,
		};
	}
	filler->count = view->backend_count;
	qsort(filler->contenders, filler->count, sizeof(*filler->contenders), compare_contender);
}

static int set_quotas(struct filler *filler, const struct view *view, uint32_t *counts)
{
	struct quota *quotas = calloc(filler->count, sizeof(*quotas));

	if (!quotas)
		return -ENOMEM;
	for (size_t i = 0; i < filler->count; i++) {
		quotas[i].order = (uint32_t)i;
		quotas[i].weight = quota_weight(view->backends[filler->contenders[i].backend].share);
	}
	quota_deal(quotas, filler->count, filler->size);
	for (size_t i = 0; i < filler->count; i++) {
		struct contender *contender = &filler->contenders[quotas[i].order];

		contender->left = quotas[i].slots;
		counts[contender->backend] = quotas[i].slots;
	}
	free(quotas);
	return 0;
}

/* A contender's proposals of one round. */
static void propose(struct filler *filler, struct contender *contender)
{
	uint64_t credit = contender->credit + contender->step;
	uint32_t at = contender->at;

	for (; credit >> QUOTA_SHIFT && contender->left; credit -= 1ULL << QUOTA_SHIFT) {
		uint64_t bit = 1ULL << (at & 63);

		if (!(filler->taken[at >> 6] & bit)) {
			filler->taken[at >> 6] |= bit;
			filler->slots[at] = contender->backend;
			contender->left--;
		}
		at += contender->skip;
		if (at >= filler->size)
			at -= filler->size;
	}
	contender->credit = credit;
	contender->at = at;
}

/* Nothing much happens in a round of small shares alone: make it a longer one. */
static void quicken(struct filler *filler, uint64_t steps)
{
	if (steps >= (uint64_t)filler->count << (QUOTA_SHIFT - 1))
		return;
	for (size_t i = 0; i < filler->count; i++)
		filler->contenders[i].step *= 2;
}

static void fill(struct filler *filler)
{
	while (filler->count) {
		uint64_t steps = 0;
		size_t waiting = 0;

		for (size_t i = 0; i < filler->count; i++) {
			struct contender *contender = &filler->contenders[i];

			if (contender->left)
				propose(filler, contender);
			if (!contender->left)
				continue;
			steps += contender->step;
			filler->contenders[waiting++] = *contender;
		}
		filler->count = waiting;
		quicken(filler, steps);
	}
}

static int make_table(const struct view *view, struct table *table)
{
	struct filler filler = {.size = table->size, .slots = table->slots};
	int error = -ENOMEM;

	filler.contenders = calloc(view->backend_count, sizeof(*filler.contenders));
	filler.taken = calloc(table->size / 64 + 1, sizeof(*filler.taken));
	if (!filler.contenders || !filler.taken)
		goto cleanup;
	enter(&filler, view);
	error = set_quotas(&filler, view, table->counts);
	if (!error)
		fill(&filler);
cleanup:
	free(filler.contenders);
	free(filler.taken);
	return error;
}

int maglev_fill(const struct view *view, uint32_t size, struct table *ret, struct arena *arena)
{
	struct table table = {.size = view->backend_count ? size : 0};
	int error = 0;

	if (size > MAX_TABLE_SIZE || (size && !is_prime(size)))
		return -EINVAL;
	table.counts = arena_array(arena, view->backend_count, sizeof(*table.counts));
	table.slots = arena_array(arena, table.size, sizeof(*table.slots));
	if (!table.counts || !table.slots)
		return -ENOMEM;
	if (table.size)
		error = make_table(view, &table);
	if (!error)
		*ret = table;
	return error;
}

uint32_t maglev_unserved(const struct view *view, const struct table *table)
{
	uint32_t unserved = 0;

	for (size_t i = 0; i < view->backend_count && table->size; i++)
		unserved += view->backends[i].share > 0 && !table->counts[i];
	return unserved;
}
