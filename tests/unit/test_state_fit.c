/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the agent tells of itself when there is no room for all of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "state_fit.h"

static const char *const list_names[] = { "excluded", "services", "interfaces", "networks" };

enum { EXCLUDED, SERVICES, INTERFACES, NETWORKS, LISTS };

#define DETAILS_BYTES 1000 /* of a service's priorities and backends */
#define NAME_BYTES 100     /* of each item */

static json_t *filler(size_t bytes)
{
	char text[2048];

	memset(text, 'x', bytes);
	return json_stringn(text, bytes);
}

static json_t *item(int list)
{
	json_t *object = json_pack("{s:o}", "name", filler(NAME_BYTES));

	if (list == SERVICES) {
		json_object_set_new(object, "priorities",
				    json_pack("[o]", filler(DETAILS_BYTES / 2)));
		json_object_set_new(object, "word", json_pack("{s:s,s:[o]}", "digest", "1f",
							      "backends", filler(DETAILS_BYTES / 2)));
	}
	return object;
}

static json_t *state_of(const int *counts)
{
	json_t *state = json_pack("{s:i,s:i}", "pid", 1, "untold", 7);

	for (int list = 0; list < LISTS; list++) {
		json_t *items = json_array();

		for (int i = 0; i < counts[list]; i++)
			json_array_append_new(items, item(list));
		json_object_set_new(state, list_names[list], items);
	}
	return state;
}

static int told(const json_t *state, int list)
{
	return (int)json_array_size(json_object_get(state, list_names[list]));
}

static int details(const json_t *state)
{
	json_t *first = json_array_get(json_object_get(state, "services"), 0);

	return (int)json_array_size(json_object_get(json_object_get(first, "word"), "backends"));
}

/* Lists before that one are empty, those after it whole. */
static void check_lists(const json_t *state, const int *counts, int cut)
{
	for (int list = 0; list < LISTS; list++) {
		if (list == cut)
			assert_in_range(told(state, list), 1, counts[list] - 1);
		else
			assert_int_equal(told(state, list), list < cut ? 0 : counts[list]);
	}
	assert_int_equal(json_integer_value(json_object_get(state, "untold")),
			 7 + counts[SERVICES] - told(state, SERVICES));
}

static void cuts_what_is_missed_least(void **state)
{
	static const struct {
		int counts[LISTS], cut; /* -1: all fits */
		size_t room;
		bool details;
	} rows[] = {
		{ { 10, 10, 10, 10 }, -1, 100000, true },
		{ { 100, 10, 10, 10 }, EXCLUDED, 20000, true },
		{ { 100, 200, 10, 10 }, SERVICES, 20000, false },
		{ { 100, 10000, 10, 10 }, SERVICES, 262144, false },
		{ { 0, 1000, 100, 10 }, INTERFACES, 8000, false },
		{ { 0, 0, 0, 100 }, NETWORKS, 8000, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		json_t *whole = state_of(rows[i].counts), *read;
		char *text = state_fit(whole, rows[i].room);

		assert_non_null(text);
		assert_true(strlen(text) < rows[i].room);
		assert_true(rows[i].cut < 0 || strlen(text) > rows[i].room * 95 / 100);
		read = json_loads(text, 0, NULL);
		check_lists(read, rows[i].counts, rows[i].cut);
		assert_int_equal(details(read), rows[i].details);
		json_decref(read);
		json_decref(whole);
		free(text);
	}
}

static void refuses_too_little_room(void **state)
{
	json_t *whole = state_of((int[LISTS]){ 1, 1, 1, 1 });

	(void)state;
	assert_null(state_fit(whole, 50));
	json_decref(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_what_is_missed_least),
		cmocka_unit_test(refuses_too_little_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
