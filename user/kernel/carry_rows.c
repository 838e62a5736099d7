/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Copies the contents of maps that the agent alone writes. */
#include "carry_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "hash_reader.h"
#include "pins.h"

struct copy {
	int from, to;
	const struct layout_map *older, *ours;
	uint32_t *key, *value; /* ways from older to ours */
	void *new_key, *new_value;
	uint32_t rows; /* in use, of an array */
};

/* ------------------------------------------------------------------ hashes */

static void convert(const struct copy *copy, const void *key, const void *value)
{
	layout_convert(copy->key, copy->ours->key_size, key, copy->new_key);
	layout_convert(copy->value, copy->ours->value_size, value, copy->new_value);
}

static int put(const struct copy *copy)
{
	if (!bpf_map_update_elem(copy->to, copy->new_key, copy->new_value, BPF_ANY))
		return 0;
	return errno == E2BIG ? -ENOSPC : -errno;
}

static int copy_element(void *arg, const void *key, const void *value)
{
	convert(arg, key, value);
	return put(arg);
}

/* The bits by which keys of a trie became longer stand before those that count, and count as well. */
static int copy_to_trie(struct copy *copy, const void *key, const void *value)
{
	convert(copy, key, value);
	*(__u32 *)copy->new_key += 8 * (copy->ours->key_size - copy->older->key_size);
	return put(copy);
}

/* A trie has no batches: key by key. */
static int copy_trie(struct copy *copy)
{
	uint8_t *key = calloc(1, copy->older->key_size + copy->older->value_size);
	uint8_t *value = key ? key + copy->older->key_size : NULL;
	void *before = NULL;
	int err = key ? 0 : -ENOMEM;

	while (!err && !bpf_map_get_next_key(copy->from, before, key)) {
		before = key;
		err = bpf_map_lookup_elem(copy->from, key, value) ? -errno :
								    copy_to_trie(copy, key, value);
	}
	free(key);
	return err;
}

/* ------------------------------------------------------------------ arrays */

static bool is_zero(const uint8_t *bytes, size_t size)
{
	return !size || (!bytes[0] && !memcmp(bytes, bytes + 1, size - 1));
}

static int copy_row(const struct copy *copy, const struct pin_array *from, struct pin_array *to,
		    uint32_t row)
{
	size_t old_stride = pins_stride(copy->older->value_size);
	size_t stride = pins_stride(copy->ours->value_size);
	const uint8_t *old = (const uint8_t *)from->memory + row * old_stride;

	if (is_zero(old, copy->older->value_size))
		return 0;
	if (row >= to->count)
		return -ENOSPC;
	layout_convert(copy->value, copy->ours->value_size, old,
		       (uint8_t *)to->memory + row * stride);
	return 0;
}

static int copy_array(const struct copy *copy)
{
	struct pin_array from = {}, to = {};
	int err = pins_mmap(copy->from, false, &from);

	if (!err)
		err = pins_mmap(copy->to, true, &to);
	for (uint32_t row = 0; !err && row < from.count && row < copy->rows; row++)
		err = copy_row(copy, &from, &to, row);
	pins_unmap(&from);
	pins_unmap(&to);
	return err;
}

/* ------------------------------------------------------------------ any map */

static int run(struct copy *copy)
{
	struct pin_map info;
	int err = pins_map_info(copy->from, &info);

	if (err)
		return err;
	if (info.type == BPF_MAP_TYPE_ARRAY)
		return copy_array(copy);
	if (info.type == BPF_MAP_TYPE_LPM_TRIE)
		return copy_trie(copy);
	return hash_reader_walk(copy->from, copy->older->key_size, copy->older->value_size,
				copy_element, copy);
}

int carry_rows(int from, const struct layout_map *older, int to, const struct layout_map *ours,
	       uint32_t rows, const char **ret_field)
{
	struct copy copy = { .from = from, .to = to, .older = older, .ours = ours, .rows = rows };
	int err = layout_permute(older, ours, true, &copy.key, ret_field);

	if (!err)
		err = layout_permute(older, ours, false, &copy.value, ret_field);
	copy.new_key = malloc(ours->key_size + 1);
	copy.new_value = malloc(ours->value_size + 1);
	if (!err && (!copy.new_key || !copy.new_value))
		err = -ENOMEM;
	if (!err)
		err = run(&copy);
	free(copy.key);
	free(copy.value);
	free(copy.new_key);
	free(copy.new_value);
	return err;
}
