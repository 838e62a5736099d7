/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The CNI configuration that the container runtime uses, where we may read it. */
#include "cni_files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file_read.h"

#define FILE_MAX (1u << 20)

static int is_config(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && (!strcmp(dot, ".conf") || !strcmp(dot, ".conflist") || !strcmp(dot, ".json"));
}

static int compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name); /* not by the locale */
}

static int read_file(const char *dir, const char *name, char *ret_path, struct cni_config *ret)
{
	char path[PATH_MAX], *text;
	size_t length;
	int err;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	err = file_read(path, FILE_MAX, &text, &length, NULL);
	if (err)
		return err;
	err = cni_config_parse(text, length, ret);
	free(text);
	snprintf(ret_path, CNI_PATH_MAX, "%.*s", CNI_PATH_MAX - 1, path);
	return err;
}

int cni_files_read(const char *dir, char ret_path[CNI_PATH_MAX], struct cni_config *ret)
{
	struct dirent **entries;
	int count = scandir(dir, &entries, is_config, compare);
	int err = -ENOENT;

	for (int i = 0; i < count; i++) {
		if (err)
			err = read_file(dir, entries[i]->d_name, ret_path, ret);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return err ? -ENOENT : 0;
}
