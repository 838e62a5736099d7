/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Text that is to go where only UTF-8 is taken: JSON, protobuf strings. */
#ifndef UTF8_H
#define UTF8_H

/* Each byte that is no part of a whole character becomes '?'. */
void utf8_clean(char *text);

#endif
