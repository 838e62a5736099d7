/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables: few changes from one to the next, the same on every node. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cmocka.h>

#include "arena.h"
#include "parallax_hash.h"
#include "parallax_table.h"
#include "table_fill.h"
#include "table_fixture.h"
#include "table_place.h"
#include "table_shape.h"
#include "table_walk.h"

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
		uint32_t same[37], turned[37], size = a.buckets;
		struct bucket *x, *y;

		reverse(view);
		b = fresh_table(arena, view);
		assert_int_equal(size, b.buckets);
		for (uint32_t j = 0; j < 37; j++) {
			same[j] = 1000 + j;
			turned[j] = 1036 - j;
		}
		x = arena_array(arena, size, sizeof(*x));
		y = arena_array(arena, size, sizeof(*y));
		table_buckets(&a, same, 0, size, x);
		/* In pieces, as the writer does it. */
		for (uint32_t at = 0, piece; at < size; at += piece) {
			piece = size - at < 10 ? size - at : 10;
			table_buckets(&b, turned, at, piece, y + at);
		}
		assert_memory_equal(x, y, size * sizeof(*x));
		arena_free(arena);
	}
}

/* A line of one table, entry by entry. */
struct line {
	const struct view *view;
	const struct table *table;
	uint32_t at, end;
};

static struct line line_of(const struct view *view, const struct table *table, uint32_t line)
{
	return (struct line){view, table, table->starts[line], table->starts[line + 1]};
}

static const struct view_backend *backend_at(const struct line *line)
{
	return &line->view->backends[TABLE_ENTRY_ROW(line->table->entries[line->at])];
}

static uint32_t tag_at(const struct line *line)
{
	return line->at < line->end ? TABLE_ENTRY_TAG(line->table->entries[line->at]) : UINT32_MAX;
}

/* Fraction of the samples that the line's next entry accepts if it has this tag, and moves on. */
static double accepted(struct line *line, uint32_t tag, const struct view_backend **ret)
{
	if (tag_at(line) != tag)
		return 0;
	*ret = backend_at(line);
	return TABLE_ENTRY_THRESHOLD(line->table->entries[line->at++]) / (double)(TABLE_ALL + 1);
}

static bool is_same(const struct view_backend *a, const struct view_backend *b)
{
	return addr_equal(&a->addr, &b->addr) && a->port == b->port && a->priority == b->priority;
}

/* The part of this table that belongs to the backend of the other one. */
static double share_in(const struct view *view, const struct table *table,
		       const struct view_backend *backend)
{
	for (size_t i = 0; i < view->backend_count; i++)
		if (is_same(backend, &view->backends[i]))
			return table->counts[i] / (double)table->total;
	return 0;
}

/* The fraction of all flows that move to another backend: a walk is the same in both tables up to the
 * first entry that accepts in either; where it continues in the other, it may by chance end at the
 * same backend. */
static double moved(const struct view *before, const struct table *a, const struct view *after,
		    const struct table *b)
{
	double moved = 0, all = 0;

	assert_int_equal(a->shape, b->shape);
	for (uint32_t i = 0; i < table_lines(word_of(a)); i++) {
		struct line x = line_of(before, a, i), y = line_of(after, b, i);
		double come = 1;

		while (x.at < x.end || y.at < y.end) {
			uint32_t tag = tag_at(&x) < tag_at(&y) ? tag_at(&x) : tag_at(&y);
			const struct view_backend *backend = NULL;
			double old = accepted(&x, tag, &backend), new = accepted(&y, tag, &backend);
			double either = old > new ? old : new;

			if (old > new)
				moved += come * (old - new) * (1 - share_in(after, b, backend));
			else if (new > old)
				moved += come * (new - old) * (1 - share_in(before, a, backend));
			all += come * either;
			come *= 1 - either;
		}
	}
	return moved / all;
}

/* As a multiple of the share of the backend that leaves. */
static double churn(struct arena *arena, const struct view *before, const struct table *a,
		    size_t count, size_t gone, uint64_t (*weight)(size_t))
{
	const struct view *after = make_view(arena, count, gone, weight);
	struct table b = make_table(arena, after, table_shape(after, a->shape));

	return moved(before, a, after, &b) / before->backends[gone].share;
}

/* Each removal moves at most a tenth more than necessary: 1.1 / N for N equal backends. A lighter
 * backend has fewer entries, so the excess varies more, but its share is below 1 / N. */
