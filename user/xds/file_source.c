/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Assignments from a file or a directory of files: what serves, file by file. */
#include "file_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file_entry.h"
#include "file_list.h"

int file_source_new(const char *path, struct file_source **ret)
{
	struct file_source *source = calloc(1, sizeof(*source));

	if (!source)
		return -ENOMEM;
	source->path = strdup(path);
	if (!source->path) {
		free(source);
		return -ENOMEM;
	}
	*ret = source;
	return 0;
}

void file_source_free(struct file_source *source)
{
	if (!source)
		return;
	for (size_t i = 0; i < source->file_count; i++)
		file_entry_done(&source->files[i]);
	free(source->files);
	free(source->assignments);
	free(source->problem);
	free(source->path);
	free(source);
}

/* ------------------------------------------------------------------ files */

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct file_entry *)a)->name, ((const struct file_entry *)b)->name);
}

static struct file_entry *find_entry(struct file_source *source, const char *name)
{
	for (size_t i = 0; i < source->file_count; i++)
		if (!strcmp(source->files[i].name, name))
			return &source->files[i];
	return NULL;
}

static int add_entry(struct file_source *source, const char *name, struct file_entry **ret)
{
	struct file_entry *files =
		realloc(source->files, (source->file_count + 1) * sizeof(*files));
	char *copy = strdup(name);

	if (files)
		source->files = files;
	if (!files || !copy) {
		free(copy);
		return -ENOMEM;
	}
	*ret = &files[source->file_count++];
	**ret = (struct file_entry){ .name = copy };
	return 0;
}

static int read_listed(struct file_source *source, const struct file_list *list, bool *changed)
{
	int err = 0;

	for (size_t i = 0; !err && i < list->count; i++) {
		struct file_entry *entry = find_entry(source, list->items[i].name);

		if (!entry) {
			err = add_entry(source, list->items[i].name, &entry);
			*changed = true;
		}
		if (!err)
			err = file_entry_read(entry, list->items[i].path, changed);
		if (!err)
			entry->seen = true;
	}
	return err;
}

static void drop_unseen(struct file_source *source, bool *changed)
{
	size_t kept = 0;

	for (size_t i = 0; i < source->file_count; i++) {
		struct file_entry *entry = &source->files[i];

		if (entry->seen) {
			source->files[kept++] = *entry;
			continue;
		}
		file_entry_done(entry);
		*changed = true;
	}
	source->file_count = kept;
	if (kept)
		qsort(source->files, kept, sizeof(*source->files), compare_entries);
}

/* ------------------------------------------------------------------ all together */

static int compare_assignments(const void *a, const void *b)
{
	const struct assignment *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

struct named_resource {
	struct file_resource *resource;
	struct file_entry *entry;
	size_t order;
};

static int compare_named(const void *a, const void *b)
{
	const struct named_resource *x = a, *y = b;
	int order = strcmp(x->resource->name, y->resource->name);

	return order ? order : x->order < y->order ? -1 : 1;
}

static int hide_repeated(struct named_resource *named, size_t count)
{
	int err = 0;

	for (size_t i = 1; !err && i < count; i++) {
		const struct named_resource *first = &named[i - 1];

		if (strcmp(first->resource->name, named[i].resource->name))
			continue;
		named[i].resource->hidden = true;
		err = file_entry_add_twice(named[i].entry, named[i].resource->name,
					   first->entry->name);
		named[i].entry = first->entry; /* a third one names the first */
	}
	return err;
}

static size_t count_resources(const struct file_source *source)
{
	size_t count = 0;

	for (size_t i = 0; i < source->file_count; i++)
		count += source->files[i].resource_count;
	return count;
}

static void collect_named(struct file_source *source, struct named_resource *named)
{
	size_t count = 0;

	for (size_t i = 0; i < source->file_count; i++) {
		struct file_entry *entry = &source->files[i];

		free(entry->twice);
		entry->twice = NULL;
		for (size_t j = 0; j < entry->resource_count; j++) {
			entry->resources[j].hidden = false;
			named[count] = (struct named_resource){ &entry->resources[j], entry, count };
			count++;
		}
	}
}

static int merge(struct file_source *source)
{
	size_t count = count_resources(source), kept = 0;
	struct named_resource *named = calloc(count + 1, sizeof(*named));
	const struct assignment **assignments = calloc(count + 1, sizeof(*assignments));
	int err = named && assignments ? 0 : -ENOMEM;

	if (!err) {
		collect_named(source, named);
		qsort(named, count, sizeof(*named), compare_named);
		err = hide_repeated(named, count);
	}
	for (size_t i = 0; !err && i < count; i++)
		if (!named[i].resource->hidden && named[i].resource->serving)
			assignments[kept++] = named[i].resource->serving;
	free(named);
	if (err) {
		free(assignments);
		return err;
	}
	qsort(assignments, kept, sizeof(*assignments), compare_assignments);
	free(source->assignments);
	source->assignments = assignments;
	source->assignment_count = kept;
	return 0;
}

static int set_problem(struct file_source *source, int list_err, bool *changed)
{
	char *problem = NULL;

	if (list_err && asprintf(&problem, "%s: %s", source->path, strerror(-list_err)) < 0)
		return -ENOMEM;
	*changed |= !problem != !source->problem ||
		    (problem && strcmp(problem, source->problem));
	free(source->problem);
	source->problem = problem;
	return 0;
}

static int refresh(struct file_source *source, bool *ret_changed)
{
	struct file_list list = {};
	bool changed = false;
	int err = file_list_read(source->path, &list);
	bool readable = !err, gone = err == -ENOENT || err == -ENOTDIR;

	if (err == -ENOMEM)
		return err;
	if (set_problem(source, err, &changed)) {
		file_list_done(&list);
		return -ENOMEM;
	}
	for (size_t i = 0; i < source->file_count; i++)
		source->files[i].seen = err && !gone; /* unreadable: keep what there is */
	err = read_listed(source, &list, &changed);
	file_list_done(&list);
	if (err)
		return err;
	drop_unseen(source, &changed);
	changed |= readable && !source->read;
	if (changed)
		err = merge(source);
	source->read |= readable && !err;
	*ret_changed = changed;
	return err;
}

int file_source_refresh(struct file_source *source, bool *ret_changed)
{
	int err = refresh(source, ret_changed);

	/* What is merged may be of files that are replaced already. */
	if (err) {
		source->assignment_count = 0;
		source->read = false;
	}
	return err;
}

static int compare_name(const void *key, const void *item)
{
	const struct assignment *const *assignment = item;

	return strcmp(key, (*assignment)->name);
}

const struct assignment *file_source_find(const struct file_source *source, const char *name)
{
	const struct assignment **found = NULL;

	if (source->assignment_count)
		found = bsearch(name, source->assignments, source->assignment_count,
				sizeof(*source->assignments), compare_name);
	return found ? *found : NULL;
}

static bool entry_knows(const struct file_entry *entry, const char *name)
{
	if (!entry->set)
		return false;
	for (size_t i = 0; i < entry->resource_count; i++)
		if (!entry->resources[i].serving && !strcmp(entry->resources[i].name, name))
			return false;
	return true;
}

bool file_source_knows(const struct file_source *source, const char *name)
{
	bool known = source->read;

	for (size_t i = 0; known && i < source->file_count; i++)
		known = entry_knows(&source->files[i], name);
	return known;
}
