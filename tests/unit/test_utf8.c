/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is no UTF-8 becomes question marks, byte by byte; by table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "utf8.h"

static const struct {
	const char *text, *expected;
} rows[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "\x7f", "\x7f" },
	{ "\xc2\x80 \xdf\xbf", "\xc2\x80 \xdf\xbf" },
	{ "\xe0\xa0\x80 \xef\xbf\xbf", "\xe0\xa0\x80 \xef\xbf\xbf" },
	{ "\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf" },
	{ "cut \xe2\x82", "cut ??" },       /* at the end of a buffer */
	{ "cut \xf0\x9f\x98", "cut ???" },
	{ "\xe2\x82x", "??x" },             /* in the middle */
	{ "\x80", "?" },                    /* no lead byte */
	{ "\xc0\x80", "??" },               /* overlong */
	{ "\xe0\x9f\xbf", "???" },
	{ "\xf0\x8f\xbf\xbf", "????" },
	{ "\xed\xa0\x80", "???" },          /* a surrogate */
	{ "\xf4\x90\x80\x80", "????" },     /* beyond Unicode */
	{ "\xf8\x88\x80\x80\x80", "?????" },
	{ "\xff\xfe", "??" },
};

static void cleans_what_the_table_says(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[32];

		snprintf(text, sizeof(text), "%s", rows[i].text);
		utf8_clean(text);
		assert_string_equal(text, rows[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleans_what_the_table_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
