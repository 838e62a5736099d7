/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* UTF-8 (RFC 3629): the check, and foreign text made safe to show. */
#include "utf8.h"

#define CHARACTER_MAX 4

size_t utf8_length(const char *text, size_t room)
{
	const unsigned char *at = (const unsigned char *)text;
	unsigned char lead = room ? at[0] : 0, low = 0x80, high = 0xbf;
	size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

	if (lead < 0x80)
		return lead != 0;
	if (lead < 0xc2 || lead > 0xf4 || room < length)
		return 0;
	/* RFC 3629 section 4: behind these the second byte has a smaller range. */
	low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : low;
	high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : high;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

size_t utf8_printable(const char *text)
{
	/* The zero byte ends every sequence, so nothing behind it is read. */
	size_t length = utf8_length(text, CHARACTER_MAX);
	const unsigned char *at = (const unsigned char *)text;
	bool c0 = at[0] < 0x20 || at[0] == 0x7f, c1 = length == 2 && at[0] == 0xc2 && at[1] < 0xa0;

	return c0 || c1 ? 0 : length;
}

bool utf8_valid(const char *text, size_t length)
{
	size_t step;

	for (; length; text += step, length -= step) {
		/* Most strings are ASCII: without this shortcut they take six times as long. */
		step = (signed char)*text > 0 ? 1 : utf8_length(text, length);
		if (!step)
			return false;
	}
	return true;
}

void utf8_clean(char *text)
{
	while (*text) {
		size_t length = utf8_printable(text);

		if (!length)
			*text = '?';
		text += length ? length : 1;
	}
}

void utf8_write(const char *text, FILE *out)
{
	while (*text) {
		size_t length = utf8_printable(text);

		fwrite(length ? text : "?", 1, length ? length : 1, out);
		text += length ? length : 1;
	}
}