static void removal_moves_its_own(void **state)
{
	static const struct {
		size_t count;
		uint64_t (*weight)(size_t);
		double most;  /* limit of moves, as a multiple of the necessary ones */
		size_t grown; /* 0: a new table; else its shape was chosen for this many backends */
	} cases[] = {
		{3, equal_weight, 1.1, 0}, {4, equal_weight, 1.1, 0}, {5, equal_weight, 1.1, 0},
		{8, equal_weight, 1.1, 0}, {10, equal_weight, 1.1, 0}, {16, equal_weight, 1.1, 0},
		{20, equal_weight, 1.1, 0}, {30, equal_weight, 1.1, 0},
		{50, equal_weight, 1.1, 0}, {64, equal_weight, 1.1, 0},
		{100, equal_weight, 1.1, 0}, {128, equal_weight, 1.1, 0},
		{200, equal_weight, 1.1, 0}, {500, equal_weight, 1.1, 0},
		{1000, equal_weight, 1.1, 0}, {1024, equal_weight, 1.1, 0},
		{10000, equal_weight, 1.1, 0},
		/* As crowded as new tables are, and as kept ones may become. */
		{6, equal_weight, 1.1, 0}, {24, equal_weight, 1.1, 0}, {96, equal_weight, 1.1, 0},
		{384, equal_weight, 1.1, 0}, {6144, equal_weight, 1.1, 0},
		{400, equal_weight, 1.1, 384}, {6400, equal_weight, 1.1, 6144},
		{5, one_to_seven, 1.1, 0}, {10, one_to_seven, 1.1, 0},
		{50, one_to_seven, 1.15, 0}, {100, one_to_seven, 1.2, 0}, {10, one_giant, 1.1, 0},
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		struct arena *arena = arena_new(0);
		const struct view *view = make_view(arena, cases[n].count, NO_ONE, cases[n].weight);
		size_t step = cases[n].count > 1000 ? cases[n].count / 100 : 1, rounds = 0;
		/* Without the giant the others have another size of table. */
		size_t first = cases[n].weight == one_giant;
		const struct view *past = make_view(arena, cases[n].grown, NO_ONE, equal_weight);
		struct table table =
			make_table(arena, view, table_shape(view, table_shape(past, 0)));
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
		assert_true(most <= cases[n].most);
		arena_free(arena);
	}
}

/* A single backend with a share accepts at once, even behind others without a share. */
static void one_of_two_leaves(void **state)
{
	struct arena *arena = arena_new(0);
	struct view *both = make_view(arena, 2, NO_ONE, one_to_seven);
	const struct view *rest = make_view(arena, 2, 0, one_to_seven);
	struct table table = fresh_table(arena, both);
	struct table single = make_table(arena, rest, table_shape(rest, table.shape));
	const struct slot_arena slots = arena_of(arena, &single);

	(void)state;
	assert_int_equal(single.buckets, 1);
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(table_walk(&slots, word_of(&single), mix64(i)).steps, 1);
	both->backends[0].share = 0;
	both->backends[1].share = 1;
	single = make_table(arena, both, table_shape(both, table.shape));
	assert_int_equal(TABLE_ENTRY_ROW(single.entries[0]), 1);
	arena_free(arena);
}

/* The fraction of 10^6 flows that move to another backend. */
static double met_moves(struct arena *arena, const struct view *before, const struct table *a,
			const struct view *after, const struct table *b)
{
	const struct slot_arena x = arena_of(arena, a), y = arena_of(arena, b);
	double met = 0;

	for (uint64_t i = 0; i < 1000000; i++) {
		uint32_t old = table_walk(&x, word_of(a), mix64(i + 1)).row;
		uint32_t new = table_walk(&y, word_of(b), mix64(i + 1)).row;

		met += !is_same(&before->backends[old], &after->backends[new]);
	}
	return met / 1e6;
}

/* The same figure measured with hashes. */
static void churn_is_what_walks_see(void **state)
{
	struct arena *arena = arena_new(0);
	const struct view *before = make_view(arena, 10, NO_ONE, one_to_seven);
	const struct view *after = make_view(arena, 10, 4, one_to_seven);
	struct table a = fresh_table(arena, before);
	struct table b = make_table(arena, after, table_shape(after, a.shape));
	double exact = moved(before, &a, after, &b), met = met_moves(arena, before, &a, after, &b);

	(void)state;
	assert_true((met - exact) * (met - exact) < 25 * exact / 1e6);
	arena_free(arena);
}

