/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables: exact shares, few changes, the same on every node. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "arena.h"
#include "parallax_hash.h"
#include "parallax_limits.h"
#include "parallax_table.h"
#include "table_fill.h"
#include "table_place.h"
#include "table_shape.h"
#include "table_walk.h"

#define NO_ONE SIZE_MAX

static uint64_t equal_weight(size_t i)
{
	(void)i;
	return 1;
}

static uint64_t one_to_seven(size_t i)
{
	return 1 + i % 7;
}

/* Every other one next to nothing. */
static uint64_t tiny_ones(size_t i)
{
	return i % 2 ? 1 : 1000000;
}

static uint64_t one_giant(size_t i)
{
	return i ? 1 : 10000;
}

static uint64_t twos(size_t i)
{
	(void)i;
	return 2;
}

static uint64_t heavier_first(size_t i)
{
	return i ? 2 : 3;
}

/* `count` backends but for `without`, shares in proportion to `weight`. */
static struct view *make_view(struct arena *arena, size_t count, size_t without,
			      uint64_t (*weight)(size_t))
{
	struct view *view = arena_alloc(arena, sizeof(*view));
	double sum = 0;

	view->backends = arena_array(arena, count, sizeof(*view->backends));
	assert_non_null(view->backends);
	for (size_t i = 0; i < count; i++) {
		struct view_backend *backend = &view->backends[view->backend_count];

		if (i == without)
			continue;
		backend->addr.family = 4;
		backend->addr.ip.v4 = htobe32(0x0a000000u + (uint32_t)i);
		backend->port = 80;
		backend->network = "network1";
		backend->weight = weight(i);
		backend->share = (double)weight(i);
		sum += backend->share;
		view->backend_count++;
	}
	for (size_t i = 0; i < view->backend_count; i++)
		view->backends[i].share /= sum;
	return view;
}

static struct table make_table(struct arena *arena, const struct view *view, uint32_t shape)
{
	struct table table = {0};

	assert_int_equal(table_fill(view, shape, &table, arena), 0);
	return table;
}

static struct table fresh_table(struct arena *arena, const struct view *view)
{
	return make_table(arena, view, table_shape(view, 0));
}

static table_word word_of(const struct table *table)
{
	return TABLE_WORD(0, table->shape, table->positions, 0);
}

static const uint32_t *entries_of(const struct table *table)
{
	return table->words + table_entries(word_of(table));
}

/* What the words say is what the counts say. */
static void check_words(const struct view *view, const struct table *table)
{
	uint32_t *counts = calloc(view->backend_count + 1, sizeof(*counts)), before = 0;
	uint64_t total = 0;

	assert_non_null(counts);
	for (uint32_t i = 0; i < table_block_words(TABLE_BITS(word_of(table))); i += 2) {
		assert_int_equal(table->words[i + BLOCK_BEFORE], before);
		before += (uint32_t)__builtin_popcount(table->words[i + BLOCK_BITMAP]);
	}
	assert_int_equal(before, table->positions);
	for (uint32_t i = 0; i < table->positions; i++)
		counts[TABLE_ENTRY_ROW(entries_of(table)[i])] +=
			TABLE_ENTRY_ACCEPTS(entries_of(table)[i]);
	for (size_t i = 0; i < view->backend_count; i++) {
		assert_int_equal(counts[i], table->counts[i]);
		total += counts[i];
	}
	assert_true(table->total == total);
	free(counts);
}

/* ------------------------------------------------------------------ shares */

static const struct {
	size_t count;
	uint64_t (*weight)(size_t);
} views[] = {
	{1, equal_weight},     {2, equal_weight},    {3, equal_weight},    {10, equal_weight},
	{100, equal_weight},   {1000, equal_weight}, {10000, equal_weight}, {2, one_to_seven},
	{10, one_to_seven},    {100, one_to_seven},  {2000, one_to_seven}, {2, one_giant},
	{10, one_giant},       {100, one_giant},     {10000, one_giant},   {2, tiny_ones},
	{10, tiny_ones},       {100, tiny_ones},     {1000, tiny_ones},
};

