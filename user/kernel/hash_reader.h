/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Walks a pinned BPF hash in batches. */
#ifndef HASH_READER_H
#define HASH_READER_H

#include <stdint.h>

/* Called with each element; non-zero stops the walk and is returned. */
typedef int (*hash_reader_visit)(void *arg, const void *key, const void *value);

/* Walks all elements of the map behind `fd`, whose sizes the caller has checked. An element that
 * is added or deleted meanwhile may or may not be seen. Returns 0 or -errno. */
int hash_reader_walk(int fd, uint32_t key_size, uint32_t value_size, hash_reader_visit visit,
		     void *arg);

#endif
