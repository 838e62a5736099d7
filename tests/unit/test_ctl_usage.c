/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line of parallaxctl as a user meets it: verbs, flags, complaints, exit statuses. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sample_snapshot.h"

#define TEXT_MAX 65536
#define PREVIEW "preview --config tests/data/ctl/preview-config.yaml --eds tools/demo/eds-both.yaml"
#define NOWHERE "--pin-dir /proc/self/no-such-directory"

/* Runs the program of this build; its whole output in `text`. Returns its exit status. */
static int run(const char *arguments, char text[TEXT_MAX])
{
	const char *build = getenv("BUILD") ? getenv("BUILD") : "build";
	char command[1024];
	size_t length;
	FILE *out;
	int status;

	snprintf(command, sizeof(command), "%s/parallaxctl %s 2>&1", build, arguments);
	out = popen(command, "r");
	assert_non_null(out);
	length = fread(text, 1, TEXT_MAX - 1, out);
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
	char text[TEXT_MAX];
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
		{ "help elephant", 2, "unknown verb 'elephant': see" },
		{ "help satus", 2, "unknown verb 'satus': did you mean 'status'?" },
		{ "help status flows", 2, "help: one word too many: 'flows'" },
		{ "status --folow", 2, "status: unknown flag '--folow'" },
		{ "flows --folow", 2, "did you mean '--follow'?" },
		{ "flows --format xml", 2, "--format is table, envoy or json, not 'xml'" },
		{ "status -o xml", 2, "-o is table, wide, json or yaml, not 'xml'" },
		{ "status --pin-dir", 2, "--pin-dir needs a value" },
		{ "status more", 2, "status: one word too many: 'more'" },
		{ "endpoints one two", 2, "endpoints: one word too many: 'two'" },
		{ "keygen", 2, "keygen: the name of a network is needed" },
		{ "keygen a b c", 2, "keygen: one word too many: 'c'" },
		{ "keygen a 'b c'", 2, "keygen: 'b c' is no name of a network" },
		{ "keygen a --id 0", 2, "keygen: --id is a number from 1 to 65535, not '0'" },
		{ "keygen a --id 65536", 2, "--id is a number" },
		{ "keygen a --id 1x", 2, "--id is a number" },
		{ "keygen a --not-after 2027-02-30T00:00:00Z", 2, "--not-after is a time in UTC" },
		{ "explain", 2, "explain: needs VIP:PORT" },
		{ "explain 10.0.0.1", 2, "'10.0.0.1' is no ADDRESS:PORT" },
		{ "explain 10.0.0.1:80/sctp", 2, "is no ADDRESS:PORT or ADDRESS:PORT/tcp" },
		{ "explain 10.0.0.1:80/tcp --proto udp", 2,
		  "--proto and the address name two protocols" },
		{ "explain 10.0.0.1:0", 2, "is no ADDRESS:PORT" },
		{ "explain 10.0.0.1:65536", 2, "is no ADDRESS:PORT" },
		{ "explain 10.0.0.1:80 --proto sctp", 2, "--proto is tcp or udp, not 'sctp'" },
		{ "explain 10.0.0.1:80 --from nobody", 2, "--from is ADDRESS or ADDRESS:PORT" },
		{ "explain 10.0.0.1:80 --from fd00::1", 2, "of two IP families" },
		{ "flows --state draining", 2,
		  "flows: unknown state 'draining': They are opening" },
		{ "flows --state opning", 2, "did you mean 'opening'?" },
		{ "ep --state closing", 2, "endpoints: unknown state 'closing': They are active" },
		{ "flows --from here", 2,
		  "flows: --from is ADDRESS, ADDRESS/BITS or ADDRESS:PORT" },
		{ "flows --limit 0", 2, "flows: --limit is a number from 1, not '0'" },
		{ "flows --drops --limit 5", 2, "flows: --limit is for tables, JSON and YAML" },
		{ "ep --limit many", 2, "endpoints: --limit is a number from 1, not 'many'" },
		{ "flows --netwrok a", 2, "did you mean '--network'?" },
		{ "endpoints web --service web", 2, "both 'web' and --service name a service" },
		{ "flows --drops --format envoy", 2, "--drops has no --format envoy" },
		{ "flows --drops --state closing", 2, "--drops has no --state" },
		{ "flows --watch --follow", 2,
		  "--watch shows tables, --follow and --drops events" },
		{ "status --interval 2", 2, "status: --interval needs --watch" },
		{ "status --watch --interval 0", 2, "--interval is 0.1 to 86400 seconds, not '0'" },
		{ "status --watch --interval nan", 2, "not 'nan'" },
		{ "status --watch --interval 2s", 2, "not '2s'" },
		{ "version --watch", 2, "version: unknown flag '--watch'" },
		{ "completion", 2, "needs bash, zsh, fish or kubectl" },
		{ "completion tcsh", 2, "needs bash, zsh, fish or kubectl, not 'tcsh'" },
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
		{ "-f " NOWHERE " flows", 1, "/proc/self/no-such-directory: " },
		{ "--follow " NOWHERE " flows --format json", 1, "/proc/self/no-such-directory: " },
		{ "-o json version", 0, "\"schema\": 2" },
		{ "-o yaml version", 0, "schema: 2\nversion: " },
		{ "--version -o yaml", 0, "schema: 2\nversion: " },
		{ "version -ojson", 0, "\"version\": \"" },
		{ "--output=json version", 0, "\"schema\": 2" },
		{ "version", 0, "parallaxctl " },
		{ "--version", 0, "parallaxctl " },
	};

	(void)state;
	CHECK_ROWS(rows);
}