/* To one in 10^4; what is too small for that, to a 4096th of a position, and at least that. */
static void shares_are_exact(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(views) / sizeof(*views); n++) {
		struct arena *arena = arena_new(0);
		const struct view *view = make_view(arena, views[n].count, NO_ONE, views[n].weight);
		struct table table = fresh_table(arena, view);

		check_words(view, &table);
		for (size_t i = 0; i < view->backend_count; i++) {
			double wanted = view->backends[i].share * (double)table.total;
			double off = fabs(table.counts[i] - wanted);

			assert_true(table.counts[i] > 0);
			if (off > 1e-4 * wanted && off > 1)
				fail_msg("row %zu, backend %zu: %u of %llu, wanted %f", n, i,
					 table.counts[i], (unsigned long long)table.total, wanted);
		}
		arena_free(arena);
	}
}

static double squared(double x)
{
	return x * x;
}

/* Shares as connections meet them: 10^6 of them, by the sum of squares in standard deviations. */
static void walks_follow_shares(void **state)
{
	uint64_t (*const weights[])(size_t) = {equal_weight, one_to_seven, heavier_first};
	static const size_t numbers[] = {2, 3, 10, 100};

	(void)state;
	for (size_t n = 0; n < 12; n++) {
		struct arena *arena = arena_new(0);
		const struct view *view = make_view(arena, numbers[n % 4], NO_ONE, weights[n / 4]);
		struct table table = fresh_table(arena, view);
		const struct slot_arena slots = {table.words, table_size(&table)};
		unsigned int met[100] = {0}, longest = 0;
		double squares = 0, freedom = (double)view->backend_count - 1, steps = 0;

		for (uint64_t i = 0; i < 1000000; i++) {
			struct table_walk walk = table_walk(&slots, word_of(&table), mix64(i + 1));

			met[walk.row]++;
			steps += walk.steps;
			longest = walk.steps > longest ? walk.steps : longest;
		}
		for (size_t i = 0; i < view->backend_count; i++) {
			double wanted = 1e6 * view->backends[i].share, off = met[i] - wanted;

			squares += off * off / wanted;
		}
		if (squares > freedom && squared(squares - freedom) > 25 * 2 * freedom)
			fail_msg("row %zu: %f of %f", n, squares, freedom);
		assert_true(steps / 1e6 < 41);
		assert_true(longest < TABLE_STEPS);
		arena_free(arena);
	}
}

/* Random shares, some of them tiny: always whole, right and monotone. */
static void random_shares(void **state)
{
	static const double scales[] = {1, 0.1, 0.01, 1e-3, 1e-4, 1e-5};
	unsigned int seed = (unsigned int)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 100; round++) {
		struct arena *arena = arena_new(0);
		size_t count = 1 + (size_t)rand_r(&seed) % 40;
		struct view *view = make_view(arena, count, NO_ONE, equal_weight);
		double sum = 0;
		struct table table;

		for (size_t i = 0; i < count; i++) {
			view->backends[i].weight = 0;
			view->backends[i].share = scales[rand_r(&seed) % 6] *
						  (1 + rand_r(&seed) % 1000);
			sum += view->backends[i].share;
		}
		for (size_t i = 0; i < count; i++)
			view->backends[i].share /= sum;
		table = fresh_table(arena, view);
		check_words(view, &table);
		for (size_t i = 0; i < count; i++) {
			double wanted = view->backends[i].share * (double)table.total;

			assert_true(fabs(table.counts[i] - wanted) <= 1 + 1e-4 * wanted);
			for (size_t j = 0; j < count; j++)
				if (view->backends[i].share > view->backends[j].share)
					assert_true(table.counts[i] >= table.counts[j]);
		}
		arena_free(arena);
	}
}

/* A destination of two priorities has two rows, both served by their shares. */
static void same_destination_twice(void **state)
{
	struct arena *arena = arena_new(0);
	struct view *view = make_view(arena, 2, NO_ONE, equal_weight);
	struct table table;

	(void)state;
	view->backends[1].addr = view->backends[0].addr;
	view->backends[1].priority = 1;
	view->backends[0].share = 0.25;
	view->backends[1].share = 0.75;
	table = fresh_table(arena, view);
	check_words(view, &table);
	assert_in_range(table.counts[1], table.counts[0] * 3 - 2, table.counts[0] * 3 + 2);
	arena_free(arena);
}

