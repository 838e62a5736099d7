/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decimal numbers, by table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "decimal.h"

#define REFUSED UINT64_C(12345) /* *ret is untouched */

static const struct {
	const char *text;
	uint64_t max, value;
} rows[] = {
	{"0", UINT64_MAX, 0},
	{"7", 7, 7},
	{"65535", 65535, 65535},
	{"18446744073709551615", UINT64_MAX, UINT64_MAX},
	{"", UINT64_MAX, REFUSED},
	{"8", 7, REFUSED},
	{"65536", 65535, REFUSED},
	{"18446744073709551616", UINT64_MAX, REFUSED},
	{"99999999999999999999999", UINT64_MAX, REFUSED},
	{"00", UINT64_MAX, REFUSED},
	{"01", UINT64_MAX, REFUSED},
	{"+1", UINT64_MAX, REFUSED},
	{"-1", UINT64_MAX, REFUSED},
	{" 1", UINT64_MAX, REFUSED},
	{"1 ", UINT64_MAX, REFUSED},
	{"1.0", UINT64_MAX, REFUSED},
	{"0x1", UINT64_MAX, REFUSED},
	{"1\xb2", UINT64_MAX, REFUSED},
};

static void reads_digits_alone(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t value = REFUSED;
		bool ok = decimal_parse(rows[i].text, strlen(rows[i].text), rows[i].max, &value);

		assert_int_equal(ok, rows[i].value != REFUSED);
		assert_int_equal(value, rows[i].value);
	}
}

static void keeps_to_its_length(void **unused)
{
	uint64_t value;

	(void)unused;
	assert_true(decimal_parse("123", 2, UINT64_MAX, &value));
	assert_int_equal(value, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_digits_alone),
		cmocka_unit_test(keeps_to_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
