/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables: slots by share, few changes, the same on every node. */
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
#include "maglev.h"
#include "parallax_limits.h"
#include "view_fixture.h"

#define NO_ONE SIZE_MAX

static double equal_weight(size_t i)
{
	(void)i;
	return 1;
}

static double one_to_seven(size_t i)
{
	return 1 + (double)(i % 7);
}

/* Every other one next to nothing. */
static double tiny_ones(size_t i)
{
	return i % 2 ? 1e-9 : 1;
}

/* Half of everything to the first. */
static double one_giant(size_t i)
{
	return i ? 1 : 1e4;
}

/* `count` backends but for `without`, shares in proportion to `weight`. */
static struct view *make_view(struct arena *arena, size_t count, size_t without,
			      double (*weight)(size_t))
{
	struct view *view = arena_alloc(arena, sizeof(*view));
	double sum = 0;

	view->backends = arena_array(arena, count, sizeof(*view->backends));
	assert_non_null(view->backends);
	for (size_t i = 0; i < count; i++) {
		struct view_backend *backend = &view->backends[view->backend_count];
		char text[ADDR_TEXT_MAX];

		if (i == without)
			continue;
		snprintf(text, sizeof(text), "10.%zu.%zu.%zu", i >> 16, i >> 8 & 255, i & 255);
		assert_int_equal(addr_parse(text, &backend->addr), 0);
		backend->port = 80;
		backend->network = "network1";
		backend->share = weight(i);
		sum += backend->share;
		view->backend_count++;
	}
	for (size_t i = 0; i < view->backend_count; i++)
		view->backends[i].share /= sum;
	return view;
}

static struct table make_table(struct arena *arena, const struct view *view, uint32_t size)
{
	struct table table = {0};

	assert_int_equal(maglev_fill(view, size, &table, arena), 0);
	return table;
}

/* Counts are what the slots say. */
static void check_counts(const struct view *view, const struct table *table)
{
	uint32_t *counts = calloc(view->backend_count + 1, sizeof(*counts));

	assert_non_null(counts);
	for (uint32_t i = 0; i < table->size; i++) {
		assert_true(table->slots[i] < view->backend_count);
		counts[table->slots[i]]++;
	}
	for (size_t i = 0; i < view->backend_count; i++)
		assert_int_equal(counts[i], table->counts[i]);
	free(counts);
}

static const struct {
	size_t count;
	double (*weight)(size_t);
	double slots_off; /* at most */
} fills[] = {
	{1, equal_weight, 1},     {2, equal_weight, 1},    {3, equal_weight, 1},
	{10, equal_weight, 1},    {100, equal_weight, 1},  {10000, equal_weight, 1},
	{2, one_to_seven, 1},     {10, one_to_seven, 1},   {100, one_to_seven, 1},
	{2000, one_to_seven, 1},  {2, one_giant, 1},       {100, one_giant, 1},
	{10000, one_giant, 1},    {2, tiny_ones, 1},
	/* For each tiny share that gets a slot, a large one gives one. */
	{10, tiny_ones, 2},       {100, tiny_ones, 2},      {1000, tiny_ones, 2},
};

static void test_slots_by_share(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(fills) / sizeof(*fills); n++) {
		struct arena *arena = arena_new(0);
		const struct view *view =
			make_view(arena, fills[n].count, NO_ONE, fills[n].weight);
		uint32_t size = maglev_size(view, 0);
		struct table table = make_table(arena, view, size);

		assert_int_equal(table.size, size);
		check_counts(view, &table);
		assert_int_equal(maglev_unserved(view, &table), 0);
		for (size_t i = 0; i < view->backend_count; i++) {
			double off = fabs(table.counts[i] - view->backends[i].share * size);

			assert_true(table.counts[i] > 0);
			if (off > fills[n].slots_off && off > 0.01 * view->backends[i].share * size)
				fail_msg("row %zu backend %zu: %f slots off", n, i, off);
		}
		arena_free(arena);
	}
}

