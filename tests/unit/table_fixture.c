/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Views and tables for the tests of tables. */
#include "table_fixture.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "arena.h"
#include "parallax_limits.h"
#include "parallax_table.h"
#include "table_fill.h"
#include "table_shape.h"

uint64_t equal_weight(size_t i)
{
	(void)i;
	return 1;
}

uint64_t one_to_seven(size_t i)
{
	return 1 + i % 7;
}

/* Every other weight is tiny. */
uint64_t tiny_ones(size_t i)
{
	return i % 2 ? 1 : 1000000;
}

uint64_t one_giant(size_t i)
{
	return i ? 1 : 10000;
}

uint64_t twos(size_t i)
{
	(void)i;
	return 2;
}

uint64_t heavier_first(size_t i)
{
	return i ? 2 : 3;
}

/* `count` backends except `without`, shares in proportion to `weight`. */
struct view *make_view(struct arena *arena, size_t count, size_t without,
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
		backend->addr.ip = IP_V4(htonl(0x0a000000u + (uint32_t)i));
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

struct table make_table(struct arena *arena, const struct view *view, uint32_t shape)
{
	struct table table = {0};

	assert_int_equal(table_fill(view, shape, &table, arena), 0);
	return table;
}

struct table fresh_table(struct arena *arena, const struct view *view)
{
	return make_table(arena, view, table_shape(view, 0));
}

table_desc word_of(const struct table *table)
{
	return TABLE_DESC(0, table->shape, table->buckets, 0);
}

struct slot_arena arena_of(struct arena *arena, const struct table *table)
{
	struct bucket *buckets = arena_array(arena, table->buckets, sizeof(*buckets));
	uint32_t *rows = arena_array(arena, MAX_BACKENDS, sizeof(*rows));

	for (uint32_t i = 0; i < MAX_BACKENDS; i++)
		rows[i] = i;
	table_buckets(table, rows, 0, table->buckets, buckets);
	return (struct slot_arena){buckets, table->buckets};
}

double chi_square(const struct view *view, const unsigned int *met, double all)
{
	double squares = 0;

	for (size_t i = 0; i < view->backend_count; i++) {
		double wanted = all * view->backends[i].share, off = met[i] - wanted;

		squares += off * off / wanted;
	}
	return squares;
}