/* Its output stands in golden files; an archive, a number that changes with each release and a new secret do
 * not. */
static void assert_golden(const char *verb)
{
	char pattern[64];
	glob_t found;

	if (!strcmp(verb, "bugreport") || !strcmp(verb, "version") || !strcmp(verb, "keygen"))
		return;
	snprintf(pattern, sizeof(pattern), "tests/data/ctl/%s*", verb);
	if (glob(pattern, 0, NULL, &found))
		fail_msg("no file %s", pattern);
	globfree(&found);
}

/* The list and the help of each verb in it, as they stand in the golden files; `help VERB` and
 * `VERB --help` are one. */
static void every_verb_has_help(void **state)
{
	static char list[TEXT_MAX], text[TEXT_MAX], other[TEXT_MAX], all[TEXT_MAX];
	char arguments[64], verb[32];
	size_t verbs = 0, used;

	(void)state;
	assert_int_equal(run("help", list), 0);
	assert_int_equal(run("--help", text), 0);
	assert_string_equal(list, text);
	used = (size_t)snprintf(all, sizeof(all), "%s", list);
	for (char *line = strtok(list, "\n"); line; line = strtok(NULL, "\n")) {
		if (strncmp(line, "  ", 2) || sscanf(line + 2, "%31[a-z]", verb) != 1)
			continue;
		verbs++;
		assert_golden(verb);
		snprintf(arguments, sizeof(arguments), "help %s", verb);
		assert_int_equal(run(arguments, text), 0);
		snprintf(arguments, sizeof(arguments), "%s --help", verb);
		assert_int_equal(run(arguments, other), 0);
		assert_string_equal(text, other);
		used += (size_t)snprintf(all + used, sizeof(all) - used, "\n%s", text);
		assert_true(used < sizeof(all));
	}
	assert_true(verbs >= 14);
	golden_text("help.txt", all);
}

/* Of verbs whose output depends on their arguments alone. */
static void outputs_golden(void **state)
{
	static const char *const rows[][2] = {
		{ "completion bash", "completion.bash" },
		{ "completion zsh", "completion.zsh" },
		{ "completion fish", "completion.fish" },
		{ "completion kubectl", "completion.kubectl" },
		{ PREVIEW, "preview.txt" },
		{ PREVIEW " --health --drops", "preview-health.txt" },
		{ PREVIEW " --network network2", "preview-excluded.txt" },
		{ PREVIEW " -o json", "preview.json" },
		{ PREVIEW " -o yaml", "preview.yaml" },
	};
	static char text[TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (run(rows[i][0], text))
			fail_msg("'%s': %s", rows[i][0], text);
		golden_text(rows[i][1], text);
	}
}

static void aliases(void **state)
{
	static const struct row rows[] = {
		{ "help svc", 0, "usage: parallaxctl services" },
		{ "help ep", 0, "usage: parallaxctl endpoints" },
		{ "help gw", 0, "usage: parallaxctl gateways" },
		{ "svc " NOWHERE, 1, "parallaxctl: /proc/self/no-such-directory: " },
		{ "ep " NOWHERE, 1, "parallaxctl: /proc/self/no-such-directory: " },
		{ "gw " NOWHERE, 1, "parallaxctl: /proc/self/no-such-directory: " },
	};

	(void)state;
	CHECK_ROWS(rows);
}

/* The flag is stronger than the variable; an empty variable is none. */
static void pin_directory(void **state)
{
	static const struct row rows[] = {
		{ "status", 1, "parallaxctl: /proc/self/of-variable: " },
		{ "status " NOWHERE, 1, "parallaxctl: /proc/self/no-such-directory: " },
		{ "completion networks", 0, "" },
	};

	(void)state;
	setenv("PARALLAX_PIN_DIR", "/proc/self/of-variable", 1);
	CHECK_ROWS(rows);
	setenv("PARALLAX_PIN_DIR", "", 1);
	assert_string_equal(getenv("PARALLAX_PIN_DIR"), "");
	check_rows(&(struct row){ "help status", 0, "/sys/fs/bpf/parallax" }, 1);
	unsetenv("PARALLAX_PIN_DIR");
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
		{ "flows --follow " NOWHERE, 1, "parallaxctl: /proc/self/no-such" },
		{ "flows --drops " NOWHERE, 1, "parallaxctl: /proc/self/no-such" },
		{ "status --watch " NOWHERE, 1, "parallaxctl: /proc/self/no-such" },
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
		cmocka_unit_test(outputs_golden),
		cmocka_unit_test(aliases),
		cmocka_unit_test(pin_directory),
		cmocka_unit_test(without_a_data_plane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
