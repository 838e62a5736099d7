/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory that is not needed now, given back to the system. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

/* To be called once, before the first allocation of size. */
void memory_keep_small(void);

/* From so many bytes on, what is about to be made of them is worth giving back before and after:
 * pages that come back cost a small update half its time. */
#define MEMORY_LARGE ((size_t)256 << 10)

/* Freed memory, and the clean pages of programs and libraries: what a start or a handshake needed of
 * them would else stay. Pages that are needed come back by themselves, without being read again. */
void memory_give_back(void);

#endif
