/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether files changed, without reading them. */
#ifndef FILE_FINGERPRINT_H
#define FILE_FINGERPRINT_H

#include <stdint.h>

struct stat;

/* A number that changes when the file is replaced or written. 0, equal to no other, of one that was
 * changed just now: another change may bear the same times. */
uint64_t file_stat_fingerprint(const struct stat *st);

/* The same of a file or, for a directory, of the set of its files and each of them: 0 when there is
 * none; a new number each time while something in it was changed just now. */
uint64_t file_fingerprint(const char *path);

#endif