/* ------------------------------------------------------------------ shapes */

static void shapes(void **state)
{
	static const struct {
		size_t before, count; /* equal backends; before 0: a new service */
		uint32_t bits, positions;
	} cases[] = {
		{0, 1, 5, 1},          {0, 2, 12, 128},        {0, 3, 12, 192},
		{0, 10, 14, 640},      {0, 50, 16, 3200},      {0, 65, 16, 2080},
		{0, 100, 16, 3200},    {0, 1000, 19, 16000},   {0, 10000, 21, 80000},
		{0, 100000, 24, 800000},
		/* Kept while it fits. */
		{10, 9, 14, 576},      {10, 20, 14, 1280},     {10, 30, 14, 1920},
		{10, 40, 16, 2560},    {10, 5, 14, 320},       {10, 3, 12, 192},
		{10, 1, 5, 1},         {60, 70, 17, 4480},     {1, 2, 12, 128},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena *arena = arena_new(0);
		const struct view *old = make_view(arena, cases[i].before, NO_ONE, equal_weight);
		const struct view *view = make_view(arena, cases[i].count, NO_ONE, equal_weight);
		uint32_t shape = table_shape(view, table_shape(old, 0));
		uint32_t *counts = arena_array(arena, cases[i].count, sizeof(*counts));

		if ((shape & 31) != cases[i].bits ||
		    table_counts(view, shape, counts) != cases[i].positions)
			fail_msg("row %zu: %u bits, %u positions", i, shape & 31,
				 (uint32_t)table_counts(view, shape, counts));
		arena_free(arena);
	}
}

/* Weights of any size, and shares that no weights explain, have a shape that fits. */
static void shapes_of_large_weights(void **state)
{
	static const uint64_t units[] = {1, 1000, 1u << 31, 1ULL << 40, UINT64_MAX / 200};

	(void)state;
	for (size_t n = 0; n < sizeof(units) / sizeof(*units); n++) {
		struct arena *arena = arena_new(0);
		struct view *view = make_view(arena, 20, NO_ONE, one_to_seven);
		struct table small = fresh_table(arena, view), large;

		for (size_t i = 0; i < 20; i++)
			view->backends[i].weight *= units[n];
		large = fresh_table(arena, view);
		check_words(view, &large);
		assert_in_range(large.positions, small.positions / 2, small.positions * 2);
		/* A shape is kept although five bits of its scale are. */
		assert_int_equal(table_shape(view, large.shape), large.shape);
		arena_free(arena);
	}
}

static void most_backends(void **state)
{
	struct arena *arena = arena_new(0);
	const struct view *view = make_view(arena, MAX_BACKENDS - 1, NO_ONE, equal_weight);
	uint32_t *counts = arena_array(arena, MAX_BACKENDS, sizeof(*counts));

	(void)state;
	assert_in_range(table_counts(view, table_shape(view, 0), counts), MAX_BACKENDS - 1,
			MAX_TABLE_POSITIONS);
	arena_free(arena);
}

/* ------------------------------------------------------------------ what moves */

static void reverse(struct view *view)
{
	for (size_t i = 0; i < view->backend_count / 2; i++) {
		struct view_backend *a = &view->backends[i];
		struct view_backend *b = &view->backends[view->backend_count - 1 - i];
		struct view_backend backend = *a;

		*a = *b;
		*b = backend;
	}
}

static void order_does_not_matter(void **state)
{
	uint64_t (*const weights[])(size_t) = {equal_weight, one_to_seven, one_giant, tiny_ones};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct arena *arena = arena_new(0);
		struct view *view = make_view(arena, 37, NO_ONE, weights[i]);
		struct table a = fresh_table(arena, view), b;
		uint32_t same[37], turned[37], *x, *y, size = table_size(&a);

		reverse(view);
		b = fresh_table(arena, view);
		assert_int_equal(size, table_size(&b));
		for (uint32_t j = 0; j < 37; j++) {
			same[j] = 1000 + j;
			turned[j] = 1036 - j;
		}
		x = arena_array(arena, size, sizeof(*x));
		y = arena_array(arena, size, sizeof(*y));
		table_words(&a, same, 0, size, x);
		/* In pieces, as it is written. */
		for (uint32_t at = 0, piece; at < size; at += piece) {
			piece = size - at < 100 ? size - at : 100;
			table_words(&b, turned, at, piece, y + at);
		}
		assert_memory_equal(x, y, size * sizeof(*x));
		arena_free(arena);
	}
}