/* Without great differences, a share is right within 1 %. */
static void test_one_percent(void **state)
{
	(void)state;
	for (size_t count = 1; count <= 200; count += count < 12 ? 1 : 47) {
		struct arena *arena = arena_new(0);
		const struct view *view = make_view(arena, count, NO_ONE, one_to_seven);
		struct table table = make_table(arena, view, maglev_size(view, 0));

		for (size_t i = 0; i < count; i++) {
			double share = (double)table.counts[i] / table.size;

			assert_true(fabs(share / view->backends[i].share - 1) < 0.01);
		}
		arena_free(arena);
	}
}

static void test_sizes(void **state)
{
	static const struct {
		size_t count;
		uint32_t previous, size;
	} cases[] = {
		{0, 0, 0},       {0, 251, 251},     {1, 0, 251},      {2, 0, 1021},
		{3, 0, 2039},    {10, 0, 4093},     {2, 2039, 2039},  {10, 251, 4093},
		{30, 0, 32749},  {100, 0, 65521},   {128, 0, 65521},  {129, 0, 131071},
		{1000, 0, 131071}, {10000, 0, 1048573}, {100000, 0, 1048573},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena *arena = arena_new(0);
		const struct view *view = make_view(arena, cases[i].count, NO_ONE, equal_weight);

		assert_int_equal(maglev_size(view, cases[i].previous), cases[i].size);
		assert_in_range(cases[i].size, 0, MAX_TABLE_SIZE);
		arena_free(arena);
	}
}

/* With affinity the view alone counts, and few views differ in it. */
static void test_affinity_sizes(void **state)
{
	static const struct {
		size_t count;
		uint32_t size;
	} cases[] = {{0, 0}, {1, 32749}, {10, 32749}, {40, 32749}, {41, 65521}, {129, 131071}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena *arena = arena_new(0);
		const struct view *view = make_view(arena, cases[i].count, NO_ONE, equal_weight);

		assert_int_equal(maglev_affinity_size(view), cases[i].size);
		arena_free(arena);
	}
}

/* One share of a millionth must not cost a megabyte. */
static void test_size_is_bounded_by_backends(void **state)
{
	struct arena *arena = arena_new(0);
	const struct view *view = make_view(arena, 2, NO_ONE, tiny_ones);

	(void)state;
	assert_true(maglev_size(view, 0) <= 2048);
	arena_free(arena);
}

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

static void test_order_does_not_matter(void **state)
{
	double (*const weights[])(size_t) = {equal_weight, one_to_seven, one_giant, tiny_ones};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct arena *arena = arena_new(0);
		struct view *view = make_view(arena, 37, NO_ONE, weights[i]);
		struct view *other = make_view(arena, 37, NO_ONE, weights[i]);
		uint32_t size = maglev_size(view, 0);
		struct table a = make_table(arena, view, size), b;

		reverse(other);
		b = make_table(arena, other, size);
		for (uint32_t j = 0; j < size; j++)
			assert_true(addr_equal(&view->backends[a.slots[j]].addr,
					       &other->backends[b.slots[j]].addr));
		arena_free(arena);
	}
}

/* Slots that another backend has, as a multiple of those that had to move. */
static double churn(size_t count, size_t gone, double (*weight)(size_t), uint32_t *ret_size)
{
	struct arena *arena = arena_new(0);
	const struct view *before = make_view(arena, count, NO_ONE, weight);
	const struct view *after = make_view(arena, count, gone, weight);
	uint32_t size = maglev_size(before, 0), moved = 0, had;
	struct table a = make_table(arena, before, size), b = make_table(arena, after, size);

	for (uint32_t i = 0; i < size; i++)
		moved += !addr_equal(&before->backends[a.slots[i]].addr,
				     &after->backends[b.slots[i]].addr);
	had = a.counts[gone];
	arena_free(arena);
	*ret_size = size;
	assert_true(moved >= had);
	return (double)moved / had;
}

/* The average over who leaves, in multiples of what has to move. Plain Maglev moves 1.26 at 10
 * backends and 2.1 at 100. Up to 50 backends it is a tenth beyond the necessary; from 129 on exact
 * quotas are worth less than the time to do better. */
