/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Walks a pinned BPF hash in batches. */
#include "hash_reader.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <bpf/bpf.h>

#define FIRST_BATCH 1024
#define LAST_BATCH (1u << 20)

struct batch {
	uint8_t *keys, *values;
	uint32_t room;
	uint32_t count; /* read last */
};

static int batch_resize(struct batch *batch, uint32_t room, uint32_t key_size, uint32_t value_size)
{
	free(batch->keys);
	free(batch->values);
	batch->keys = calloc(room, key_size);
	batch->values = calloc(room, value_size);
	batch->room = room;
	return batch->keys && batch->values ? 0 : -ENOMEM;
}

/* 0: more to come; 1: that was the last; or -errno. The position is a bucket number. */
static int batch_read(int fd, struct batch *batch, uint32_t *position, bool *started)
{
	batch->count = batch->room;
	if (!bpf_map_lookup_batch(fd, *started ? position : NULL, position, batch->keys,
				  batch->values, &batch->count, NULL)) {
		*started = true;
		return 0;
	}
	return errno == ENOENT ? 1 : -errno;
}

static int batch_visit(const struct batch *batch, uint32_t key_size, uint32_t value_size,
		       hash_reader_visit visit, void *arg)
{
	int err = 0;

	for (uint32_t i = 0; i < batch->count && !err; i++)
		err = visit(arg, batch->keys + (size_t)i * key_size,
			    batch->values + (size_t)i * value_size);
	return err;
}

int hash_reader_walk(int fd, uint32_t key_size, uint32_t value_size, hash_reader_visit visit,
		     void *arg)
{
	struct batch batch = {};
	uint32_t position = 0;
	bool started = false;
	int end, err;

	err = batch_resize(&batch, FIRST_BATCH, key_size, value_size);
	while (!err) {
		end = batch_read(fd, &batch, &position, &started);
		if (end == -ENOSPC && batch.room < LAST_BATCH) {
			/* One bucket alone holds more than fits. */
			err = batch_resize(&batch, batch.room * 2, key_size, value_size);
			continue;
		}
		err = end < 0 ? end : batch_visit(&batch, key_size, value_size, visit, arg);
		if (end)
			break;
	}
	free(batch.keys);
	free(batch.values);
	return err;
}
