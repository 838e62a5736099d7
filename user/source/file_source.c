/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Assignments from a file or a directory of files: those in use, file by file. */
#include "file_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file_entry.h"
#include "file_list.h"
#include "text.h"

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
	free(source->clusters);
	free(source->problem);
	free(source->path);
	free(source);
}

/* ------------------------------------------------------------------ files */

/* The result of a refresh. */
struct file_change {
	bool any;    /* an assignment or a problem */
	bool places; /* which assignments there are */
};

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct file_entry *)a)->name, ((const struct file_entry *)b)->name);
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

static int read_one(struct file_entry *entry, const char *path, struct file_change *change)
{
	bool changed = false;
	int err;

	entry->placed = true;
	err = file_entry_read(entry, path, &changed);
	change->any |= changed;
	change->places |= !entry->placed;
	entry->seen |= !err;
	return err;
}

static bool file_path(const struct file_source *source, const char *name, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s/%s", source->path, name) < PATH_MAX;
}

/* Both are sorted; new entries are appended. */
static int read_listed(struct file_source *source, const struct file_list *list,
		       struct file_change *change)
{
	size_t known = source->file_count, at = 0;
	int err = 0;

	for (size_t i = 0; !err && i < list->count; i++) {
		const char *name = list->names[i];
		struct file_entry *entry = NULL;
		char path[PATH_MAX];

		while (at < known && strcmp(source->files[at].name, name) < 0)
			at++;
		if (at < known && !strcmp(source->files[at].name, name)) {
			entry = &source->files[at];
		} else {
			err = add_entry(source, name, &entry);
			change->any = change->places = true;
		}
		if (list->directory)
			file_path(source, name, path);
		if (!err)
			err = read_one(entry, list->directory ? path : source->path, change);
	}
	return err;
}

static void drop_unseen(struct file_source *source, struct file_change *change)
{
	size_t kept = 0;

	for (size_t i = 0; i < source->file_count; i++) {
		struct file_entry *entry = &source->files[i];

		if (entry->seen) {
			source->files[kept++] = *entry;
			continue;
		}
		file_entry_done(entry);
		change->any = change->places = true;
	}
	source->file_count = kept;
	if (kept && change->places)
		qsort(source->files, kept, sizeof(*source->files), compare_entries);
}

/* ------------------------------------------------------------------ all together */

struct sorted_resource {
	struct file_resource *resource;
	struct file_entry *entry;
	size_t order;
};

static int compare_sorted(const void *a, const void *b)
{
	const struct sorted_resource *x = a, *y = b;
	int order = strcmp(x->resource->name, y->resource->name);

	return order ? order : x->order < y->order ? -1 : 1;
}

static size_t count_resources(const struct file_source *source)
{
	size_t count = 0;

	for (size_t i = 0; i < source->file_count; i++)
		count += source->files[i].resource_count;
	return count;
}

static void collect_sorted(struct file_source *source, struct sorted_resource *named)
{
	size_t count = 0;

	for (size_t i = 0; i < source->file_count; i++) {
		struct file_entry *entry = &source->files[i];

		free(entry->duplicates);
		entry->duplicates = NULL;
		for (size_t j = 0; j < entry->resource_count; j++) {
			entry->resources[j].place = FILE_NO_PLACE;
			named[count] = (struct sorted_resource){ &entry->resources[j], entry,
								 count };
			count++;
		}
	}
}

struct merged {
	const struct assignment **assignments;
	struct listed_cluster *clusters;
	size_t assignment_count, cluster_count;
};

static void add_resource(struct merged *merged, struct file_resource *resource)
{
	resource->cluster = (uint32_t)merged->cluster_count;
	merged->clusters[merged->cluster_count++] =
		(struct listed_cluster){ resource->name, resource->serving };
	if (!resource->serving)
		return;
	resource->place = (uint32_t)merged->assignment_count;
	merged->assignments[merged->assignment_count++] = resource->serving;
}

/* Of those with one name the first counts. */
static int add_all_resources(struct merged *merged, const struct sorted_resource *named,
			     size_t count)
{
	const struct sorted_resource *first = named;
	int err = 0;

	for (size_t i = 0; !err && i < count; i++) {
		if (i && !strcmp(first->resource->name, named[i].resource->name)) {
			err = file_entry_add_duplicate(named[i].entry, named[i].resource->name,
						       first->entry->name);
			continue;
		}
		first = &named[i];
		add_resource(merged, first->resource);
	}
	return err;
}

static void replace_merged(struct file_source *source, const struct merged *merged)
{
	free(source->assignments);
	free(source->clusters);
	source->assignments = merged->assignments;
	source->assignment_count = merged->assignment_count;
	source->clusters = merged->clusters;
	source->cluster_count = merged->cluster_count;
	source->layout++;
}

