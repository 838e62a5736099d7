/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Returns unneeded memory to the system. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

/* Keeps large blocks off the heap. Call once, before any large allocation. */
void memory_keep_small(void);

/* Call memory_give_back() only around updates larger than this; after small ones the page faults
 * double their latency. */
#define MEMORY_LARGE ((size_t)256 << 10)

/* Returns freed memory and drops the clean pages of programs and libraries, of which a start or a
 * TLS handshake uses many only once. Dropped pages fault in again from the page cache. */
void memory_give_back(void);

#endif
