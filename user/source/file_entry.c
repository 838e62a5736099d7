/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One file of a source: reads and decodes it, and keeps the last good content. */
#include "file_entry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <xxhash.h>

#include "array.h"
#include "eds_decode.h"
#include "file_fingerprint.h"
#include "file_read.h"
#include "monotonic.h"
#include "problem.h"
#include "text.h"

#define NS_PER_SECOND 1000000000u

/* Longest list of rejected resources in a problem. */
#define REASONS_MAX 4096

/* A decoded file that lives as long as one of its assignments serves. */
struct held_set {
	struct assignment_set *set;
	unsigned int references;
};

static void release(struct held_set *held)
{
	if (!held || --held->references)
		return;
	assignment_set_free(held->set);
	free(held);
}

static void free_resources(struct file_resource *resources, size_t count)
{
	for (size_t i = 0; i < count; i++)
		release(resources[i].owner);
	free(resources);
}

void file_entry_done(struct file_entry *entry)
{
	free_resources(entry->resources, entry->resource_count);
	release(entry->set);
	free(entry->name);
	free(entry->problem);
	free(entry->rejected);
	free(entry->duplicates);
	*entry = (struct file_entry){};
}

/* ------------------------------------------------------------------ problems */

static int replace_text(char **text, const char *with, bool *changed)
{
	char *copy = problems_join(with);

	if (*with && !copy)
		return -ENOMEM;
	*changed |= text_take(text, copy);
	return 0;
}

static int append(char **text, const char *line)
{
	char *longer;

	if (*text && strlen(*text) + strlen(line) > REASONS_MAX)
		return 0;
	if (asprintf(&longer, "%s%s%s", *text ? *text : "", *text ? "; " : "", line) < 0)
		return -ENOMEM;
	free(*text);
	*text = longer;
	return 0;
}

int file_entry_add_duplicate(struct file_entry *entry, const char *resource, const char *other)
{
	char *line;
	int err;

	if (asprintf(&line, "resource '%s' refused: it is in %s already", resource, other) < 0)
		return -ENOMEM;
	err = append(&entry->duplicates, line);
	free(line);
	return err;
}

char *file_entry_problem(const struct file_entry *entry)
{
	const char *const texts[] = { entry->problem, entry->rejected, entry->duplicates };
	char *all = NULL;

	for (size_t i = 0; i < COUNT(texts); i++)
		if (texts[i])
			append(&all, texts[i]);
	return all;
}

/* ------------------------------------------------------------------ resources */

static const struct file_resource *find_served(const struct file_entry *entry, const char *name)
{
	for (size_t i = 0; i < entry->resource_count; i++)
		if (entry->resources[i].serving && !strcmp(entry->resources[i].name, name))
			return &entry->resources[i];
	return NULL;
}

/* Whether each resource of the new set takes the place of the one before it. A file that could not be
 * read before may hide a resource. */
static bool fits(const struct file_entry *entry, const struct assignment_set *set)
{
	if (!entry->set || set->count != entry->resource_count)
		return false;
	for (size_t i = 0; i < set->count; i++)
		if (entry->resources[i].place == FILE_NO_PLACE || set->items[i].rejected ||
		    strcmp(entry->resources[i].name, set->items[i].name))
			return false;
	return true;
}

static void serve(const struct file_entry *entry, struct file_resource *resource,
		  const struct assignment *item, struct held_set *held)
{
	const struct file_resource *before = item->rejected ? find_served(entry, item->name) : NULL;

	resource->name = item->name;
	resource->place = FILE_NO_PLACE;
	if (!item->rejected) {
		resource->serving = item;
		resource->owner = held;
	} else if (before) {
		resource->serving = before->serving;
		resource->owner = before->owner;
	}
	if (resource->owner)
		resource->owner->references++;
}

