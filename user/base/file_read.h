/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Regular files, read without ever waiting: a FIFO, a socket or a device is an error. */
#ifndef FILE_READ_H
#define FILE_READ_H

#include <stddef.h>

struct stat;

/* Opens a regular file of at most `max` bytes for reading. Returns the descriptor, -EFBIG, -EISDIR,
 * -EINVAL when it is not a regular file, or another -errno. */
int file_open(const char *path, size_t max, struct stat *ret);

/* Reads it up to its end, which may move meanwhile, as zero-terminated text to be freed. `ret_stat` is of
 * before, or NULL. Returns 0, or -errno as above. */
int file_read(const char *path, size_t max, char **ret_text, size_t *ret_length,
	      struct stat *ret_stat);

/* The text of an error of the above; static. */
const char *file_error(int err);

#endif
