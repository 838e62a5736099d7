/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tells that something may have changed where files of ours lie. */
#ifndef FILE_WATCH_H
#define FILE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Directories watched at once. */
#define FILE_WATCH_MAX 32

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

/* Reads what there is; *ret_changed is set, never cleared, when a directory changed, and *ret_whole
 * when a file was moved in or its writer closed it: it need not be looked at again soon. */
int file_watch_read(struct file_watch *watch, bool *ret_changed, bool *ret_whole);

/* A number that changes when the file, or for a directory the set of its files or one of them,
 * is replaced or written; 0 when there is none. */
uint64_t file_signature(const char *path);

#endif
