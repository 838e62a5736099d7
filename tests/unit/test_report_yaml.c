/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* YAML of a tree reads back as the same tree: no text becomes a number, and no number a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report.h"
#include "report_yaml.h"
#include "sample_snapshot.h"

static char *written(const json_t *json)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	assert_int_equal(report_yaml_write(json, out), 0);
	fclose(out);
	return text;
}

/* The scalar as it stands in the document. */
static void assert_scalar(json_t *value, const char *expected)
{
	json_t *object = json_pack("{s:o}", "key", value);
	char *text = written(object), line[256];

	snprintf(line, sizeof(line), "key: %s\n", expected);
	assert_string_equal(text, line);
	free(text);
	json_decref(object);
}

static void texts_are_quoted_where_they_must_be(void **state)
{
	static const char *const rows[][2] = {
		{ "network1", "network1" },
		{ "10.20.194.146", "10.20.194.146" },
		{ "10.20.194.146:5000", "10.20.194.146:5000" },
		{ "10.0.0.0/8", "10.0.0.0/8" },
		{ "/etc/eds/b.yaml:3:7: expected a mapping",
		  "'/etc/eds/b.yaml:3:7: expected a mapping'" },
		{ "0.1.0", "0.1.0" },
		{ "outbound|5000||helloworld.sample", "outbound|5000||helloworld.sample" },
		{ "yes", "'yes'" },
		{ "NO", "'NO'" },
		{ "null", "'null'" },
		{ "True", "'True'" },
		{ "on", "'on'" },
		{ "y", "'y'" },
		{ "~", "'~'" },
		{ "", "''" },
		{ "-", "'-'" },
		{ "5", "'5'" },
		{ "1.5", "'1.5'" },
		{ "1e3", "'1e3'" },
		{ "0x10", "'0x10'" },
		{ "12:30:45", "'12:30:45'" },
		{ "190:20:30.15", "'190:20:30.15'" },
		{ "2026-11-24T21:00:00Z", "'2026-11-24T21:00:00Z'" },
		{ ".inf", "'.inf'" },
		{ "=", "'='" },
		{ "<<", "'<<'" },
		{ "# no comment", "'# no comment'" },
		{ "a: b", "'a: b'" },
		{ "it's", "it's" },
		{ "[fd00::1]:80", "'[fd00::1]:80'" },
		{ "two\nlines", "'two\n\n  lines'" },
		{ "tab\there", "\"tab\\there\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_scalar(json_string(rows[i][0]), rows[i][1]);
}

static void numbers_have_no_exponent(void **state)
{
	(void)state;
	assert_scalar(json_integer(1795554000123), "1795554000123");
	assert_scalar(json_real(0.5), "0.5");
	assert_scalar(json_real(0), "0.0");
	assert_scalar(json_real(0.000000001), "0.000000001");
	assert_scalar(json_real(1 / 3.0), "0.333333333");
	assert_scalar(json_true(), "true");
	assert_scalar(json_null(), "null");
	assert_scalar(json_array(), "[]");
	assert_scalar(json_object(), "{}");
}

/* One file is enough: golden_report() compares the YAML of each report with its JSON. */
static void document_golden(void **state)
{
	json_t *endpoints = report_endpoints(sample_snapshot(), NULL);
	char *text = written(endpoints);

	(void)state;
	golden_text("endpoints.yaml", text);
	free(text);
	json_decref(endpoints);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_quoted_where_they_must_be),
		cmocka_unit_test(numbers_have_no_exponent),
		cmocka_unit_test(document_golden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