static int merge(struct file_source *source)
{
	size_t count = count_resources(source);
	struct sorted_resource *named = calloc(count + 1, sizeof(*named));
	struct merged merged = { .assignments = calloc(count + 1, sizeof(*merged.assignments)),
				 .clusters = calloc(count + 1, sizeof(*merged.clusters)) };
	int err = named && merged.assignments && merged.clusters ? 0 : -ENOMEM;

	if (!err) {
		collect_sorted(source, named);
		qsort(named, count, sizeof(*named), compare_sorted);
		err = add_all_resources(&merged, named, count);
	}
	free(named);
	if (err) {
		free(merged.assignments);
		free(merged.clusters);
		return err;
	}
	replace_merged(source, &merged);
	return 0;
}

/* Of files whose resources are the same by name, no order changes. */
static void update_assignments(struct file_source *source, const struct file_entry *entry)
{
	for (size_t i = 0; i < entry->resource_count; i++) {
		const struct file_resource *resource = &entry->resources[i];

		if (resource->place == FILE_NO_PLACE)
			continue;
		source->assignments[resource->place] = resource->serving;
		source->clusters[resource->cluster].name = resource->name;
	}
}

static int update_merged(struct file_source *source, const struct file_change *change)
{
	if (change->places)
		return merge(source);
	for (size_t i = 0; change->any && i < source->file_count; i++)
		update_assignments(source, &source->files[i]);
	return 0;
}

static int list_problem(const struct file_source *source, int list_err, char **ret)
{
	if (list_err == -E2BIG)
		return asprintf(ret, "%s: more than %d files", source->path, FILE_LIST_MAX);
	return asprintf(ret, "%s: %s", source->path, strerror(-list_err));
}

static int set_problem(struct file_source *source, int list_err, bool *changed)
{
	char *problem = NULL;

	if (list_err && list_problem(source, list_err, &problem) < 0)
		return -ENOMEM;
	*changed |= text_take(&source->problem, problem);
	return 0;
}

static int refresh(struct file_source *source, bool *ret_changed)
{
	struct file_change change = {};
	struct file_list list = {};
	int err = file_list_read(source->path, &list);
	bool readable = !err, gone = err == -ENOENT || err == -ENOTDIR;

	if (err == -ENOMEM)
		return err;
	if (set_problem(source, err, &change.any)) {
		file_list_done(&list);
		return -ENOMEM;
	}
	for (size_t i = 0; i < source->file_count; i++)
		source->files[i].seen = err && !gone; /* unreadable: keep its resources */
	err = read_listed(source, &list, &change);
	file_list_done(&list);
	if (err)
		return err;
	drop_unseen(source, &change);
	if (readable && !source->read)
		change.any = change.places = true;
	err = update_merged(source, &change);
	source->read |= readable && !err;
	*ret_changed = change.any;
	return err;
}

/* Merged assignments may be of files that are replaced already. */
static int forget(struct file_source *source, int err)
{
	if (err) {
		source->assignment_count = source->cluster_count = 0;
		source->read = false;
		source->layout++;
	}
	return err;
}

int file_source_refresh(struct file_source *source, bool *ret_changed)
{
	return forget(source, refresh(source, ret_changed));
}

static int compare_file(const void *name, const void *entry)
{
	return strcmp(name, ((const struct file_entry *)entry)->name);
}

static struct file_entry *find_file(const struct file_source *source, const char *name)
{
	return source->file_count ? bsearch(name, source->files, source->file_count,
					    sizeof(*source->files), compare_file) : NULL;
}

static bool is_there(const struct file_source *source, const char *name)
{
	char path[PATH_MAX];

	return find_file(source, name) && file_path(source, name, path) && !access(path, F_OK);
}

static int refresh_one(struct file_source *source, struct file_entry *entry,
		       struct file_change *change)
{
	char path[PATH_MAX];
	int err;

	file_path(source, entry->name, path);
	err = read_one(entry, path, change);
	if (!err && entry->placed)
		update_assignments(source, entry);
	return err;
}

int file_source_refresh_some(struct file_source *source, const char (*names)[NAME_MAX + 1],
			     size_t count, bool *ret_changed)
{
	struct file_change change = {};
	int err = 0;

	if (!source->read)
		return -ENOENT;
	for (size_t i = 0; i < count; i++)
		if (!is_there(source, names[i]))
			return -ENOENT;
	for (size_t i = 0; !err && i < count; i++)
		err = refresh_one(source, find_file(source, names[i]), &change);
	if (!err && change.places)
		err = merge(source);
	*ret_changed = change.any;
	return forget(source, err);
}

struct assignment_list file_source_list(const struct file_source *source)
{
	return (struct assignment_list){ source->assignments, source->assignment_count };
}

struct cluster_list file_source_clusters(const struct file_source *source)
{
	bool complete = source->read;

	for (size_t i = 0; complete && i < source->file_count; i++)
		complete = source->files[i].set;
	return (struct cluster_list){ source->clusters, source->cluster_count, complete };
}