static void test_churn(void **state)
{
	static const struct {
		size_t count;
		double (*weight)(size_t);
		double times; /* at most */
	} cases[] = {
		{2, equal_weight, 1.0},     {3, equal_weight, 1.1},    {5, equal_weight, 1.1},
		{10, equal_weight, 1.1},    {12, equal_weight, 1.1},   {20, equal_weight, 1.1},
		{30, equal_weight, 1.1},    {40, equal_weight, 1.12},  {50, equal_weight, 1.1},
		{5, one_to_seven, 1.1},     {10, one_to_seven, 1.1},   {30, one_to_seven, 1.12},
		{100, equal_weight, 1.25},  {100, one_to_seven, 1.3},  {128, equal_weight, 1.35},
		{200, equal_weight, 1.6},   {1000, equal_weight, 5},
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		size_t step = (cases[n].count + 9) / 10, rounds = 0;
		double times = 0;
		uint32_t size;

		for (size_t gone = 0; gone < cases[n].count; gone += step, rounds++)
			times += churn(cases[n].count, gone, cases[n].weight, &size);
		times /= (double)rounds;
		if (times > cases[n].times)
			fail_msg("%zu backends, %u slots: %.3f times the necessary, limit %.3f",
				 cases[n].count, size, times, cases[n].times);
	}
}

/* A change of weight moves about what changes hands. */
static double heavier_first(size_t i)
{
	return i ? 1 : 1.5;
}

static void test_weight_change(void **state)
{
	struct arena *arena = arena_new(0);
	const struct view *before = make_view(arena, 10, NO_ONE, equal_weight);
	const struct view *after = make_view(arena, 10, NO_ONE, heavier_first);
	uint32_t size = maglev_size(before, 0), moved = 0;
	struct table a = make_table(arena, before, size), b = make_table(arena, after, size);

	(void)state;
	for (uint32_t i = 0; i < size; i++)
		moved += a.slots[i] != b.slots[i];
	/* 1.5/10.5 - 1/10 = 4.3 % of the slots change hands at least. */
	assert_true(moved >= size * 42 / 1000);
	assert_true(moved <= size * 65 / 1000);
	arena_free(arena);
}

/* Slots are spread: no backend holds a stretch of the table. */
static void test_spread(void **state)
{
	struct arena *arena = arena_new(0);
	const struct view *view = make_view(arena, 2, NO_ONE, equal_weight);
	struct table table = make_table(arena, view, 4093);
	uint32_t run = 1, longest = 1;

	(void)state;
	for (uint32_t i = 1; i < table.size; i++) {
		run = table.slots[i] == table.slots[i - 1] ? run + 1 : 1;
		longest = run > longest ? run : longest;
	}
	assert_true(longest < 64);
	arena_free(arena);
}

/* More backends than slots: the largest shares are served, the rest is counted. */
static void test_more_backends_than_slots(void **state)
{
	struct arena *arena = arena_new(0);
	const struct view *view = make_view(arena, 300, NO_ONE, one_to_seven);
	struct table table = make_table(arena, view, 251);
	uint32_t unserved = maglev_unserved(view, &table);

	(void)state;
	check_counts(view, &table);
	assert_in_range(unserved, 49, 299);
	for (size_t i = 6; i < 300; i += 7)
		assert_true(table.counts[i] > 0);
	arena_free(arena);
}

/* A destination of two priorities has two rows, both served by their shares. */
static void test_same_destination_twice(void **state)
{
	struct arena *arena = arena_new(0);
	struct view *view = make_view(arena, 2, NO_ONE, equal_weight);
	struct table table;

	(void)state;
	view->backends[1].addr = view->backends[0].addr;
	view->backends[1].priority = 1;
	view->backends[0].share = 0.25;
	view->backends[1].share = 0.75;
	table = make_table(arena, view, 251);
	check_counts(view, &table);
	assert_in_range(table.counts[0], 62, 63);
	assert_in_range(table.counts[1], 188, 189);
	arena_free(arena);
}

/* No share is too small for a slot. */
static void test_smallest_share(void **state)
{
	struct arena *arena = arena_new(0);
	struct view *view = make_view(arena, 2, NO_ONE, equal_weight);
	struct table table;

	(void)state;
	view->backends[0].share = 1e-15;
	view->backends[1].share = 1;
	table = make_table(arena, view, 251);
	check_counts(view, &table);
	assert_int_equal(table.counts[0], 1);
	arena_free(arena);
}

