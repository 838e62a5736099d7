/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes a compressed archive of files in memory: POSIX ustar within gzip (RFC 1952). */
#ifndef TAR_GZ_H
#define TAR_GZ_H

#include <stddef.h>
#include <time.h>

#define TAR_NAME_MAX 100 /* of a member, its zero byte excluded */

struct tar_gz;

/* Writes to `fd`, which tar_gz_close() closes. Returns 0 or -errno; then `fd` stays open. */
int tar_gz_open(int fd, struct tar_gz **ret);

/* Adds a regular file that its owner may read and write. Returns 0, -ENAMETOOLONG or -EIO. */
int tar_gz_add(struct tar_gz *tar, const char *name, const char *data, size_t size, time_t time);

/* Writes the end. Returns 0, or -EIO if the archive is not whole. Accepts NULL. */
int tar_gz_close(struct tar_gz *tar);

#endif
