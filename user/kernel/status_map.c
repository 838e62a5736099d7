/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The map `status`: texts of any length under record numbers, written by one agent, read by all. */
#include "status_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "hash_reader.h"
#include "parallax_abi.h"

/* ------------------------------------------------------------------ writing */

static uint32_t count_parts(size_t length)
{
	return (uint32_t)((length + STATUS_PART_BYTES - 1) / STATUS_PART_BYTES);
}

/* Deletes the parts from `first` on, which stand without a gap. */
static int delete_from(int fd, uint64_t record, uint32_t first)
{
	struct status_key key = { .record = record, .part = first };

	while (!bpf_map_delete_elem(fd, &key))
		key.part++;
	return errno == ENOENT ? 0 : -errno;
}

static int write_part(int fd, uint64_t record, uint32_t part, uint32_t version, const char *text,
		      size_t length)
{
	size_t start = (size_t)part * STATUS_PART_BYTES, left = length - start;
	struct status_key key = { .record = record, .part = part };
	struct status_part value = { .version = version, .length = (uint32_t)length };

	memcpy(value.text, text + start, left < STATUS_PART_BYTES ? left : STATUS_PART_BYTES);
	return bpf_map_update_elem(fd, &key, &value, BPF_ANY) ? -errno : 0;
}

static uint32_t next_version(int fd, uint64_t record)
{
	struct status_key key = { .record = record };
	struct status_part first;

	return bpf_map_lookup_elem(fd, &key, &first) ? 1 : first.version + 1;
}

int status_map_write(int fd, uint64_t record, const char *text, size_t length)
{
	uint32_t parts = count_parts(length), version = next_version(fd, record);
	int err = length > UINT32_MAX ? -E2BIG : 0;

	for (uint32_t part = 0; !err && part < parts; part++)
		err = write_part(fd, record, part, version, text, length);
	return err ? err : delete_from(fd, record, parts);
}

int status_map_delete(int fd, uint64_t record)
{
	return delete_from(fd, record, 0);
}

/* ------------------------------------------------------------------ reading */

struct element {
	struct status_key key;
	struct status_part value;
};

struct elements {
	struct element *items;
	size_t count, room;
};

static int add_element(void *arg, const void *key, const void *value)
{
	struct elements *list = arg;

	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 256;
		struct element *items = realloc(list->items, room * sizeof(*items));

		if (!items)
			return -ENOMEM;
		list->items = items;
		list->room = room;
	}
	memcpy(&list->items[list->count].key, key, sizeof(struct status_key));
	memcpy(&list->items[list->count++].value, value, sizeof(struct status_part));
	return 0;
}

static int compare_elements(const void *left, const void *right)
{
	const struct status_key *a = left, *b = right;

	if (a->record != b->record)
		return a->record < b->record ? -1 : 1;
	return a->part < b->part ? -1 : a->part > b->part;
}

/* Whether the elements, which are of one record, are all parts of one text. */
static bool is_whole(const struct element *first, size_t count)
{
	if (count != count_parts(first->value.length))
		return false;
	for (size_t i = 0; i < count; i++)
		if (first[i].key.part != i || first[i].value.version != first->value.version)
			return false;
	return true;
}

static int add_text(struct status_texts *texts, const struct element *first, size_t count)
{
	size_t length = first->value.length;
	char *text = malloc(length + 1);

	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		size_t start = i * STATUS_PART_BYTES, left = length - start;

		memcpy(text + start, first[i].value.text,
		       left < STATUS_PART_BYTES ? left : STATUS_PART_BYTES);
	}
	text[length] = '\0';
	texts->items[texts->count++] = (struct status_text){ first->key.record, text };
	return 0;
}

/* A text that was replaced while it was read is not whole. Returns 0, -EAGAIN or -ENOMEM. */
static int join(const struct elements *list, struct status_texts *texts)
{
	bool torn = false;
	int err = 0;

	texts->items = calloc(list->count + 1, sizeof(*texts->items));
	if (!texts->items)
		return -ENOMEM;
	for (size_t i = 0, end; !err && i < list->count; i = end) {
		const struct element *first = &list->items[i];

		for (end = i; end < list->count && list->items[end].key.record == first->key.record;)
			end++;
		if (is_whole(first, end - i))
			err = add_text(texts, first, end - i);
		else
			torn = true;
	}
	return !err && torn ? -EAGAIN : err;
}

static int read_once(int fd, struct status_texts *ret)
{
	struct elements list = {};
	int err = hash_reader_walk(fd, sizeof(struct status_key), sizeof(struct status_part),
				   add_element, &list);

	if (!err && list.count)
		qsort(list.items, list.count, sizeof(*list.items), compare_elements);
	if (!err)
		err = join(&list, ret);
	free(list.items);
	return err;
}

/* An agent that died within a write leaves a torn text for good, so that it is left out in the end. */
#define READ_TRIES 3

int status_map_read(int fd, struct status_texts *ret)
{
	struct status_texts texts = {};
	int err = -EAGAIN;

	for (int tries = 0; err == -EAGAIN && tries < READ_TRIES; tries++) {
		status_texts_done(&texts);
		err = read_once(fd, &texts);
	}
	if (err && err != -EAGAIN) {
		status_texts_done(&texts);
		return err;
	}
	*ret = texts;
	return 0;
}

void status_texts_done(struct status_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->items[i].text);
	free(texts->items);
	*texts = (struct status_texts){};
}
