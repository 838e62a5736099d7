/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The files that a source consists of. */
#include "file_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

static int add(struct file_list *list, const char *name)
{
	char **names = realloc(list->names, (list->count + 1) * sizeof(*names));

	if (!names)
		return -ENOMEM;
	list->names = names;
	names[list->count] = strdup(name);
	if (!names[list->count])
		return -ENOMEM;
	list->count++;
	return 0;
}

bool file_list_takes(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot != name && name[0] != '.' &&
	       (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml") || !strcmp(dot, ".json"));
}

static int read_directory(DIR *dir, struct file_list *list)
{
	struct dirent *entry;
	int err = 0;

	list->directory = true;
	while (!err && (entry = readdir(dir)))
		if (file_list_takes(entry->d_name))
			err = list->count == FILE_LIST_MAX ? -E2BIG : add(list, entry->d_name);
	text_sort_unique((const char **)list->names, list->count);
	return err;
}

static int read_one(const char *path, struct file_list *list)
{
	const char *slash = strrchr(path, '/');

	return access(path, F_OK) ? -errno : add(list, slash ? slash + 1 : path);
}

int file_list_read(const char *path, struct file_list *ret)
{
	struct file_list list = {};
	DIR *dir = opendir(path);
	int err;

	if (!dir && errno != ENOTDIR)
		return -errno;
	err = dir ? read_directory(dir, &list) : read_one(path, &list);
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
	for (size_t i = 0; i < list->count; i++)
		free(list->names[i]);
	free(list->names);
	*list = (struct file_list){};
}
