/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables for display. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "table_print.h"

static const char *const headers[] = { "NAME", "N", "LAST" };

static char *written(const struct table_print *table, int expected)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	assert_int_equal(table_print_write(table, out), expected);
	fclose(out);
	return text;
}

static void assert_written(const struct table_print *table, const char *expected)
{
	char *text = written(table, 0);

	assert_string_equal(text, expected);
	free(text);
}

static void pads_all_but_the_last(void **state)
{
	struct table_print *table = table_print_new(headers, 3);

	(void)state;
	assert_written(table, "NAME  N  LAST\n");
	table_print_cell(table, "%s", "a longer name");
	table_print_cell(table, "%d", 12);
	table_print_cell(table, "%s", "x y z");
	table_print_cell(table, "b");
	table_print_cell(table, "%s", "");
	table_print_cell(table, "c");
	assert_written(table, "NAME           N   LAST\n"
			      "a longer name  12  x y z\n"
			      "b              -   c\n");
	table_print_free(table);
}

/* An incomplete row is not shown. */
static void half_a_row(void **state)
{
	struct table_print *table = table_print_new(headers, 3);

	(void)state;
	table_print_cell(table, "a");
	table_print_cell(table, "b");
	assert_written(table, "NAME  N  LAST\n");
	table_print_free(table);
}

static void cleans_control_characters(void **state)
{
	struct table_print *table = table_print_new(headers, 3);

	(void)state;
	table_print_cell(table, "a\x1b[2Jb");
	table_print_cell(table, "1\n2");
	table_print_cell(table, "\x7f");
	assert_written(table, "NAME    N    LAST\na?[2Jb  1?2  ?\n");
	table_print_free(table);
}

static void counts_characters_not_bytes(void **state)
{
	struct table_print *table = table_print_new(headers, 3);

	(void)state;
	table_print_cell(table, "zürich");
	table_print_cell(table, "1");
	table_print_cell(table, "x");
	table_print_cell(table, "berlin");
	table_print_cell(table, "2");
	table_print_cell(table, "y");
	assert_written(table, "NAME    N  LAST\nzürich  1  x\nberlin  2  y\n");
	table_print_free(table);
}

static void many_rows(void **state)
{
	struct table_print *table = table_print_new(headers, 3);
	char *text;
	size_t lines = 0;

	(void)state;
	for (int i = 0; i < 3000; i++)
		table_print_cell(table, "%d", i);
	text = written(table, 0);
	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 1001);
	assert_non_null(strstr(text, "\n2997  2998  2999\n"));
	free(text);
	table_print_free(table);
	table_print_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pads_all_but_the_last),
		cmocka_unit_test(half_a_row),
		cmocka_unit_test(cleans_control_characters),
		cmocka_unit_test(counts_characters_not_bytes),
		cmocka_unit_test(many_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
