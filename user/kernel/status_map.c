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

/* Deletes the parts from `first` on, the last one first: an agent that dies meanwhile leaves no gap, behind
 * which parts would stay for good. */
static int delete_from(int fd, uint64_t record, uint32_t first)
{
	struct status_key key = { .record = record, .part = first };
	struct status_part part;
	int err = 0;

	while (!bpf_map_lookup_elem(fd, &key, &part))
		key.part++;
	while (!err && key.part-- > first)
		err = bpf_map_delete_elem(fd, &key) ? -errno : 0;
	return err;
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
	if (err)
		delete_from(fd, record, 0); /* part of a text only takes room */
	return err ? err : delete_from(fd, record, parts);
}

int status_map_delete(int fd, uint64_t record)
{
	return delete_from(fd, record, 0);
}

/* ------------------------------------------------------------------ reading */

/* Returns 0; -EAGAIN when the text was replaced meanwhile; -ENOENT, or -ENOMEM. */
static int read_once(int fd, uint64_t record, char **ret)
{
	struct status_key key = { .record = record };
	struct status_part first, part;
	char *text;

	if (bpf_map_lookup_elem(fd, &key, &first))
		return -ENOENT;
	text = calloc(1, (size_t)count_parts(first.length) * STATUS_PART_BYTES + 1);
	if (!text)
		return -ENOMEM;
	memcpy(text, first.text, STATUS_PART_BYTES);
	while (++key.part < count_parts(first.length)) {
		if (bpf_map_lookup_elem(fd, &key, &part) || part.version != first.version) {
			free(text);
			return -EAGAIN;
		}
		memcpy(text + (size_t)key.part * STATUS_PART_BYTES, part.text, STATUS_PART_BYTES);
	}
	*ret = text;
	return 0;
}

/* An agent that died within a write leaves a torn text for good: it is left out in the end. */
#define READ_TRIES 3

static int read_text(int fd, struct status_text *text)
{
	int err = -EAGAIN;

	for (int tries = 0; err == -EAGAIN && tries < READ_TRIES; tries++)
		err = read_once(fd, text->record, &text->text);
	return err;
}

static int add_record(void *arg, const void *key_bytes, const void *value)
{
	const struct status_key *key = key_bytes;
	struct status_texts *texts = arg;
	struct status_text *items;

	(void)value;
	if (key->part)
		return 0;
	items = texts->count & (texts->count - 1) ? texts->items : /* grow at powers of two */
		realloc(texts->items, (2 * texts->count + 1) * sizeof(*items));
	if (!items)
		return -ENOMEM;
	texts->items = items;
	items[texts->count++] = (struct status_text){ .record = key->record };
	return 0;
}

int status_map_list(int fd, struct status_texts *ret)
{
	int err;

	*ret = (struct status_texts){};
	err = hash_reader_walk(fd, sizeof(struct status_key), sizeof(struct status_part),
			       add_record, ret);
	if (err)
		status_texts_done(ret);
	return err;
}

int status_map_read(int fd, struct status_texts *ret)
{
	struct status_texts texts;
	size_t whole = 0;
	int err = status_map_list(fd, &texts);

	for (size_t i = 0; !err && i < texts.count; i++) {
		err = read_text(fd, &texts.items[i]);
		if (!err)
			texts.items[whole++] = texts.items[i];
		else if (err != -ENOMEM)
			err = 0;
	}
	texts.count = whole;
	if (err)
		status_texts_done(&texts);
	else
		*ret = texts;
	return err;
}

void status_texts_done(struct status_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->items[i].text);
	free(texts->items);
	*texts = (struct status_texts){};
}
