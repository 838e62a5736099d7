/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables: exact shares, and shapes that fit. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "arena.h"
#include "parallax_hash.h"
#include "parallax_limits.h"
#include "parallax_table.h"
#include "table_fill.h"
#include "table_fixture.h"
#include "table_shape.h"
#include "table_walk.h"

struct reading {
	uint32_t *counts;
	uint64_t total;
};

static void read_entry(uint32_t row, uint32_t parts, void *data)
{
	struct reading *reading = data;

	reading->counts[row] += parts;
	reading->total += parts;
}

/* The buckets agree with the counts. */
static void check_buckets(struct arena *arena, const struct view *view, const struct table *table)
{
	struct slot_arena slots = arena_of(arena, table);
	struct reading reading = {
		.counts = arena_array(arena, view->backend_count + 1, sizeof(uint32_t)),
	};

	assert_true(table_is_whole(&slots, word_of(table)));
	table_each(&slots, word_of(table), read_entry, &reading);
	for (size_t i = 0; i < view->backend_count; i++)
		assert_int_equal(reading.counts[i], table->counts[i]);
	assert_true(table->total == reading.total);
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

/* Exact to 10^-4; tiny shares to a 4096th of an entry, of which they have at least one. */
static void shares_are_exact(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(views) / sizeof(*views); n++) {
		struct arena *arena = arena_new(0);
		const struct view *view = make_view(arena, views[n].count, NO_ONE, views[n].weight);
		struct table table = fresh_table(arena, view);

		check_buckets(arena, view, &table);
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

/* Shares of 10^6 connections, by the sum of squares in standard deviations. */
static void walks_follow_shares(void **state)
{
	uint64_t (*const weights[])(size_t) = {equal_weight, one_to_seven, heavier_first};
	static const size_t numbers[] = {2, 3, 10, 100};

	(void)state;
	for (size_t n = 0; n < 12; n++) {
		struct arena *arena = arena_new(0);
		const struct view *view = make_view(arena, numbers[n % 4], NO_ONE, weights[n / 4]);
		struct table table = fresh_table(arena, view);
		const struct slot_arena slots = arena_of(arena, &table);
		unsigned int met[100] = {0}, longest = 0;
		double squares, freedom = (double)view->backend_count - 1, steps = 0;

		for (uint64_t i = 0; i < 1000000; i++) {
			struct table_choice choice = table_walk(&slots, word_of(&table), mix64(i + 1));

			met[choice.row]++;
			steps += choice.steps;
			longest = choice.steps > longest ? choice.steps : longest;
		}
		squares = chi_square(view, met, 1e6);
		if (squares > freedom && squared(squares - freedom) > 25 * 2 * freedom)
			fail_msg("row %zu: %f of %f", n, squares, freedom);
		print_message("%3zu backends: %.1f steps, %u at most\n", view->backend_count,
			      steps / 1e6, longest);
		assert_true(steps / 1e6 < 25);
		assert_true(longest < TABLE_STEPS);
		arena_free(arena);
	}
}

/* So crowded that lines have several buckets. */
static void crowded_lines(void **state)
{
	struct arena *arena = arena_new(0);
	const struct view *view = make_view(arena, 100, NO_ONE, one_to_seven);
	uint32_t shape = table_shape(view, 0) & ~31u;
	unsigned int met[100] = {0};
	struct table table = make_table(arena, view, shape | 7);
	const struct slot_arena slots = arena_of(arena, &table);

	(void)state;
	assert_in_range(table.buckets, 256, 512);
	for (uint64_t i = 0; i < 1000000; i++)
		met[table_walk(&slots, word_of(&table), mix64(i + 1)).row]++;
	assert_true(chi_square(view, met, 1e6) < 99 + 5 * sqrt(2 * 99));
	arena_free(arena);
}

/* Shares of the flows that reach each line, measured with 2^20 flows per line. They are wrong if the
 * samples of two entries of a line depend on each other. */
static void lines_follow_shares(void **state)
{
	struct arena *arena = arena_new(0);
	const struct view *view = make_view(arena, 100, NO_ONE, equal_weight);
	struct table table = fresh_table(arena, view);
	double met[100] = {0}, all = 0;

	(void)state;
	for (uint32_t line = 0; line < table_lines(word_of(&table)); line++)
		for (uint64_t i = 0; i < 1u << 20; i++) {
			uint64_t number = mix64(i << 20 | line);

			for (uint32_t at = table.starts[line]; at < table.starts[line + 1]; at++)
				if (table_sample(number, table.entries[at]) < 0) {
					met[TABLE_ENTRY_ROW(table.entries[at])]++;
					all++;
					break;
				}
		}
	for (size_t i = 0; i < 100; i++)
		if (fabs(met[i] / all * 100 - 1) > 0.008)
			fail_msg("backend %zu: %f of its share", i, met[i] / all * 100);
	arena_free(arena);
}

/* Random shares, some of them tiny: tables are always whole, correct and monotone. */
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
		check_buckets(arena, view, &table);
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
	check_buckets(arena, view, &table);
	assert_in_range(table.counts[1], table.counts[0] * 3 - 2, table.counts[0] * 3 + 2);
	arena_free(arena);
}

/* ------------------------------------------------------------------ shapes */

static void shapes(void **state)
{
	static const struct {
		size_t before, count; /* equal backends; before 0: a new service */
		uint32_t bits, entries;
	} cases[] = {
		{0, 1, 0, 1},          {0, 2, 3, 32},          {0, 3, 3, 48},
		{0, 4, 4, 64},         {0, 5, 4, 80},          {0, 10, 5, 160},
		{0, 16, 6, 256},       {0, 17, 6, 272},        {0, 50, 8, 800},
		{0, 100, 9, 1600},     {0, 1000, 12, 16000},   {0, 10000, 15, 160000},
		{0, 60000, 18, 960000},
		/* Fewer entries each where MAX_TABLE_ENTRIES does not suffice for sixteen. */
		{0, 100000, 18, 800000},
		/* Kept while it fits. */
		{10, 9, 5, 144},       {10, 12, 5, 192},       {10, 13, 6, 208},
		{10, 4, 5, 64},        {10, 3, 3, 48},         {10, 1, 0, 1},
		{64, 100, 8, 1600},    {1, 2, 3, 32},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena *arena = arena_new(0);
		const struct view *old = make_view(arena, cases[i].before, NO_ONE, equal_weight);
		const struct view *view = make_view(arena, cases[i].count, NO_ONE, equal_weight);
		uint32_t shape = table_shape(view, table_shape(old, 0));
		uint32_t *counts = arena_array(arena, cases[i].count, sizeof(*counts));

		if (SHAPE_BITS(shape) != cases[i].bits ||
		    table_counts(view, shape, counts) != cases[i].entries)
			fail_msg("row %zu: %u bits, %u entries", i, SHAPE_BITS(shape),
				 (uint32_t)table_counts(view, shape, counts));
		arena_free(arena);
	}
}

/* Weights of any size, and shares in no proportion to weights, have a shape that fits. */
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
		check_buckets(arena, view, &large);
		assert_in_range(large.starts[1 << SHAPE_BITS(large.shape)],
				small.starts[1 << SHAPE_BITS(small.shape)] / 2,
				small.starts[1 << SHAPE_BITS(small.shape)] * 2);
		/* A shape is kept although it has five bits of its scale only. */
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
			MAX_TABLE_ENTRIES);
	arena_free(arena);
}

