/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A file as one text in memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "problem.h"
#include "yaml_tree.h"

/* Until the end of the file, which may grow meanwhile. */
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

static int read_regular(int fd, size_t max, char **ret_text, size_t *ret_length)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((uint64_t)st.st_size > max)
		return -EFBIG;
	return read_all(fd, max, (size_t)st.st_size, ret_text, ret_length);
}

int yaml_tree_read_file(const char *path, size_t max, char **ret_text, size_t *ret_length,
			struct problems *problems)
{
	/* Non-blocking: a FIFO must not hold up the agent. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int err = fd < 0 ? -errno : read_regular(fd, max, ret_text, ret_length);

	if (fd >= 0)
		close(fd);
	if (err == -EFBIG)
		problems_add(problems, path, 0, 0, "larger than %zu bytes", max);
	else if (err)
		problems_add(problems, path, 0, 0, "cannot read: %s",
			     err == -EINVAL ? "not a regular file" : strerror(-err));
	return err;
}