static int collect_rejected(const struct assignment_set *set, char **ret)
{
	char *text = NULL, *line;
	int err = 0;

	for (size_t i = 0; !err && i < set->count; i++) {
		if (!set->items[i].rejected)
			continue;
		if (asprintf(&line, "resource '%s' refused: %s", set->items[i].name,
			     set->items[i].rejected) < 0)
			return -ENOMEM;
		err = append(&text, line);
		free(line);
	}
	*ret = text;
	return err;
}

static int adopt(struct file_entry *entry, struct assignment_set *set)
{
	struct held_set *held = calloc(1, sizeof(*held));
	struct file_resource *resources = calloc(set->count + 1, sizeof(*resources));
	char *rejected = NULL;

	if (!held || !resources || collect_rejected(set, &rejected)) {
		free(held);
		free(resources);
		free(rejected);
		assignment_set_free(set);
		return -ENOMEM;
	}
	*held = (struct held_set){ set, 1 };
	entry->placed = fits(entry, set);
	for (size_t i = 0; i < set->count; i++) {
		serve(entry, &resources[i], &set->items[i], held);
		if (entry->placed) {
			resources[i].place = entry->resources[i].place;
			resources[i].cluster = entry->resources[i].cluster;
		}
	}
	free_resources(entry->resources, entry->resource_count);
	release(entry->set);
	free(entry->rejected);
	entry->resources = resources;
	entry->resource_count = set->count;
	entry->set = held;
	entry->rejected = rejected;
	return 0;
}

/* ------------------------------------------------------------------ reading */

/* endpoint_stale_after counts from when an assignment was last received, changed or not. Returns whether
 * one of them has it. */
static bool stamp(struct assignment_set *set)
{
	uint64_t now = clock_monotonic_ns();
	bool counts = false;

	for (size_t i = 0; i < set->count; i++) {
		set->items[i].received_ns = now;
		counts |= set->items[i].stale_after_ms != 0;
	}
	return counts;
}

static int decode(struct file_entry *entry, const char *path, const char *text, size_t size,
		  bool *changed)
{
	struct problems problems = {};
	struct assignment_set *set;
	int err = eds_decode_text(path, text, size, &set, &problems);

	if (!err) {
		*changed = true;
		stamp(set);
		err = adopt(entry, set);
	} else if (err != -ENOMEM) {
		err = 0;
	}
	if (!err)
		err = replace_text(&entry->problem, problems_text(&problems), changed);
	problems_done(&problems);
	return err;
}

static int set_unreadable(struct file_entry *entry, const char *path, int why, bool *changed)
{
	char *line;
	int err;

	if (why == -ENOMEM || asprintf(&line, "%s: %s", path, file_error(why)) < 0)
		return -ENOMEM;
	err = replace_text(&entry->problem, line, changed);
	free(line);
	entry->hash = 0;
	entry->fingerprint = 0;
	return err;
}

/* Whether it is the very file that was read last. */
static bool is_read(const struct file_entry *entry, const char *path)
{
	struct stat st;

	return entry->fingerprint && !stat(path, &st) && file_stat_fingerprint(&st) == entry->fingerprint;
}

static int read_anew(struct file_entry *entry, const char *path, bool *changed)
{
	struct stat st;
	char *text = NULL;
	size_t size = 0;
	uint64_t hash, written;
	int err = file_read(path, EDS_MAX_BYTES, &text, &size, &st);

	if (err)
		return set_unreadable(entry, path, err, changed);
	written = (uint64_t)st.st_mtim.tv_sec * NS_PER_SECOND + (uint64_t)st.st_mtim.tv_nsec;
	hash = XXH3_64bits(text, size);
	if (!hash)
		hash = 1;
	if (hash != entry->hash)
		err = decode(entry, path, text, size, changed);
	else if (written != entry->written && entry->set)
		*changed |= stamp(entry->set->set);
	entry->written = written;
	free(text);
	if (!err) {
		entry->hash = hash;
		entry->fingerprint = file_stat_fingerprint(&st);
	}
	return err;
}

int file_entry_read(struct file_entry *entry, const char *path, bool *changed)
{
	return is_read(entry, path) ? 0 : read_anew(entry, path, changed);
}