static void refused(void **state)
{
	struct arena *arena = arena_new(0), *small = arena_new(64);
	const struct view *view = make_view(arena, 200, NO_ONE, equal_weight);
	const struct view *nobody = make_view(arena, 0, NO_ONE, equal_weight);
	uint32_t shape = table_shape(view, 0);
	struct table table = {.buckets = 77};

	(void)state;
	assert_int_equal(table_fill(view, (shape & ~31u) | (TABLE_MAX_BITS + 1), &table, arena),
			 -EINVAL);
	assert_int_equal(table_fill(view, shape + (13 << 5) % 1024, &table, arena), -EINVAL);
	assert_int_equal(table_fill(view, shape, &table, small), -ENOMEM);
	assert_int_equal(table.buckets, 77);
	/* No usable backend: an empty table keeps the shape. */
	assert_int_equal(table_shape(nobody, shape), shape);
	assert_int_equal(table_fill(nobody, shape, &table, arena), 0);
	assert_int_equal(table.buckets, 0);
	assert_int_equal(table.shape, shape);
	arena_free(small);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_are_exact),
		cmocka_unit_test(walks_follow_shares),
		cmocka_unit_test(crowded_lines),
		cmocka_unit_test(lines_follow_shares),
		cmocka_unit_test(random_shares),
		cmocka_unit_test(same_destination_twice),
		cmocka_unit_test(shapes),
		cmocka_unit_test(shapes_of_large_weights),
		cmocka_unit_test(most_backends),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
