/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decimal numbers, read strictly. */
#ifndef DECIMAL_H
#define DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads `length` digits without sign, space or leading zero. False, with *ret untouched, for
 * anything else and for numbers above `max`. */
bool decimal_parse(const char *text, size_t length, uint64_t max, uint64_t *ret);

#endif
