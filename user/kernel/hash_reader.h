/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads a BPF hash in batches. */
#ifndef HASH_READER_H
#define HASH_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* State of a walk. Zero until hash_walk_start(). */
struct hash_walk {
	int fd;
	uint32_t key_size, value_size;
	uint8_t *keys, *values;
	uint32_t room, position;
	bool started;
};

/* Called with each element; a negative value stops the walk and is returned. */
typedef int (*hash_reader_visit)(void *arg, const void *key, const void *value);

/* Starts a walk in steps. Call hash_walk_done() in any case. Returns 0 or -ENOMEM. */
int hash_walk_start(struct hash_walk *walk, int fd, uint32_t key_size, uint32_t value_size);
/* Visits about a thousand elements: whole buckets, so that `visit` may delete its element. Returns 1 while there is more, 0 at the end, or -errno. */
int hash_walk_step(struct hash_walk *walk, hash_reader_visit visit, void *arg);
/* Accepts a walk that never started. */
void hash_walk_done(struct hash_walk *walk);

/* Walks all elements of the map behind `fd`, whose sizes the caller has checked. An element that
 * is added or deleted meanwhile may or may not be visited. Returns 0 or -errno. */
int hash_reader_walk(int fd, uint32_t key_size, uint32_t value_size, hash_reader_visit visit,
		     void *arg);

/* A growing array of items that hold a key at their beginning and a value, or what `fill` makes of both. */
struct hash_list {
	uint8_t *items; /* to be freed */
	size_t count, room, size;
	uint32_t key_size, value_offset, value_size;
	void (*fill)(const void *arg, void *item, const void *key, const void *value); /* or NULL */
	const void *arg;
};

#define HASH_LIST(type, key, value)                                                                \
	{                                                                                          \
		.size = sizeof(type), .key_size = sizeof(((type *)0)->key),                        \
		.value_offset = offsetof(type, value), .value_size = sizeof(((type *)0)->value),   \
	}

/* Appends all elements of the map behind `fd`, whose sizes the caller has checked. Returns 0 or
 * -errno. */
int hash_list_read(int fd, struct hash_list *list);

#endif
