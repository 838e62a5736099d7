/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Walks a pinned BPF hash in batches. */
#ifndef HASH_READER_H
#define HASH_READER_H

#include <stdbool.h>
#include <stdint.h>

/* Where a walk stands. Zero until hash_walk_start(). */
struct hash_walk {
	int fd;
	uint32_t key_size, value_size;
	uint8_t *keys, *values;
	uint32_t room, position;
	bool started;
};

/* Called with each element; a negative value stops the walk and is returned. */
typedef int (*hash_reader_visit)(void *arg, const void *key, const void *value);

/* For a walk in steps. Returns 0 or -ENOMEM; the walk is to be freed in either case. */
int hash_walk_start(struct hash_walk *walk, int fd, uint32_t key_size, uint32_t value_size);
/* Visits about a thousand elements: all of the next buckets, so that what was visited may be deleted
 * before the next step. Returns 1 when there is more to come, 0 at the end, or -errno. */
int hash_walk_step(struct hash_walk *walk, hash_reader_visit visit, void *arg);
/* Accepts a walk that never started. */
void hash_walk_done(struct hash_walk *walk);

/* Walks all elements of the map behind `fd`, whose sizes the caller has checked. An element that
 * is added or deleted meanwhile may or may not be seen. Returns 0 or -errno. */
int hash_reader_walk(int fd, uint32_t key_size, uint32_t value_size, hash_reader_visit visit,
		     void *arg);

#endif
