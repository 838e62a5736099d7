/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The files that a source consists of. */
#ifndef FILE_LIST_H
#define FILE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Files of one directory, as many as there may be services by default; more are an error. */
#define FILE_LIST_MAX 16384

struct file_list {
	char **names; /* sorted */
	size_t count;
	bool directory; /* they are in it; else the path is the one file */
};

/* The one file, or the *.yaml, *.yml and *.json of a directory; hidden ones never (Kubernetes keeps its
 * own there). Returns 0 with *ret to be given to file_list_done(); -ENOENT, -E2BIG or another
 * -errno. */
int file_list_read(const char *path, struct file_list *ret);
/* Whether a file of this name in a directory is one of them. */
bool file_list_takes(const char *name);
void file_list_done(struct file_list *list);

#endif
