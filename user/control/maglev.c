/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* View → table: which backend each slot names. */
#include "maglev.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "arena.h"
#include "maglev_parts.h"
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
/* A rung that up to 40 backends of one weight stay on. */
#define AFFINITY_SIZE 32749
/* maglev_match() looks at each backend for each slot. */
#define MATCH_BACKENDS 128

/* What moves beyond the necessary when a backend leaves goes with the root of backends by slots.
 * This many slots keep it below a tenth; where that would take too large a table, near it. */
static double calm(size_t count)
{
	if (count < 2)
		return 0;
	if (count <= 12)
		return 400.0 * (double)count;
	if (count <= 40)
		return 800.0 * (double)count;
	/* One more than the least churn is affordable for. */
	return count <= MATCH_BACKENDS ? MAGLEV_MATCH_MAX : MAGLEV_MATCH_MAX + 1;
}

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
	if (wanted < calm(view->backend_count))
		wanted = calm(view->backend_count);
	if (wanted > MAGLEV_MATCH_MAX && view->backend_count <= MATCH_BACKENDS)
		wanted = MAGLEV_MATCH_MAX;
	while (rung < last && ladder[rung] < wanted)
		rung++;
	return ladder[rung] > previous_size ? ladder[rung] : previous_size;
}

uint32_t maglev_affinity_size(const struct view *view)
{
	return view->backend_count ? maglev_size(view, AFFINITY_SIZE) : 0;
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

static void enter(struct filler *filler, const struct view *view)
{
	for (size_t i = 0; i < view->backend_count; i++) {
		const struct view_backend *backend = &view->backends[i];
		uint64_t hash = identity(backend, 0);

		filler->contenders[i] = (struct contender){
			.hash = hash,
			.weight = quota_weight(backend->share),
			.backend = (uint32_t)i,
			.at = (uint32_t)(hash % filler->size),
			.skip = (uint32_t)(identity(backend, 1) % (filler->size - 1)) + 1,
		};
	}
	filler->count = view->backend_count;
	qsort(filler->contenders, filler->count, sizeof(*filler->contenders), compare_contender);
}

/* Those that get no slot are out of it. */
static void drop_unserved(struct filler *filler)
{
	size_t kept = 0;

	for (size_t i = 0; i < filler->count; i++)
		if (filler->contenders[i].quota)
			filler->contenders[kept++] = filler->contenders[i];
	filler->count = kept;
}

static int set_quotas(struct filler *filler)
{
	struct quota *quotas = calloc(filler->count, sizeof(*quotas));

	if (!quotas)
		return -ENOMEM;
	for (size_t i = 0; i < filler->count; i++) {
		quotas[i].order = (uint32_t)i;
		quotas[i].weight = filler->contenders[i].weight;
	}
	quota_deal(quotas, filler->count, filler->size);
	for (size_t i = 0; i < filler->count; i++)
		filler->contenders[quotas[i].order].quota = quotas[i].slots;
	free(quotas);
	drop_unserved(filler);
	return 0;
}

static int make_table(const struct view *view, struct table *table)
{
	struct filler filler = {
		.size = table->size, .slots = table->slots, .counts = table->counts,
		.contenders = calloc(view->backend_count, sizeof(*filler.contenders)),
	};
	int error = -ENOMEM;

	if (!filler.contenders)
		return -ENOMEM;
	enter(&filler, view);
	error = set_quotas(&filler);
	if (!error)
		error = filler.size >= ladder[0] && filler.size <= MAGLEV_MATCH_MAX ?
				maglev_match(&filler) : maglev_turns(&filler);
	free(filler.contenders);
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
