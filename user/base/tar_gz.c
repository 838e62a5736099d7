/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes a compressed archive of files in memory. */
#include "tar_gz.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#define BLOCK 512

/* POSIX.1-2017, pax: ustar Interchange Format. Numbers are octal, ended by a zero byte. */
struct header {
	char name[TAR_NAME_MAX], mode[8], uid[8], gid[8], size[12], time[12], checksum[8], type;
	char linkname[100], magic[6], version[2], user[32], group[32], major[8], minor[8];
	char prefix[155], rest[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "ustar header");

struct tar_gz {
	gzFile file;
	bool failed;
};

int tar_gz_open(int fd, struct tar_gz **ret)
{
	struct tar_gz *tar = calloc(1, sizeof(*tar));

	if (!tar)
		return -ENOMEM;
	tar->file = gzdopen(fd, "wb");
	if (!tar->file) {
		free(tar);
		return -ENOMEM;
	}
	*ret = tar;
	return 0;
}

static void put(struct tar_gz *tar, const void *data, size_t size)
{
	/* gzwrite() takes an unsigned int. */
	for (const char *at = data; size && !tar->failed;) {
		unsigned int part = size > 1u << 30 ? 1u << 30 : (unsigned int)size;

		tar->failed = gzwrite(tar->file, at, part) != (int)part;
		at += part;
		size -= part;
	}
}

static void octal(char *field, size_t size, unsigned long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%0*llo", (int)size - 1, value);
	memcpy(field, text, size);
}

/* The sum of all bytes, those of the sum itself read as spaces. */
static void set_checksum(struct header *header)
{
	const unsigned char *bytes = (const unsigned char *)header;
	unsigned int sum = 0;

	memset(header->checksum, ' ', sizeof(header->checksum));
	for (size_t i = 0; i < sizeof(*header); i++)
		sum += bytes[i];
	octal(header->checksum, 7, sum);
}

int tar_gz_add(struct tar_gz *tar, const char *name, const char *data, size_t size, time_t time)
{
	static const char zeros[BLOCK];
	struct header header = { .type = '0', .magic = "ustar", .version = { '0', '0' } };

	if (strlen(name) > sizeof(header.name))
		return -ENAMETOOLONG;
	memcpy(header.name, name, strlen(name));
	octal(header.mode, sizeof(header.mode), 0600);
	octal(header.uid, sizeof(header.uid), 0);
	octal(header.gid, sizeof(header.gid), 0);
	octal(header.size, sizeof(header.size), size);
	octal(header.time, sizeof(header.time), (unsigned long long)time);
	set_checksum(&header);
	put(tar, &header, sizeof(header));
	put(tar, data, size);
	put(tar, zeros, (BLOCK - size % BLOCK) % BLOCK);
	return tar->failed ? -EIO : 0;
}

int tar_gz_close(struct tar_gz *tar)
{
	static const char end[2 * BLOCK];
	bool failed;

	if (!tar)
		return 0;
	put(tar, end, sizeof(end));
	failed = tar->failed;
	failed |= gzclose(tar->file) != Z_OK;
	free(tar);
	return failed ? -EIO : 0;
}
