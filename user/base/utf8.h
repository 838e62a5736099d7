/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* UTF-8 (RFC 3629): the check, and foreign text made safe to show. */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Bytes of the character at `text`, which has `room` bytes; 0 for a zero byte and where no whole
 * character begins. Overlong forms, surrogates and code points beyond U+10FFFF are none. */
size_t utf8_length(const char *text, size_t room);

/* The same for zero-terminated text, and 0 also for control characters (C0, DEL, C1). */
size_t utf8_printable(const char *text);

/* True for UTF-8 without zero bytes, as proto3 requires of strings. */
bool utf8_valid(const char *text, size_t length);

/* Every byte that utf8_printable() refuses becomes '?', so that the text can go to a terminal, into
 * JSON or a protobuf string. A control character of two bytes becomes "??". */
void utf8_clean(char *text);
/* Writes `text` as utf8_clean() leaves it. */
void utf8_write(const char *text, FILE *out);

#endif
