/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The hash index: every item is found, absent ones are not, clashing hashes stay apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "index.h"

#define ITEMS 1000

/* `spread` hashes for ITEMS keys; the last places are used first, so that probing wraps around. */
static void check(size_t spread)
{
	struct arena *arena = arena_new(0);
	uint64_t keys[ITEMS];
	struct index index;
	uint32_t *place;

	assert_int_equal(index_init(&index, arena, ITEMS), 0);
	for (uint32_t i = 0; i < ITEMS; i++) {
		keys[i] = i * 7919;
		INDEX_FIND(&index, UINT64_MAX - keys[i] % spread, place, keys[*place - 1] == keys[i]);
		assert_int_equal(*place, 0);
		*place = i + 1;
	}
	for (uint32_t i = 0; i < ITEMS; i++) {
		INDEX_FIND(&index, UINT64_MAX - keys[i] % spread, place, keys[*place - 1] == keys[i]);
		assert_int_equal(*place, i + 1);
		INDEX_FIND(&index, UINT64_MAX - keys[i] % spread, place, keys[*place - 1] == 1);
		assert_int_equal(*place, 0);
	}
	arena_free(arena);
}

static void finds_every_item(void **state)
{
	(void)state;
	check(1);
	check(3);
	check(SIZE_MAX);
}

static void has_room_for_none(void **state)
{
	struct arena *arena = arena_new(0);
	struct index index;
	uint32_t *place;

	(void)state;
	assert_int_equal(index_init(&index, arena, 0), 0);
	INDEX_FIND(&index, 5, place, true);
	assert_int_equal(*place, 0);
	arena_free(arena);
}

static void reports_missing_memory(void **state)
{
	struct arena *arena = arena_new(1000);
	struct index index;

	(void)state;
	assert_int_equal(index_init(&index, arena, 1000), -ENOMEM);
	assert_int_equal(index_init(&index, arena, SIZE_MAX / 8), -ENOMEM);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_every_item),
		cmocka_unit_test(has_room_for_none),
		cmocka_unit_test(reports_missing_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
