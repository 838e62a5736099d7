/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One file of a source: reads and decodes it, and keeps the last good content. */
#ifndef FILE_ENTRY_H
#define FILE_ENTRY_H

#include "file_source.h"

/* Reads `path` again. What cannot be read or decoded keeps the resources of before, a resource that
 * is refused keeps its own. *changed is set, never cleared, when resources or problems differ.
 * Returns 0 or -ENOMEM. */
int file_entry_read(struct file_entry *entry, const char *path, bool *changed);

/* Adds the problem that a resource is in the file `other` already. Returns 0 or -ENOMEM. */
int file_entry_add_duplicate(struct file_entry *entry, const char *resource, const char *other);

void file_entry_done(struct file_entry *entry);

#endif
