/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Assignments from a file or a directory of files. */
#ifndef FILE_SOURCE_H
#define FILE_SOURCE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assignment.h"
#include "assignment_find.h"
#include "cluster_list.h"

struct held_set;

#define FILE_NO_PLACE UINT32_MAX

/* One resource of a file. */
struct file_resource {
	const char *name;
	const struct assignment *serving; /* good: this one, or the last good one; NULL: none yet */
	struct held_set *owner;           /* keeps `serving` alive */
	uint32_t place;                   /* in file_source.assignments; or FILE_NO_PLACE */
	uint32_t cluster; /* in file_source.clusters */
};

/* One file, as last read. */
struct file_entry {
	char *name; /* in its directory */
	struct file_resource *resources;
	size_t resource_count;
	struct held_set *set; /* the last one that could be read; owns the names */
	uint64_t hash;        /* of the bytes last read */
	uint64_t written;     /* st_mtim of it, in ns */
	uint64_t fingerprint; /* file_stat_fingerprint() of it; 0: to be read again */
	char *problem;  /* of the whole file; or NULL */
	char *rejected; /* of single resources; or NULL */
	char *duplicates; /* resources that stand elsewhere; or NULL */
	bool seen;
	bool placed; /* its resources have the places of those before them */
};

/* The resources of all files, sorted by name. */
struct file_source {
	char *path;
	struct file_entry *files; /* sorted by name */
	size_t file_count;
	const struct assignment **assignments;
	size_t assignment_count;
	struct listed_cluster *clusters;
	size_t cluster_count;
	char *problem; /* of the path itself; or NULL */
	bool read;     /* all files were listed and read once, and their content is held */
	uint64_t layout; /* differs whenever more than contents of `assignments` does */
};

/* Returns 0 or -ENOMEM; reads nothing yet. */
int file_source_new(const char *path, struct file_source **ret);
/* Accepts NULL. */
void file_source_free(struct file_source *source);

/* Reads all files again: *.yaml, *.yml and *.json of a directory in the order of their names, or the one
 * file. A file that cannot be read keeps its last good content; one that is gone takes its resources with
 * it; a resource in two files counts in the first. *ret_changed: assignments or problems differ from
 * before. Assignments of before are valid until this call only. Returns 0 or -ENOMEM; nothing is known
 * then. */
int file_source_refresh(struct file_source *source, bool *ret_changed);

/* The same, where nothing changed but files of these names in the directory. Returns -ENOENT, with
 * nothing done, when one of them is new or gone: then all is to be refreshed. */
int file_source_refresh_some(struct file_source *source, const char (*names)[NAME_MAX + 1],
			     size_t count, bool *ret_changed);

/* Those served, until the next refresh. */
struct assignment_list file_source_list(const struct file_source *source);
/* Those named, until the next refresh. A name without an assignment is not known while the path, one of
 * its files, or this resource could not be read yet; a path that was never there is of that kind, too. */
struct cluster_list file_source_clusters(const struct file_source *source);

/* The problems of a file and its resources, to be freed; NULL: none. */
char *file_entry_problem(const struct file_entry *entry);

#endif
