/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The bearer token in a file that others renew. */
#include "grpc_token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* White space and room for as much, so that a longer token is told from one with an end of line. */
#define FILE_MAX (GRPC_TOKEN_MAX + 64)

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* As far as there is room. Returns the count or -errno. */
static ssize_t read_all(const char *path, char *ret, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t count = fd < 0 ? -errno : 1;

	while (count > 0 && length < room) {
		count = read(fd, ret + length, room - length);
		if (count > 0)
			length += (size_t)count;
		else if (count < 0)
			count = -errno;
	}
	if (fd >= 0)
		close(fd);
	return count < 0 ? count : (ssize_t)length;
}

/* RFC 6750 section 2.1: no header takes white space or control characters within. */
static const char *take(const char *text, size_t length, char *ret)
{
	while (length && is_space(*text))
		text++, length--;
	while (length && is_space(text[length - 1]))
		length--;
	if (!length)
		return "it is empty";
	if (length > GRPC_TOKEN_MAX)
		return "it is longer than any token";
	for (size_t i = 0; i < length; i++)
		if (text[i] <= ' ' || text[i] == 0x7f)
			return "it is no token";
	memcpy(ret, text, length);
	ret[length] = '\0';
	return NULL;
}

const char *grpc_token_read(const char *path, char *ret)
{
	char text[FILE_MAX];
	ssize_t length = read_all(path, text, sizeof(text));
	const char *why = length < 0 ? strerror((int)-length) :
			  length == sizeof(text) ? "it is longer than any token" :
						   take(text, (size_t)length, ret);

	explicit_bzero(text, sizeof(text));
	return why;
}
