/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* DNS host names: syntax and normal form. */
#include "host_name.h"

#include <ctype.h>
#include <string.h>

#define LABEL_MAX 63
#define NAME_LENGTH_MAX 253

static bool is_label(const char *label, size_t length, bool last)
{
	bool digits = true;

	if (!length || length > LABEL_MAX || label[0] == '-' || label[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)label[i];

		if (!isalnum(c) && c != '-' && c != '_')
			return false;
		digits = digits && isdigit(c);
	}
	return !(last && digits);
}

bool host_name_valid(const char *text)
{
	size_t length = strlen(text), label;

	if (length && text[length - 1] == '.')
		length--;
	if (!length || length > NAME_LENGTH_MAX)
		return false;
	for (const char *end = text + length; text <= end; text += label + 1) {
		label = strcspn(text, ".");
		if (label > (size_t)(end - text))
			label = (size_t)(end - text);
		if (!is_label(text, label, text + label == end))
			return false;
	}
	return true;
}

size_t host_name_normal(const char *text, size_t length, char buf[HOST_NAME_SIZE])
{
	if (length && text[length - 1] == '.')
		length--;
	if (length > HOST_NAME_SIZE - 1)
		length = HOST_NAME_SIZE - 1;
	for (size_t i = 0; i < length; i++)
		buf[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
	buf[length] = '\0';
	return length;
}
