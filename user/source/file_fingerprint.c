/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether files changed, without reading them. */
#include "file_fingerprint.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <xxhash.h>

/* Times of files advance by ticks, of 10 ms at the longest. */
#define SETTLED_NS 20000000

static int64_t in_ns(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

static bool is_settled(const struct stat *st)
{
	struct timespec now;
	int64_t age;

	clock_gettime(CLOCK_REALTIME, &now);
	age = in_ns(&now) - in_ns(&st->st_ctim);
	return age > SETTLED_NS || age < -SETTLED_NS;
}

uint64_t file_stat_fingerprint(const struct stat *st)
{
	const struct {
		uint64_t device, inode, size;
		int64_t written, changed;
	} facts = { st->st_dev, st->st_ino, (uint64_t)st->st_size, in_ns(&st->st_mtim),
		    in_ns(&st->st_ctim) };

	return is_settled(st) ? XXH3_64bits(&facts, sizeof(facts)) : 0;
}

static uint64_t path_fingerprint(const char *path, uint64_t seed)
{
	static uint64_t unsettled;
	struct stat st;
	uint64_t fingerprint;

	if (stat(path, &st))
		return seed;
	fingerprint = file_stat_fingerprint(&st);
	if (!fingerprint)
		fingerprint = XXH3_64bits_withSeed(&unsettled, sizeof(unsettled), ++unsettled);
	return seed + fingerprint;
}

/* Summed, so that the order of readdir(3) does not matter. */
static uint64_t directory_fingerprint(DIR *dir, const char *path)
{
	char name[PATH_MAX];
	struct dirent *entry;
	uint64_t sum = 1;

	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(name, sizeof(name), "%s/%s", path, entry->d_name) < (int)sizeof(name))
			sum += path_fingerprint(name,
						XXH3_64bits(entry->d_name, strlen(entry->d_name)));
	}
	return sum;
}

uint64_t file_fingerprint(const char *path)
{
	DIR *dir = opendir(path);
	uint64_t fingerprint;

	if (!dir)
		return path_fingerprint(path, 0);
	fingerprint = directory_fingerprint(dir, path);
	closedir(dir);
	return fingerprint;
}
