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

#define FILE_NOWHERE UINT32_MAX

/* One resource of a file. */
struct file_resource {
	const char *name;
	const struct assignment *serving; /* good: this one, or the last good one; NULL: none yet */
	struct held_set *owner;           /* keeps `serving` alive */
	uint32_t place;   /* in file_source.assignments; or FILE_NOWHERE */
	uint32_t cluster; /* in file_source.clusters */
};

/* One file, as last read. */
struct file_entry {
	char *name; /* in its directory */
	struct file_resource *resources;
	size_t resource_count;
	struct held_set *set; /* the last one that could be read; owns the names */
	uint64_t hash;        /* of the bytes last looked at */
	uint64_t written;     /* st_mtim of it, in ns */
	uint64_t fingerprint; /* file_stat_fingerprint() of it; 0: to be read again */
	size_t problem_count;
	char *problem;  /* of the whole file; or NULL */
	char *rejected; /* of single resources; or NULL */
	char *twice;    /* resources that stand elsewhere; or NULL */
	bool seen;
	bool placed; /* its resources have the places of those before them */
};

/* Everything the files say together, sorted by name of the resource. */
struct file_source {
	char *path;
	struct file_entry *files; /* sorted by name */
	size_t file_count;
	const struct assignment **assignments;
	size_t assignment_count;
	struct listed_cluster *clusters;
	size_t cluster_count;
	char *problem; /* of the path itself; or NULL */
	bool read;     /* the path was read whole once, and what it said is held */
	uint64_t layout; /* differs whenever more than contents of `assignments` does */
};

/* Returns 0 or -ENOMEM; reads nothing yet. */
int file_source_new(const char *path, struct file_source **ret);
/* Accepts NULL. */
void file_source_free(struct file_source *source);

/* Reads again what there is: *.yaml, *.yml and *.json of a directory in the order of their names,
 * or the one file. What cannot be read keeps its last good content; a file that is gone takes its
 * resources with it; a resource that stands in two files counts in the first. *ret_changed tells
 * whether assignments or problems differ from before. Assignments of before stay valid until this
 * call only. Returns 0 or -ENOMEM; nothing is known then. */
int file_source_refresh(struct file_source *source, bool *ret_changed);

/* The same, where nothing changed but files of these names in the directory. Returns -ENOENT, with
 * nothing done, when one of them is new or gone: then all is to be refreshed. */
int file_source_refresh_some(struct file_source *source, const char (*names)[NAME_MAX + 1],
			     size_t count, bool *ret_changed);

/* Those served, until the next refresh. */
struct assignment_list file_source_list(const struct file_source *source);
/* The assignment served under this name, or NULL. */
const struct assignment *file_source_find(const struct file_source *source, const char *name);

/* Those named, until the next refresh. A name without an assignment is not known while the path, one of
 * its files, or this resource could not be read yet; a path that was never there is of that kind, too. */
struct cluster_list file_source_clusters(const struct file_source *source);

/* What is wrong with a file, for people: NULL when all is well, else to be freed. */
char *file_entry_problem(const struct file_entry *entry);

#endif
