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

#include <jansson.h>

#include "log.h"
#include "log_limit.h"

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
	log_flush(true);
}

static void counts_repeats(void **state)
{
	(void)state;
	capture(write_repeats);
	assert_int_equal(lines(), 3);
	assert_non_null(strstr(seen, "level=error repeated=4 msg=\"again\"\n"));
	assert_non_null(strstr(seen, "msg=\"other\""));
}

/* Messages that differ in numbers alone are of one kind. */
static void write_numbers(void)
{
	for (int i = 0; i < 500; i++)
		log_error("%d changes in %d us", i, 7 * i);
	log_flush(true);
}

static void limits_a_kind(void **state)
{
	(void)state;
	capture(write_numbers);
	assert_int_equal(lines(), LOG_KIND_LINES + 1);
	assert_non_null(strstr(seen, "repeated=480 msg=\"499 changes in 3493 us\""));
}

/* Every line is written or counted, whatever comes, and the next window begins with the count. */
static void limits_all_kinds(void **state)
{
	static struct log_limit limit;
	int64_t at = 10000000;
	unsigned long written = 0, omitted = 0;
	struct log_omitted some;
	char message[32];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(message, sizeof(message), "%c%c%c", 'a' + i % 26, 'a' + i / 26 % 26,
			 'a' + i / 676);
		written += log_limit_allows(&limit, LOG_WARN, message, at + i);
	}
	assert_true(written > 0 && written <= LOG_LINES);
	assert_false(log_limit_next(&limit, at + 5000, false, &some));
	while (log_limit_next(&limit, at + LOG_WINDOW_MS + 5000, false, &some))
		omitted += some.count;
	assert_int_equal(written + omitted, 5000);
	assert_true(log_limit_allows(&limit, LOG_WARN, message, at + LOG_WINDOW_MS + 5000));
}

static void write_json(void)
{
	log_set_format(LOG_JSON);
	log_error("cluster '%s' refused", "a\"b\\c\nd\x1b \xc3\xa9 \xe2\x82");
	log_error("twice");
	log_error("twice");
	log_flush(true);
	log_set_format(LOG_LOGFMT);
}

static void writes_json(void **state)
{
	char *rest = seen;

	(void)state;
	capture(write_json);
	assert_int_equal(lines(), 3);
	for (int i = 0; i < 3; i++) {
		json_t *line = json_loads(strsep(&rest, "\n"), 0, NULL);

		assert_non_null(line);
		assert_string_equal(json_string_value(json_object_get(line, "level")), "error");
		assert_int_equal(json_integer_value(json_object_get(line, "repeated")), i == 2);
		if (!i)
			assert_string_equal(json_string_value(json_object_get(line, "msg")),
					    "cluster 'a\"b\\c\nd\x1b \xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd' refused");
		json_decref(line);
	}
}

static void write_debug(void)
{
	log_set_level(LOG_DEBUG);
	for (int i = 0; i < 100; i++)
		log_error("debugging");
	log_set_level(LOG_WARN);
}

static void debug_is_not_limited(void **state)
{
	(void)state;
	capture(write_debug);
	assert_int_equal(lines(), 100);
}

/* The command line wins over the configuration. */
static void follow_a_configuration(void)
{
	log_follow(LOG_DEBUG, LOG_JSON);
	log_info("not wanted");
	log_warn("still logfmt");
}

static void flags_stay(void **state)
{
	(void)state;
	capture(follow_a_configuration);
	assert_int_equal(lines(), 1);
	assert_non_null(strstr(seen, "level=warn msg=\"still logfmt\""));
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
		cmocka_unit_test(limits_a_kind),
		cmocka_unit_test(limits_all_kinds),
		cmocka_unit_test(writes_json),
		cmocka_unit_test(debug_is_not_limited),
		cmocka_unit_test(flags_stay),
		cmocka_unit_test(bounds_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
