/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* DNS host names: syntax and normal form. */
#ifndef HOST_NAME_H
#define HOST_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define HOST_NAME_SIZE 256 /* 255 bytes and the zero byte */

/* RFC 1123 section 2.1, and underscores. A last label of digits alone is refused: it is a broken
 * IPv4 address. One final dot is accepted. */
bool host_name_valid(const char *text);

/* Writes `length` bytes of `text` into `buf` in lower case and without a final dot, cut to fit.
 * Returns the length written. Does not check the syntax. */
size_t host_name_normal(const char *text, size_t length, char buf[HOST_NAME_SIZE]);

#endif
