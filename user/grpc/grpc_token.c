/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The bearer token in a file that others renew. */
#include "grpc_token.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "file_read.h"

/* Some room for white space, so that a token of the full length may have an end of line. */
#define FILE_MAX (GRPC_TOKEN_MAX + 64)

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
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
		return "it is too long for a token";
	for (size_t i = 0; i < length; i++)
		if (text[i] <= ' ' || text[i] == 0x7f)
			return "it is not a token";
	memcpy(ret, text, length);
	ret[length] = '\0';
	return NULL;
}

const char *grpc_token_read(const char *path, char *ret)
{
	size_t length;
	char *text;
	int err = file_read(path, FILE_MAX, &text, &length, NULL);
	const char *why;

	if (err)
		return err == -EFBIG ? "it is too long for a token" : file_error(err);
	why = take(text, length, ret);
	explicit_bzero(text, length);
	free(text);
	return why;
}