/* Rows 40 and 41 of the oracle, by largest remainder: 17 slots for 1:2 and for 8:2:0. */
static void test_small_primes(void **state)
{
	struct arena *arena = arena_new(0);
	struct view *view = make_view(arena, 2, NO_ONE, equal_weight);
	struct table table;

	(void)state;
	view->backends[0].share = 1 / 3.0;
	view->backends[1].share = 2 / 3.0;
	table = make_table(arena, view, 17);
	assert_int_equal(table.counts[0], 6);
	assert_int_equal(table.counts[1], 11);
	view->backends[0].share = 0.8;
	view->backends[1].share = 0.2;
	table = make_table(arena, view, 17);
	assert_in_range(table.counts[0], 13, 14);
	assert_in_range(table.counts[1], 3, 4);
	table = make_table(arena, view, 2);
	assert_int_equal(table.counts[0] + table.counts[1], 2);
	arena_free(arena);
}

static void test_refused(void **state)
{
	struct arena *arena = arena_new(0), *small = arena_new(64);
	const struct view *view = make_view(arena, 2, NO_ONE, equal_weight);
	const struct view *nobody = make_view(arena, 0, NO_ONE, equal_weight);
	struct table table = {.size = 77};

	(void)state;
	assert_int_equal(maglev_fill(view, MAX_TABLE_SIZE + 1, &table, arena), -EINVAL);
	assert_int_equal(maglev_fill(view, 250, &table, arena), -EINVAL);
	assert_int_equal(maglev_fill(view, 1, &table, arena), -EINVAL);
	assert_int_equal(maglev_fill(view, 251, &table, small), -ENOMEM);
	assert_int_equal(table.size, 77);
	/* Nobody to pick: an empty table, whatever the size before. */
	assert_int_equal(maglev_fill(nobody, 251, &table, arena), 0);
	assert_int_equal(table.size, 0);
	arena_free(small);
	arena_free(arena);
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

/* Who gets more gets no fewer slots, beyond the tolerance of either. */
static void check_monotone(const struct view *view, const struct table *table)
{
	for (size_t i = 0; i < view->backend_count; i++)
		for (size_t j = 0; j < view->backend_count; j++) {
			double a = view->backends[i].share, b = view->backends[j].share;

			if (a > 1.03 * b && a * table->size > b * table->size + 5)
				assert_true(table->counts[i] >= table->counts[j]);
		}
}

/* Random shares: always whole, always within 1 % or a slot (two where tiny ones are given one). */
static void test_random(void **state)
{
	static const double scales[] = {1, 0.1, 0.01, 1e-3, 1e-4, 1e-5};
	unsigned int seed = (unsigned int)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 60; round++) {
		struct arena *arena = arena_new(0);
		struct view *view =
			make_view(arena, 1 + (size_t)rand_r(&seed) % 40, NO_ONE, equal_weight);
		double sum = 0;
		struct table table;

		for (size_t i = 0; i < view->backend_count; i++) {
			view->backends[i].share = scales[rand_r(&seed) % 6] *
						  (1 + rand_r(&seed) % 1000);
			sum += view->backends[i].share;
		}
		for (size_t i = 0; i < view->backend_count; i++)
			view->backends[i].share /= sum;
		table = make_table(arena, view, maglev_size(view, 0));
		check_counts(view, &table);
		for (size_t i = 0; i < view->backend_count; i++) {
			double exact = view->backends[i].share * table.size;

			assert_true(table.counts[i] >= 1);
			assert_true(table.counts[i] <= exact + larger(1, exact * 0.01));
			assert_true(table.counts[i] >= exact - larger(2 + 40 * exact / table.size,
							    exact * 0.01));
		}
		check_monotone(view, &table);
		arena_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots_by_share),
		cmocka_unit_test(test_one_percent),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_affinity_sizes),
		cmocka_unit_test(test_size_is_bounded_by_backends),
		cmocka_unit_test(test_order_does_not_matter),
		cmocka_unit_test(test_churn),
		cmocka_unit_test(test_weight_change),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_more_backends_than_slots),
		cmocka_unit_test(test_same_destination_twice),
		cmocka_unit_test(test_smallest_share),
		cmocka_unit_test(test_small_primes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
