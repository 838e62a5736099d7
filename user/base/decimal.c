/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decimal numbers, read strictly. */
#include "decimal.h"

bool decimal_parse(const char *text, size_t length, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (!length || (text[0] == '0' && length > 1))
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned int digit = (unsigned int)(text[i] - '0');

		if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit, &value) || value > max)
			return false;
	}
	*ret = value;
	return true;
}
