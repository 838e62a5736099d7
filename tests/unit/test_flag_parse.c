/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Flags before, between and after other words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flag_parse.h"

#define MAX_WORDS 16

struct outcome {
	int err;
	const char *file;
	bool follow;
	char rest[256]; /* the other words, joined by blanks */
	char problem[256];
};

/* Parses words with blanks between them. */
static struct outcome parse(const char *line)
{
	static char copy[256];
	char *argv[MAX_WORDS] = { (char *)"program" }, *save;
	struct flag_words rest = {};
	struct outcome outcome = {};
	const struct flag flags[] = {
		{ .name = "--file", .letter = "-o", .value = &outcome.file },
		{ .name = "--follow", .letter = "-f", .set = &outcome.follow },
	};
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	outcome.err = flag_parse(flags, 2, argc, argv, &rest, outcome.problem,
				 sizeof(outcome.problem));
	for (size_t i = 0; i < rest.count; i++) {
		strcat(outcome.rest, i ? " " : "");
		strcat(outcome.rest, rest.items[i]);
	}
	free(rest.items);
	return outcome;
}

static void takes_flags_anywhere(void **state)
{
	static const struct {
		const char *line, *file;
		bool follow;
		const char *rest;
	} rows[] = {
		{ "", NULL, false, "" },
		{ "a b", NULL, false, "a b" },
		{ "--file x a", "x", false, "a" },
		{ "a --file x", "x", false, "a" },
		{ "a --file=x b", "x", false, "a b" },
		{ "a --file= b", "", false, "a b" },
		{ "-o x a", "x", false, "a" },
		{ "a -ox", "x", false, "a" },
		{ "a -f b -o x", "x", true, "a b" },
		{ "--follow a", NULL, true, "a" },
		{ "--file -f a", "-f", false, "a" }, /* a value may look like a flag */
		{ "- a", NULL, false, "- a" },
		{ "a -- --file x", NULL, false, "a --file x" },
		{ "--file a --file b", "b", false, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outcome outcome = parse(rows[i].line);

		assert_int_equal(outcome.err, 0);
		assert_string_equal(outcome.rest, rows[i].rest);
		assert_int_equal(outcome.follow, rows[i].follow);
		assert_string_equal(outcome.file ? outcome.file : "(none)",
				    rows[i].file ? rows[i].file : "(none)");
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *line, *problem;
	} rows[] = {
		{ "--file", "--file needs a value" },
		{ "a -o", "--file needs a value" },
		{ "--follow=yes", "--follow takes no value" },
		{ "--folow", "unknown flag '--folow': did you mean '--follow'?" },
		{ "--fil x", "unknown flag '--fil': did you mean '--file'?" },
		{ "--elephant", "unknown flag '--elephant'" },
		{ "-x", "unknown flag '-x'" },
		{ "-fx", "unknown flag '-fx'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outcome outcome = parse(rows[i].line);

		assert_int_equal(outcome.err, -EINVAL);
		assert_string_equal(outcome.problem, rows[i].problem);
	}
}

static void collects_a_repeated_flag(void **state)
{
	char *argv[] = { (char *)"program", (char *)"--down", (char *)"x", (char *)"--down=y" };
	struct flag_words rest = {}, values = {};
	const struct flag flags[] = { { .name = "--down", .values = &values } };
	char problem[256];

	(void)state;
	assert_int_equal(flag_parse(flags, 1, 4, argv, &rest, problem, sizeof(problem)), 0);
	assert_int_equal(rest.count, 0);
	assert_int_equal(values.count, 2);
	assert_string_equal(values.items[0], "x");
	assert_string_equal(values.items[1], "y");
	assert_int_equal(flag_parse(flags, 1, 2, argv, &rest, problem, sizeof(problem)), -EINVAL);
	assert_string_equal(problem, "--down needs a value");
	free(values.items);
}

static void knows_where_the_value_is(void **state)
{
	const char *file;
	bool follow;
	const struct flag flags[] = {
		{ .name = "--file", .letter = "-o", .value = &file },
		{ .name = "--follow", .letter = "-f", .set = &follow },
	};

	(void)state;
	assert_true(flag_takes_next(flags, 2, "--file"));
	assert_true(flag_takes_next(flags, 2, "-o"));
	assert_false(flag_takes_next(flags, 2, "--file=x"));
	assert_false(flag_takes_next(flags, 2, "-ox"));
	assert_false(flag_takes_next(flags, 2, "-f"));
	assert_false(flag_takes_next(flags, 2, "--other"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_flags_anywhere),
		cmocka_unit_test(refuses),
		cmocka_unit_test(collects_a_repeated_flag),
		cmocka_unit_test(knows_where_the_value_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
