/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Regular files, read without ever waiting. */
#include "file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* O_NONBLOCK: opening a FIFO would wait for a writer (fifo(7)). */
int file_open(const char *path, size_t max, struct stat *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, ret))
		err = -errno;
	else if (!S_ISREG(ret->st_mode))
		err = S_ISDIR(ret->st_mode) ? -EISDIR : -EINVAL;
	else if ((unsigned long long)ret->st_size > max)
		err = -EFBIG;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int read_all(int fd, size_t max, size_t guess, char **ret_text, size_t *ret_length)
{
	size_t size = guess + 1, length = 0;
	char *text = malloc(size), *grown;
	ssize_t got;

	while (text) {
		got = read(fd, text + length, size - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || length + (size_t)got > max)
			break;
		length += (size_t)got;
		if (length < size)
			continue;
		grown = realloc(text, size *= 2);
		if (!grown)
			free(text);
		text = grown;
	}
	if (!text || got) {
		int err = !text ? -ENOMEM : got < 0 ? -errno : -EFBIG;

		free(text);
		return err;
	}
	text[length] = '\0';
	*ret_text = text;
	*ret_length = length;
	return 0;
}

int file_read(const char *path, size_t max, char **ret_text, size_t *ret_length,
	      struct stat *ret_stat)
{
	struct stat st;
	int fd = file_open(path, max, &st), err;

	if (fd < 0)
		return fd;
	err = read_all(fd, max, (size_t)st.st_size, ret_text, ret_length);
	close(fd);
	if (!err && ret_stat)
		*ret_stat = st;
	return err;
}

const char *file_error(int err)
{
	return err == -EINVAL ? "not a regular file" : strerror(-err);
}
