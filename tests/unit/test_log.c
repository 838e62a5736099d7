/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The log on stderr: one line per message, repeats counted. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"

static char seen[8192];

/* Runs `body` with stderr going into `seen`. */
static void capture(void (*body)(void))
{
	int pipes[2], saved = dup(STDERR_FILENO);
	ssize_t got;

	assert_int_equal(pipe2(pipes, O_NONBLOCK), 0);
	dup2(pipes[1], STDERR_FILENO);
	body();
	dup2(saved, STDERR_FILENO);
	got = read(pipes[0], seen, sizeof(seen) - 1);
	seen[got > 0 ? got : 0] = '\0';
	close(pipes[0]);
	close(pipes[1]);
	close(saved);
}

static size_t lines(void)
{
	size_t count = 0;

	for (const char *at = seen; *at; at++)
		count += *at == '\n';
	return count;
}

static void write_levels(void)
{
	log_set_level(LOG_WARN);
	log_error("cluster '%s' refused", "a\"b\\c\nd\x1b \xc3\xa9 \xc2\x9b \xe2\x82");
	log_warn("second");
	log_info("not wanted");
}

static void writes_one_quoted_line_per_message(void **state)
{
	(void)state;
	capture(write_levels);
	assert_int_equal(lines(), 2);
	assert_non_null(strstr(seen,
			       " level=error msg=\"cluster 'a\\\"b\\\\c\\nd\\x1b \xc3\xa9 \\xc2\\x9b \\xe2\\x82' refused\"\n"));
	assert_non_null(strstr(seen, " level=warn msg=\"second\"\n"));
	assert_int_equal(strncmp(seen, "time=2", 6), 0);
	assert_null(strstr(seen, "not wanted"));
}

static void write_repeats(void)
{
	for (int i = 0; i < 5; i++)
		log_error("again");
	log_error("other");
}

static void counts_repeats(void **state)
{
	(void)state;
	capture(write_repeats);
	assert_int_equal(lines(), 3);
	assert_non_null(strstr(seen, "last message repeated 4 times"));
	assert_non_null(strstr(seen, "msg=\"other\""));
}

static void write_much(void)
{
	char text[10000];

	memset(text, '"', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_error("%s", text);
}

static void bounds_a_line(void **state)
{
	(void)state;
	capture(write_much);
	assert_int_equal(lines(), 1);
	assert_int_equal(seen[strlen(seen) - 1], '\n');
	assert_true(strlen(seen) < 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_one_quoted_line_per_message),
		cmocka_unit_test(counts_repeats),
		cmocka_unit_test(bounds_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
