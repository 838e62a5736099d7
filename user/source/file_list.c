/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which files a source consists of. */
#include "file_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int add(struct file_list *list, const char *name, const char *directory, const char *path)
{
	struct file_list_item *items = realloc(list->items, (list->count + 1) * sizeof(*items));
	struct file_list_item item = { strdup(name), NULL };

	if (items)
		list->items = items;
	if (directory ? asprintf(&item.path, "%s/%s", directory, name) < 0 :
			!(item.path = strdup(path)))
		item.path = NULL;
	if (!items || !item.name || !item.path) {
		free(item.name);
		free(item.path);
		return -ENOMEM;
	}
	items[list->count++] = item;
	return 0;
}

bool file_list_takes(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot != name && name[0] != '.' &&
	       (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml") || !strcmp(dot, ".json"));
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct file_list_item *)a)->name,
		      ((const struct file_list_item *)b)->name);
}

static int read_directory(DIR *dir, const char *path, struct file_list *list)
{
	struct dirent *entry;
	int err = 0;

	while (!err && (entry = readdir(dir))) {
		if (!file_list_takes(entry->d_name))
			continue;
		err = list->count == FILE_LIST_MAX ? -E2BIG : add(list, entry->d_name, path, NULL);
	}
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare);
	return err;
}

static int read_one(const char *path, struct file_list *list)
{
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (stat(path, &st))
		return -errno;
	return add(list, slash ? slash + 1 : path, NULL, path);
}

int file_list_read(const char *path, struct file_list *ret)
{
	struct file_list list = {};
	DIR *dir = opendir(path);
	int err;

	if (!dir && errno != ENOTDIR)
		return -errno;
	err = dir ? read_directory(dir, path, &list) : read_one(path, &list);
	if (dir)
		closedir(dir);
	if (err) {
		file_list_done(&list);
		return err;
	}
	*ret = list;
	return 0;
}

void file_list_done(struct file_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].name);
		free(list->items[i].path);
	}
	free(list->items);
	*list = (struct file_list){};
}
