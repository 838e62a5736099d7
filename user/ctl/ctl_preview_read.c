/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl preview: the EDS files, one or a directory of them. */
#include "ctl_preview.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "eds_decode.h"
#include "problem.h"

/* Kubernetes mounts have `..data` and dated directories beside the links that count. */
static int is_eds_name(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot &&
	       (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml") || !strcmp(dot, ".json"));
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static const struct assignment *find_earlier(const struct eds_files *files, const char *name)
{
	for (size_t i = 0; i < files->count; i++) {
		for (size_t j = 0; j < files->sets[i]->count; j++) {
			if (!files->sets[i]->items[j].rejected &&
			    !strcmp(files->sets[i]->items[j].name, name))
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

static int read_directory(const char *path, struct eds_files *files, struct problems *problems)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_eds_name, by_bytes), error = 0;

	if (count < 0) {
		error = -errno;
		problems_add(problems, path, 0, 0, "%s", strerror(-error));
		return error;
	}
	files->sets = calloc((size_t)count + 1, sizeof(struct assignment_set *));
	if (!files->sets)
		error = -ENOMEM;
	for (int i = 0; i < count; i++) {
		char *name = NULL;

		if (!error && asprintf(&name, "%s/%s", path, entries[i]->d_name) < 0) {
			name = NULL;
			error = -ENOMEM;
		}
		if (!error)
			error = read_file(name, files, problems);
		free(name);
		free(entries[i]);
	}
	free(entries);
	return error;
}

int preview_read(const char *path, struct eds_files *ret, struct problems *problems)
{
	struct eds_files files = {0};
	struct stat status;
	int error;

	if (!stat(path, &status) && S_ISDIR(status.st_mode)) {
		error = read_directory(path, &files, problems);
	} else {
		files.sets = calloc(1, sizeof(struct assignment_set *));
		error = files.sets ? read_file(path, &files, problems) : -ENOMEM;
	}
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
