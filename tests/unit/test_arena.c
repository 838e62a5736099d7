/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The allocation region, and the list of problems. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "problem.h"

static int is_zero(const unsigned char *memory, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (memory[i])
			return 0;
	return 1;
}

static void gives_zeroed_aligned_memory(void **state)
{
	struct arena *arena = arena_new(0);
	unsigned char *memory[2000];
	size_t sizes[2000];

	(void)state;
	for (size_t i = 0; i < 2000; i++) {
		sizes[i] = (i * 7919) % (i % 100 ? 200 : 100000);
		memory[i] = arena_alloc(arena, sizes[i]);
		assert_non_null(memory[i]);
		assert_int_equal((uintptr_t)memory[i] % _Alignof(max_align_t), 0);
		assert_true(is_zero(memory[i], sizes[i]));
		memset(memory[i], (int)(i % 255 + 1), sizes[i]);
		assert_non_null(arena_text(arena, "odd", i % 3));
	}
	for (size_t i = 0; i < 2000; i++)
		for (size_t j = 0; j < sizes[i]; j++)
			assert_int_equal(memory[i][j], i % 255 + 1);
	arena_free(arena);
}

static void keeps_to_its_limit(void **state)
{
	struct arena *arena = arena_new(1000);

	(void)state;
	assert_null(arena_alloc(arena, 1001));
	assert_non_null(arena_alloc(arena, 600));
	assert_null(arena_alloc(arena, 600));
	assert_non_null(arena_alloc(arena, 300));
	assert_true(arena_used(arena) >= 900 && arena_used(arena) <= 1000);
	arena_free(arena);
	arena_free(NULL);
}

static void refuses_sizes_that_overflow(void **state)
{
	struct arena *arena = arena_new(0);

	(void)state;
	assert_null(arena_array(arena, SIZE_MAX / 2, 3));
	assert_null(arena_alloc(arena, SIZE_MAX));
	assert_null(arena_alloc(arena, SIZE_MAX - 7));
	assert_non_null(arena_array(arena, 0, 8));
	arena_free(arena);
}

static void copies_text(void **state)
{
	struct arena *arena = arena_new(0);
	char long_text[5000];

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	assert_string_equal(arena_strdup(arena, ""), "");
	assert_string_equal(arena_text(arena, "abcdef", 3), "abc");
	assert_string_equal(arena_printf(arena, "%s-%d", "a", 5), "a-5");
	assert_int_equal(strlen(arena_text(arena, long_text, sizeof(long_text))), 5000);
	arena_free(arena);
}

static void lists_problems_with_their_place(void **state)
{
	struct problems problems = {0};

	(void)state;
	assert_string_equal(problems_text(&problems), "");
	problems_add(&problems, "a.yaml", 3, 7, "expected %s", "x");
	problems_add(&problems, "a.yaml", 0, 0, "empty");
	problems_add(&problems, NULL, 0, 0, "tab\tand\x1b[31m");
	problems_add(&problems, "", 0, 0, "empty");
	problems_add(&problems, "", 2, 1, "wrong");
	problems_add(NULL, "a.yaml", 1, 1, "nobody listens");
	assert_string_equal(problems_text(&problems),
			    "a.yaml:3:7: expected x\na.yaml: empty\ntab?and?[31m\n"
			    "empty\n2:1: wrong\n");
	assert_int_equal(problems.count, 5);
	problems_done(&problems);
	assert_string_equal(problems_text(&problems), "");
	problems_done(NULL);
}

static void caps_problems(void **state)
{
	static const char last[] = "further problems are not shown\n";
	struct problems problems = {0};
	const char *text;
	char name[2000];
	size_t lines = 0;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (size_t i = 0; i < 1000; i++)
		problems_add(&problems, "f", 1, 1, "%s", name);
	assert_int_equal(problems.count, 1000);
	text = problems_text(&problems);
	assert_string_equal(text + strlen(text) - strlen(last), last);
	for (; *text; text++)
		lines += *text == '\n';
	assert_int_equal(lines, PROBLEMS_MAX + 1);
	assert_true(strlen(problems_text(&problems)) <= (PROBLEMS_MAX + 1) * PROBLEM_TEXT_MAX);
	problems_done(&problems);
}

static void allocates_the_expected_size_at_once(void **state)
{
	struct arena *arena = arena_new_sized(1000);
	unsigned char *first = arena_alloc(arena, 800), *second = arena_alloc(arena, 100), *more;

	(void)state;
	assert_true(second > first && second < first + 1000);
	for (size_t i = 1; i < 3000; i += 7) {
		more = arena_alloc(arena, i);
		assert_non_null(more);
		assert_true(is_zero(more, i));
		memset(more, 1, i);
	}
	arena_free(arena);
	arena = arena_new_sized(0);
	assert_non_null(arena_alloc(arena, 1));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_zeroed_aligned_memory),
		cmocka_unit_test(allocates_the_expected_size_at_once),
		cmocka_unit_test(keeps_to_its_limit),
		cmocka_unit_test(refuses_sizes_that_overflow),
		cmocka_unit_test(copies_text),
		cmocka_unit_test(lists_problems_with_their_place),
		cmocka_unit_test(caps_problems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