/* What a table says of a position: whose it is, and how much it accepts. */
struct opinion {
	const struct view_backend *backend;
	uint32_t accepts;
	double share; /* of all that the backend has */
};

static struct opinion opinion(const struct view *view, const struct table *table, uint32_t position)
{
	const uint32_t *block = &table->words[position / 32 * 2];
	uint32_t entry;

	if (!table_occupied(block[BLOCK_BITMAP], position))
		return (struct opinion){0};
	entry = entries_of(table)[table_rank(block[BLOCK_BITMAP], block[BLOCK_BEFORE], position)];
	return (struct opinion){
		&view->backends[TABLE_ENTRY_ROW(entry)], TABLE_ENTRY_ACCEPTS(entry),
		table->counts[TABLE_ENTRY_ROW(entry)] / (double)table->total,
	};
}

static bool is_same(const struct view_backend *a, const struct view_backend *b)
{
	return addr_equal(&a->addr, &b->addr) && a->port == b->port && a->priority == b->priority;
}

/* The fraction of all flows that another backend is chosen for, exactly: a walk is the same in both
 * tables up to the first position that either accepts. Where one goes on, chance may bring it to
 * the same backend. */
static double moved(const struct view *before, const struct table *a, const struct view *after,
		    const struct table *b)
{
	double moved = 0, all = 0;

	assert_int_equal(a->shape, b->shape);
	for (uint32_t position = 0; position < 1u << TABLE_BITS(word_of(a)); position++) {
		struct opinion x = opinion(before, a, position), y = opinion(after, b, position);
		uint32_t both = x.accepts < y.accepts ? x.accepts : y.accepts;

		if (x.accepts || y.accepts)
			all += x.accepts + y.accepts - both;
		if (both && !is_same(x.backend, y.backend))
			moved += both;
		for (size_t i = 0; x.accepts > both && i < after->backend_count; i++)
			if (is_same(x.backend, &after->backends[i]))
				moved -= (x.accepts - both) * (double)b->counts[i] / (double)b->total;
		for (size_t i = 0; y.accepts > both && i < before->backend_count; i++)
			if (is_same(y.backend, &before->backends[i]))
				moved -= (y.accepts - both) * (double)a->counts[i] / (double)a->total;
		moved += x.accepts + y.accepts - 2 * both;
	}
	return moved / all;
}

/* As a multiple of what the one that leaves had. */
static double churn(struct arena *arena, const struct view *before, const struct table *a,
		    size_t count, size_t gone, uint64_t (*weight)(size_t))
{
	const struct view *after = make_view(arena, count, gone, weight);
	struct table b = make_table(arena, after, table_shape(after, a->shape));

	return moved(before, a, after, &b) / before->backends[gone].share;
}

/* Each single removal up to 50 backends moves at most a tenth more than it must; above, the average
 * of twenty of them does, and none is far from it. In multiples of what must move. */
