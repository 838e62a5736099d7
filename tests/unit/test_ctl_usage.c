/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line of parallaxctl as a user meets it: verbs, flags, complaints, exit statuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NOWHERE "--pin-dir /proc/self/no-such-directory"

/* Runs the program of this build; its whole output in `text`. Returns its exit status. */
static int run(const char *arguments, char text[8192])
{
	const char *build = getenv("BUILD") ? getenv("BUILD") : "build";
	char command[1024];
	size_t length;
	FILE *out;
	int status;

	snprintf(command, sizeof(command), "%s/parallaxctl %s 2>&1", build, arguments);
	out = popen(command, "r");
	assert_non_null(out);
	length = fread(text, 1, 8191, out);
	text[length] = '\0';
	status = pclose(out);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

struct row {
	const char *arguments;
	int status;
	const char *says;
};

static void check_rows(const struct row *rows, size_t count)
{
	char text[8192];
	int status;

	for (size_t i = 0; i < count; i++) {
		status = run(rows[i].arguments, text);
		if (status != rows[i].status || !strstr(text, rows[i].says))
			fail_msg("'%s': expected status %d and \"%s\", got %d and:\n%s",
				 rows[i].arguments, rows[i].status, rows[i].says, status, text);
	}
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void usage_errors(void **state)
{
	static const struct row rows[] = {
		{ "", 2, "usage: parallaxctl VERB" },
		{ "-o json", 2, "usage: parallaxctl VERB" },
		{ "statsu", 2, "unknown verb 'statsu': did you mean 'status'?" },
		{ "elephant", 2, "unknown verb 'elephant': see" },
		{ "status --folow", 2, "status: unknown flag '--folow'" },
		{ "flows --folow", 2, "did you mean '--follow'?" },
		{ "flows --format xml", 2, "--format is table, envoy or json, not 'xml'" },
		{ "status -o xml", 2, "-o is table, wide or json, not 'xml'" },
		{ "status --pin-dir", 2, "--pin-dir needs a value" },
		{ "status more", 2, "status: one word too many: 'more'" },
		{ "endpoints one two", 2, "endpoints: one word too many: 'two'" },
		{ "explain", 2, "explain: needs VIP:PORT" },
		{ "explain 10.0.0.1", 2, "'10.0.0.1' is no ADDRESS:PORT" },
		{ "explain 10.0.0.1:0", 2, "is no ADDRESS:PORT" },
		{ "explain 10.0.0.1:65536", 2, "is no ADDRESS:PORT" },
		{ "explain [fd00::1]:80", 2, "is not an IPv4 address" },
		{ "explain 10.0.0.1:80 --proto sctp", 2, "--proto is tcp or udp, not 'sctp'" },
		{ "explain 10.0.0.1:80 --from nobody", 2, "--from is ADDRESS or ADDRESS:PORT" },
		{ "explain 10.0.0.1:80 --from fd00::1", 2, "of two IP families" },
	};

	(void)state;
	CHECK_ROWS(rows);
}

/* Flags are accepted on both sides of the verb, and a value is never taken for the verb. */
static void flags_before_and_after(void **state)
{
	static const struct row rows[] = {
		{ NOWHERE " status", 1, "/proc/self/no-such-directory: " },
		{ "status " NOWHERE, 1, "/proc/self/no-such-directory: " },
		{ "--from 10.0.0.2 explain 10.0.0.1", 2, "'10.0.0.1' is no ADDRESS:PORT" },
		{ "--format xml flows", 2, "not 'xml'" },
		{ "--follow " NOWHERE " flows --format json", 1, "/proc/self/no-such-directory: " },
		{ "-o json version", 0, "\"schema\": 1" },
		{ "version -ojson", 0, "\"version\": \"" },
		{ "--output=json version", 0, "\"schema\": 1" },
		{ "version", 0, "parallaxctl " },
		{ "--version", 0, "parallaxctl " },
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void every_verb_has_help(void **state)
{
	static const char *const verbs[] = { "status", "services", "endpoints", "networks",
					     "gateways", "flows", "explain", "preview", "check",
					     "uninstall" };
	char arguments[64], expected[64], text[8192];

	(void)state;
	assert_int_equal(run("--help", text), 0);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		snprintf(expected, sizeof(expected), "\n  %s ", verbs[i]);
		assert_non_null(strstr(text, expected));
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		snprintf(arguments, sizeof(arguments), "%s --help", verbs[i]);
		snprintf(expected, sizeof(expected), "usage: parallaxctl %s", verbs[i]);
		assert_int_equal(run(arguments, text), 0);
		assert_non_null(strstr(text, expected));
	}
}

/* Without pins, each verb reports the directory it looked in; uninstall has nothing to do. */
static void without_a_data_plane(void **state)
{
	static const struct row rows[] = {
		{ "status " NOWHERE, 1, "parallaxctl: /proc/self/no-such-directory: " },
		{ "services " NOWHERE, 1, "parallaxctl: /proc/self/no-such-directory: " },
		{ "endpoints " NOWHERE, 1, "parallaxctl: /proc/self/no-such-directory: " },
		{ "networks " NOWHERE, 1, "parallaxctl: /proc/self/no-such-directory: " },
		{ "gateways " NOWHERE, 1, "parallaxctl: /proc/self/no-such-directory: " },
		{ "flows " NOWHERE, 1, "parallaxctl: /proc/self/no-such-directory: " },
		{ "explain 10.0.0.1:80 " NOWHERE, 1, "parallaxctl: /proc/self/no-such" },
		{ "check -o json " NOWHERE, 1, "\"fit\": false" },
		{ "check --config /proc/self/no-such-file " NOWHERE, 1, "no-such-file" },
	};

	(void)state;
	CHECK_ROWS(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usage_errors),
		cmocka_unit_test(flags_before_and_after),
		cmocka_unit_test(every_verb_has_help),
		cmocka_unit_test(without_a_data_plane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
