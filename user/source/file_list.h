/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which files a source consists of. */
#ifndef FILE_LIST_H
#define FILE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Files of one directory, as many as there may be services by default; what lies beyond is an error,
 * not excluded. */
#define FILE_LIST_MAX 16384

struct file_list_item {
	char *name, *path;
};

struct file_list {
	struct file_list_item *items;
	size_t count;
};

/* The one file, or the *.yaml, *.yml and *.json of a directory in the order of their names; hidden
 * ones never (Kubernetes keeps its own there). Returns 0 with *ret to be given to file_list_done();
 * -ENOENT, -E2BIG or another -errno. */
int file_list_read(const char *path, struct file_list *ret);
/* Whether a file of this name in a directory is one of them. */
bool file_list_takes(const char *name);
void file_list_done(struct file_list *list);

#endif
