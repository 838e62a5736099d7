/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Text that is to go where only UTF-8 is taken. */
#include "utf8.h"

#include <stddef.h>
#include <stdint.h>

/* Of the lead byte alone, whose smallest code point tells overlong forms; 0: it leads nothing. */
static size_t lead_length(unsigned char lead, uint32_t *ret_code, uint32_t *ret_least)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 :
			lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 0;

	*ret_code = length < 2 ? lead : lead & (0x7fu >> length);
	*ret_least = least[length];
	return length;
}

/* Bytes of the character that begins here; 0: none does (RFC 3629, section 3). */
static size_t char_length(const unsigned char *text)
{
	uint32_t code, least;
	size_t length = lead_length(*text, &code, &least);

	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	return code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : length;
}

void utf8_clean(char *text)
{
	while (*text) {
		size_t length = char_length((const unsigned char *)text);

		if (!length)
			*text = '?';
		text += length ? length : 1;
	}
}