static void removal_moves_its_own(void **state)
{
	static const struct {
		size_t count;
		uint64_t (*weight)(size_t);
		double mean, most;
	} cases[] = {
		{3, equal_weight, 1.05, 1.1},    {5, equal_weight, 1.05, 1.1},
		{10, equal_weight, 1.05, 1.1},   {20, equal_weight, 1.05, 1.1},
		{30, equal_weight, 1.05, 1.1},   {40, equal_weight, 1.05, 1.1},
		{50, equal_weight, 1.05, 1.1},   {100, equal_weight, 1.05, 1.2},
		{200, equal_weight, 1.05, 1.2}, {1000, equal_weight, 1.05, 1.2},
		{10000, equal_weight, 1.06, 1.3},
		/* The lighter a backend, the fewer positions it has, and the coarser the measure. */
		{5, one_to_seven, 1.05, 1.2},    {10, one_to_seven, 1.05, 1.2},
		{50, one_to_seven, 1.05, 1.2},   {100, one_to_seven, 1.05, 1.3},
		{10, one_giant, 1.1, 1.1},
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		struct arena *arena = arena_new(0);
		const struct view *view = make_view(arena, cases[n].count, NO_ONE, cases[n].weight);
		size_t step = cases[n].count > 50 ? cases[n].count / 20 : 1, rounds = 0;
		/* Without the giant others are of another size. */
		size_t first = cases[n].weight == one_giant;
		struct table table = fresh_table(arena, view);
		double sum = 0, most = 0;

		for (size_t gone = first; gone < cases[n].count; gone += step, rounds++) {
			struct arena *scratch = arena_new(0);
			double times = churn(scratch, view, &table, cases[n].count, gone,
					     cases[n].weight);

			sum += times;
			most = times > most ? times : most;
			arena_free(scratch);
		}
		print_message("%5zu backends: %.3f, at most %.3f, times the necessary\n",
			      cases[n].count, sum / (double)rounds, most);
		assert_true(sum / (double)rounds <= cases[n].mean);
		assert_true(most <= cases[n].most);
		arena_free(arena);
	}
}

/* Of two only what the one had can move. */
static void one_of_two(void **state)
{
	struct arena *arena = arena_new(0);
	const struct view *view = make_view(arena, 2, NO_ONE, one_to_seven);
	struct table table = fresh_table(arena, view);
	const struct slot_arena slots = {table.words, table_size(&table)};
	const struct view *rest = make_view(arena, 2, 0, one_to_seven);
	struct table single = make_table(arena, rest, table_shape(rest, table.shape));

	(void)state;
	assert_int_equal(single.positions, 1);
	assert_int_equal(table_size(&single), 4);
	assert_int_equal(table_walk(&slots, word_of(&table), mix64(77)).steps > 0, 1);
	arena_free(arena);
}

/* The figure above, met by hashes. */
static void churn_is_what_walks_see(void **state)
{
	struct arena *arena = arena_new(0);
	const struct view *before = make_view(arena, 10, NO_ONE, one_to_seven);
	const struct view *after = make_view(arena, 10, 4, one_to_seven);
	struct table a = fresh_table(arena, before);
	struct table b = make_table(arena, after, table_shape(after, a.shape));
	const struct slot_arena x = {a.words, table_size(&a)}, y = {b.words, table_size(&b)};
	double exact = moved(before, &a, after, &b), met = 0;

	(void)state;
	for (uint64_t i = 0; i < 1000000; i++) {
		uint32_t old = table_walk(&x, word_of(&a), mix64(i + 1)).row;
		uint32_t new = table_walk(&y, word_of(&b), mix64(i + 1)).row;

		met += !is_same(&before->backends[old], &after->backends[new]);
	}
	assert_true(squared(met / 1e6 - exact) < 25 * exact / 1e6);
	arena_free(arena);
}

/* Who comes back finds all as it was. */
static void return_restores(void **state)
{
	struct arena *arena = arena_new(0);
	const struct view *view = make_view(arena, 30, NO_ONE, one_to_seven);
	const struct view *less = make_view(arena, 30, 11, one_to_seven);
	struct table table = fresh_table(arena, view), other, again;

	(void)state;
	other = make_table(arena, less, table_shape(less, table.shape));
	again = make_table(arena, view, table_shape(view, other.shape));
	assert_int_equal(table_size(&again), table_size(&table));
	assert_memory_equal(again.words, table.words, table_size(&table) * sizeof(uint32_t));
	arena_free(arena);
}

/* A change of weight moves what changes hands, and little else: nobody else's positions. */
static void weight_change_moves_the_difference(void **state)
{
	struct arena *arena = arena_new(0);
	const struct view *before = make_view(arena, 10, NO_ONE, twos);
	const struct view *after = make_view(arena, 10, NO_ONE, heavier_first);
	struct table a = fresh_table(arena, before);
	struct table b = make_table(arena, after, table_shape(after, a.shape));
	double least = 3 / 21.0 - 0.1;

	(void)state;
	assert_in_range((uint64_t)(moved(before, &a, after, &b) * 1e6), (uint64_t)(least * 1e6),
			(uint64_t)(least * 1.25e6));
	arena_free(arena);
}

/* ------------------------------------------------------------------ placing */

