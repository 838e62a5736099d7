/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which bytes are UTF-8, and which of them may be shown; by table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "utf8.h"

static const struct {
	const char *text, *clean;
	bool valid;
} rows[] = {
	{"", "", true},
	{"plain", "plain", true},
	/* the bounds of each length */
	{"\xc2\xa0 \xdf\xbf", "\xc2\xa0 \xdf\xbf", true},
	{"\xe0\xa0\x80 \xef\xbf\xbf", "\xe0\xa0\x80 \xef\xbf\xbf", true},
	{"\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf", true},
	{"\xed\x9f\xbf \xee\x80\x80", "\xed\x9f\xbf \xee\x80\x80", true}, /* beside the surrogates */
	/* control characters: C0, DEL, C1 */
	{"\x01\t\n\x1b[31m\x7f", "????[31m?", true},
	{"\xc2\x80 \xc2\x9b \xc2\x9f", "?? ?? ??", true},
	{"\x80 \x9b \x9f", "? ? ?", false}, /* the same in one byte, as ISO 8859 has them */
	/* truncated */
	{"cut \xc3", "cut ?", false},
	{"cut \xe2\x82", "cut ??", false},
	{"cut \xf0\x9f\x98", "cut ???", false},
	{"\xe2\x82x", "??x", false},
	{"\xf0\x9f\xc3\xa9", "??\xc3\xa9", false},
	/* overlong */
	{"\xc0\x80", "??", false},
	{"\xc1\xbf", "??", false},
	{"\xe0\x9f\xbf", "???", false},
	{"\xf0\x8f\xbf\xbf", "????", false},
	/* surrogates */
	{"\xed\xa0\x80", "???", false},
	{"\xed\xbf\xbf", "???", false},
	/* beyond Unicode, and bytes that never occur */
	{"\xf4\x90\x80\x80", "????", false},
	{"\xf5\x80\x80\x80", "????", false},
	{"\xf8\x88\x80\x80\x80", "?????", false},
	{"\xff\xfe", "??", false},
};

static void checks_and_cleans(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[32], written[32] = "";
		FILE *out = fmemopen(written, sizeof(written), "w");

		snprintf(text, sizeof(text), "%s", rows[i].text);
		assert_int_equal(utf8_valid(text, strlen(text)), rows[i].valid);
		utf8_write(text, out);
		fclose(out);
		assert_string_equal(written, rows[i].clean);
		utf8_clean(text);
		assert_string_equal(text, rows[i].clean);
	}
}

/* Nothing behind the bound is read, which a sanitizer sees. */
static void keeps_to_its_room(void **unused)
{
	static const char *const characters[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};

	(void)unused;
	for (size_t i = 0; i < 4; i++)
		for (size_t room = 0; room <= i + 1; room++) {
			char *text = malloc(room + !room);

			memcpy(text, characters[i], room);
			assert_int_equal(utf8_length(text, room), room == i + 1 ? room : 0);
			assert_int_equal(utf8_valid(text, room), !room || room == i + 1);
			free(text);
		}
	assert_false(utf8_valid("a\0b", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks_and_cleans),
		cmocka_unit_test(keeps_to_its_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
