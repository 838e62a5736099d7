/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads a BPF hash in batches. */
#include "hash_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#define FIRST_BATCH 1024
#define LAST_BATCH (1u << 20)

static int resize(struct hash_walk *walk, uint32_t room)
{
	free(walk->keys);
	free(walk->values);
	walk->keys = calloc(room, walk->key_size);
	walk->values = calloc(room, walk->value_size);
	walk->room = room;
	return walk->keys && walk->values ? 0 : -ENOMEM;
}

int hash_walk_start(struct hash_walk *walk, int fd, uint32_t key_size, uint32_t value_size)
{
	*walk = (struct hash_walk){ .fd = fd, .key_size = key_size, .value_size = value_size };
	return resize(walk, FIRST_BATCH);
}

void hash_walk_done(struct hash_walk *walk)
{
	free(walk->keys);
	free(walk->values);
	*walk = (struct hash_walk){};
}

/* Returns 1, or 0 with the last batch, or -errno. The position is a bucket number. */
static int read_batch(struct hash_walk *walk, uint32_t *ret_count)
{
	*ret_count = walk->room;
	if (!bpf_map_lookup_batch(walk->fd, walk->started ? &walk->position : NULL,
				  &walk->position, walk->keys, walk->values, ret_count, NULL)) {
		walk->started = true;
		return 1;
	}
	return errno == ENOENT ? 0 : -errno;
}

int hash_walk_step(struct hash_walk *walk, hash_reader_visit visit, void *arg)
{
	uint32_t count;
	int more = read_batch(walk, &count), err = 0;

	/* A single bucket may hold more than fits. */
	while (more == -ENOSPC && walk->room < LAST_BATCH && !err) {
		err = resize(walk, walk->room * 2);
		if (!err)
			more = read_batch(walk, &count);
	}
	if (err || more < 0)
		return err ? err : more;
	for (uint32_t i = 0; i < count && !err; i++)
		err = visit(arg, walk->keys + (size_t)i * walk->key_size,
			    walk->values + (size_t)i * walk->value_size);
	return err ? err : more;
}

int hash_reader_walk(int fd, uint32_t key_size, uint32_t value_size, hash_reader_visit visit,
		     void *arg)
{
	struct hash_walk walk;
	int err = hash_walk_start(&walk, fd, key_size, value_size);
	int more = 1;

	while (!err && more > 0)
		more = hash_walk_step(&walk, visit, arg);
	hash_walk_done(&walk);
	return err ? err : more;
}

static int list_element(void *arg, const void *key, const void *value)
{
	struct hash_list *list = arg;
	uint8_t *item;

	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 64;
		uint8_t *items = realloc(list->items, room * list->size);

		if (!items)
			return -ENOMEM;
		list->items = items;
		list->room = room;
	}
	item = memset(list->items + list->count++ * list->size, 0, list->size);
	if (list->fill) {
		list->fill(list->arg, item, key, value);
		return 0;
	}
	memcpy(item, key, list->key_size);
	memcpy(item + list->value_offset, value, list->value_size);
	return 0;
}

int hash_list_read(int fd, struct hash_list *list)
{
	return hash_reader_walk(fd, list->key_size, list->value_size, list_element, list);
}