#define PLACED 200

static void place(const uint32_t *order, struct contender *placed, uint32_t bits,
		  struct claims *ret)
{
	static struct contender contenders[PLACED];

	for (uint32_t i = 0; i < PLACED; i++)
		contenders[i] = (struct contender){.hash = mix64(order[i] + 1),
						   .wanted = order[i] % 9};
	assert_int_equal(table_place(contenders, PLACED, bits, ret), 0);
	for (uint32_t i = 0; i < PLACED; i++) {
		assert_int_equal(contenders[i].held, contenders[i].wanted);
		placed[order[i]] = contenders[i];
	}
}

/* Crowded, so that many are in each other's way. */
static void asking_order_does_not_matter(void **state)
{
	static struct contender one[PLACED], other[PLACED];
	uint32_t order[PLACED], holder[1024] = {0}, claims = 0;
	unsigned int seed = 7;
	struct claims a, b;

	(void)state;
	for (uint32_t i = 0; i < PLACED; i++)
		order[i] = i;
	place(order, one, 10, &a);
	for (uint32_t i = 0; i <= a.mask; i++)
		if (a.items[i].holder)
			holder[a.items[i].position] = a.items[i].holder;
	for (uint32_t i = PLACED - 1; i; i--) {
		uint32_t with = (uint32_t)rand_r(&seed) % (i + 1), moved = order[i];

		order[i] = order[with];
		order[with] = moved;
	}
	place(order, other, 10, &b);
	for (uint32_t i = 0; i <= b.mask; i++) {
		if (!b.items[i].holder)
			continue;
		assert_int_equal(order[b.items[i].holder - 1] + 1, holder[b.items[i].position]);
		claims++;
	}
	assert_true(claims > 700);
	for (uint32_t i = 0; i < PLACED; i++) {
		if (!one[i].wanted)
			continue;
		assert_int_equal(one[i].next, other[i].next);
		assert_int_equal(holder[table_last_position(&one[i], 10)], i + 1);
	}
	claims_done(&a);
	claims_done(&b);
}

static void leap_is_a_stretch_of_steps(void **state)
{
	uint64_t number = 0x0123456789abcdefULL, leapt = table_leap(number);

	(void)state;
	for (int i = 0; i < TABLE_STRETCH; i++)
		number = table_step(number);
	assert_true(number == leapt);
}

static void refused(void **state)
{
	struct arena *arena = arena_new(0), *small = arena_new(64);
	const struct view *view = make_view(arena, 200, NO_ONE, equal_weight);
	const struct view *nobody = make_view(arena, 0, NO_ONE, equal_weight);
	uint32_t shape = table_shape(view, 0);
	struct table table = {.positions = 77};

	(void)state;
	assert_int_equal(table_fill(view, TABLE_MIN_BITS, &table, arena), -EINVAL);
	assert_int_equal(table_fill(view, (shape & ~31u) | 10, &table, arena), -EINVAL);
	assert_int_equal(table_fill(view, shape ^ 15 << 5, &table, arena), -EINVAL);
	assert_int_equal(table_fill(view, shape, &table, small), -ENOMEM);
	assert_int_equal(table.positions, 77);
	/* Nobody to pick: an empty table that remembers. */
	assert_int_equal(table_shape(nobody, shape), shape);
	assert_int_equal(table_fill(nobody, shape, &table, arena), 0);
	assert_int_equal(table.positions, 0);
	assert_int_equal(table.shape, shape);
	assert_int_equal(table_size(&table), 0);
	arena_free(small);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_are_exact),
		cmocka_unit_test(walks_follow_shares),
		cmocka_unit_test(random_shares),
		cmocka_unit_test(same_destination_twice),
		cmocka_unit_test(shapes),
		cmocka_unit_test(shapes_of_large_weights),
		cmocka_unit_test(most_backends),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(removal_moves_its_own),
		cmocka_unit_test(one_of_two),
		cmocka_unit_test(churn_is_what_walks_see),
		cmocka_unit_test(return_restores),
		cmocka_unit_test(weight_change_moves_the_difference),
		cmocka_unit_test(asking_order_does_not_matter),
		cmocka_unit_test(leap_is_a_stretch_of_steps),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
