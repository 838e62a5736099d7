/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fuzzes the head of an HTTP request: whatever it is cut to, it is waited for or read as the whole. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CUTS 64

static void require(int condition)
{
	if (!condition)
		abort();
}

static void check_path(const char *path)
{
	require(path[0] == '/' && strnlen(path, HTTP_PATH_MAX) < HTTP_PATH_MAX);
	for (; *path; path++)
		require(*path != '?' && (unsigned char)*path > ' ' && *path != 0x7f);
}

/* In memory of just this size, so that a sanitizer sees any step beyond. */
static int parse(const uint8_t *data, size_t size, struct http_request *ret)
{
	char *copy = malloc(size ? size : 1);
	int status;

	require(copy != NULL);
	memcpy(copy, data, size);
	memset(ret, 0xa5, sizeof(*ret));
	status = http_request_parse(copy, size, ret);
	free(copy);
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_request whole, part;
	int status = parse(data, size, &whole);

	require(!status || status == -EAGAIN || status == 400 || status == 405 || status == 414 ||
		status == 505);
	if (!status)
		check_path(whole.path);
	for (size_t i = 0; i < CUTS; i++) {
		int at = parse(data, size * i / CUTS, &part);

		require(at == -EAGAIN || at == status);
		require(at || (part.head == whole.head && !strcmp(part.path, whole.path)));
	}
	return 0;
}
