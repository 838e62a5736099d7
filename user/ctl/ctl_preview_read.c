/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl preview: the EDS files, one or a directory of them. */
#include "ctl_preview.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "eds_decode.h"
#include "file_list.h"
#include "problem.h"

/* Also one that was rejected: the agent serves the last good content of that name, not another file's. */
static const struct assignment *find_earlier(const struct eds_files *files, const char *name)
{
	for (size_t i = 0; i < files->count; i++) {
		for (size_t j = 0; j < files->sets[i]->count; j++) {
			if (!strcmp(files->sets[i]->items[j].name, name))
				return &files->sets[i]->items[j];
		}
	}
	return NULL;
}

static int reject_repeated(const struct eds_files *files, struct assignment_set *set,
			   const char *path)
{
	for (size_t i = 0; i < set->count; i++) {
		struct assignment *assignment = &set->items[i];

		if (assignment->rejected || !find_earlier(files, assignment->name))
			continue;
		assignment->rejected =
			arena_printf(set->arena, "%s: stands in an earlier file already", path);
		if (!assignment->rejected)
			return -ENOMEM;
	}
	return 0;
}

static int read_file(const char *path, struct eds_files *files, struct problems *problems)
{
	struct assignment_set *set;
	int error = eds_decode_file(path, &set, problems);

	if (error)
		return error;
	error = reject_repeated(files, set, path);
	files->sets[files->count++] = set;
	return error;
}

static int read_files(const char *path, const struct file_list *list, struct eds_files *files,
		      struct problems *problems)
{
	int error = 0;

	files->sets = calloc(list->count + 1, sizeof(struct assignment_set *));
	if (!files->sets)
		return -ENOMEM;
	for (size_t i = 0; i < list->count && !error; i++) {
		char name[PATH_MAX + NAME_MAX + 2];

		snprintf(name, sizeof(name), "%s%s%s", path, list->directory ? "/" : "",
			 list->directory ? list->names[i] : "");
		error = read_file(name, files, problems);
	}
	return error;
}

int preview_read(const char *path, struct eds_files *ret, struct problems *problems)
{
	struct eds_files files = {0};
	struct file_list list;
	int error = file_list_read(path, &list);

	if (error) {
		problems_add(problems, path, 0, 0, "cannot read: %s", strerror(-error));
		return error;
	}
	error = read_files(path, &list, &files, problems);
	file_list_done(&list);
	if (error)
		preview_read_done(&files);
	else
		*ret = files;
	return error;
}

void preview_read_done(struct eds_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		assignment_set_free(files->sets[i]);
	free(files->sets);
	*files = (struct eds_files){0};
}