/* Where the size depends on the view only, as with affinity, some removals halve the table. */
static void another_size_moves_half(void **state)
{
	static const size_t counts[] = {4, 7, 13, 25, 97};

	(void)state;
	for (size_t n = 0; n < sizeof(counts) / sizeof(*counts); n++) {
		struct arena *arena = arena_new(0);
		const struct view *before = make_view(arena, counts[n], NO_ONE, equal_weight);
		const struct view *after = make_view(arena, counts[n], 1, equal_weight);
		struct table a = fresh_table(arena, before), b = fresh_table(arena, after);
		double met = met_moves(arena, before, &a, after, &b);

		assert_int_equal(table_lines(word_of(&b)) * 2, table_lines(word_of(&a)));
		assert_true(met > 0.4 && met < 0.55);
		arena_free(arena);
	}
}

/* A backend that returns has its former flows. */
static void return_restores(void **state)
{
	struct arena *arena = arena_new(0);
	const struct view *view = make_view(arena, 30, NO_ONE, one_to_seven);
	const struct view *less = make_view(arena, 30, 11, one_to_seven);
	struct table table = fresh_table(arena, view), other, again;

	(void)state;
	other = make_table(arena, less, table_shape(less, table.shape));
	again = make_table(arena, view, table_shape(view, other.shape));
	assert_int_equal(again.buckets, table.buckets);
	assert_memory_equal(arena_of(arena, &again).buckets, arena_of(arena, &table).buckets,
			    table.buckets * sizeof(struct bucket));
	arena_free(arena);
}

/* A change of weight moves the difference and little else. */
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

/* Tag of an entry that is alone in its line. */
static uint32_t tag_alone(uint64_t hash)
{
	const uint32_t whole = TABLE_WHOLE;
	uint32_t starts[2];
	uint64_t entry;

	table_place(&hash, &whole, 1, 0, &entry, starts);
	return TABLE_ENTRY_TAG(entry);
}

/* Two hashes whose entries want the same tag. */
static void find_rivals(uint64_t *ret)
{
	uint32_t *holders = calloc(TABLE_ALL + 1, sizeof(*holders));

	assert_non_null(holders);
	for (ret[0] = 1; !holders[tag_alone(ret[0])]; ret[0]++)
		holders[tag_alone(ret[0])] = (uint32_t)ret[0];
	ret[1] = holders[tag_alone(ret[0])];
	free(holders);
}

/* Entries of equal tags get distinct ones; each accepts its part of the samples that are left. */
static void line_by_hand(void **state)
{
	static const uint32_t counts[] = {TABLE_WHOLE, TABLE_WHOLE / 2, TABLE_WHOLE};
	uint32_t starts[2], left = 1u << TABLE_SAMPLE_BITS, neighbours = 0;
	uint64_t hashes[] = {0, 0, 1ULL << 40}, entries[3];

	(void)state;
	find_rivals(hashes);
	table_place(hashes, counts, 3, 0, entries, starts);
	assert_int_equal(starts[0], 0);
	assert_int_equal(starts[1], 3);
	for (int i = 0; i < 3; i++) {
		uint32_t parts = counts[TABLE_ENTRY_ROW(entries[i])];

		if (i)
			assert_true(TABLE_ENTRY_TAG(entries[i]) > TABLE_ENTRY_TAG(entries[i - 1]));
		neighbours += i && TABLE_ENTRY_TAG(entries[i]) == TABLE_ENTRY_TAG(entries[i - 1]) + 1;
		assert_int_equal(TABLE_ENTRY_THRESHOLD(entries[i]), table_threshold(parts, left));
		assert_int_equal(table_parts(TABLE_ENTRY_THRESHOLD(entries[i]), left), parts);
		left = table_left(parts, left);
	}
	assert_int_equal(neighbours, 1);
	assert_int_equal(left, (1u << TABLE_SAMPLE_BITS) - 5 * TABLE_WHOLE / 2 * TABLE_PART);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(removal_moves_its_own),
		cmocka_unit_test(one_of_two_leaves),
		cmocka_unit_test(churn_is_what_walks_see),
		cmocka_unit_test(another_size_moves_half),
		cmocka_unit_test(return_restores),
		cmocka_unit_test(weight_change_moves_the_difference),
		cmocka_unit_test(line_by_hand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
