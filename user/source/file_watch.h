/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Watches the directories of our files, by inotify(7). */
#ifndef FILE_WATCH_H
#define FILE_WATCH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Directories watched at once. */
#define FILE_WATCH_MAX 32

#define FILE_EVENT_NAMES 8

/* Events since this was last cleared. */
struct file_events {
	bool changed; /* anything */
	bool whole; /* a file was moved in, or its writer closed it: no more events need be waited for */
	bool more; /* something changed that `names` does not list */
	size_t count;
	/* Written or moved in, and to be read, of the directory that is the last path watched. */
	char names[FILE_EVENT_NAMES][NAME_MAX + 1];
};

struct file_watch;

/* Returns 0 or -errno. */
int file_watch_new(struct file_watch **ret);
/* Accepts NULL. */
void file_watch_free(struct file_watch *watch);

/* To be polled for reading. */
int file_watch_fd(const struct file_watch *watch);

/* Watches the directories in which these paths, and what they point to, lie: files are replaced by
 * rename, in Kubernetes by a rename of the symlink `..data`. A path that is a directory is watched
 * itself as well. Call it again after each change: links may lead elsewhere now. Returns 0 or
 * -errno; paths that do not exist are no error. */
int file_watch_set(struct file_watch *watch, const char *const *paths, size_t count);

/* Adds the events that are pending to *events. Returns 0 or -errno. */
int file_watch_read(struct file_watch *watch, struct file_events *events);

#endif
