/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Heads of HTTP requests: complete, refused and incomplete ones. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http_request.h"

#define HOST "Host: 127.0.0.1:15100\r\n"

/* The text ends where its allocation ends, so that a sanitizer detects a read beyond it. */
static int parse(const char *text, size_t length, struct http_request *ret)
{
	char *copy = malloc(length + 1);
	int status;

	assert_non_null(copy);
	memcpy(copy + 1, text, length);
	status = http_request_parse(copy + 1, length, ret);
	free(copy);
	return status;
}

static void table(void **state)
{
	static const struct {
		const char *text;
		int status;
		const char *path;
		bool head;
	} rows[] = {
		{ "GET /ready HTTP/1.1\r\n" HOST "\r\n", 0, "/ready", false },
		{ "HEAD /ready HTTP/1.1\r\n" HOST "\r\n", 0, "/ready", true },
		{ "GET /ready HTTP/1.0\r\n\r\n", 0, "/ready", false },
		{ "GET /ready HTTP/1.0\n\n", 0, "/ready", false },
		{ "\r\n\r\nGET / HTTP/1.0\r\n\r\n", 0, "/", false },
		{ "GET /stats/prometheus?format=text HTTP/1.1\r\n" HOST "\r\n", 0,
		  "/stats/prometheus", false },
		{ "GET http://localhost/ready?x HTTP/1.1\r\n" HOST "\r\n", 0, "/ready", false },
		{ "GET /ready HTTP/1.1\r\nhOST:x\r\n\r\nbody GET / HTTP/1.0\r\n\r\n", 0, "/ready", false },
		/* verbs */
		{ "POST /ready HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 405, NULL, false },
		{ "DELETE / HTTP/1.1\r\n" HOST "\r\n", 405, NULL, false },
		{ "OPTIONS / HTTP/1.1\r\n" HOST "\r\n", 405, NULL, false },
		{ "get /ready HTTP/1.1\r\n" HOST "\r\n", 405, NULL, false },
		{ "GETS /ready HTTP/1.1\r\n" HOST "\r\n", 405, NULL, false },
		{ "G(T /ready HTTP/1.1\r\n" HOST "\r\n", 400, NULL, false },
		/* request lines */
		{ "GET /ready\r\n\r\n", 400, NULL, false },
		{ "GET  /ready HTTP/1.1\r\n" HOST "\r\n", 400, NULL, false },
		{ "GET ready HTTP/1.1\r\n" HOST "\r\n", 400, NULL, false },
		{ "GET /re\tady HTTP/1.1\r\n" HOST "\r\n", 400, NULL, false },
		{ "GET /re\x01" "ady HTTP/1.1\r\n" HOST "\r\n", 400, NULL, false },
		{ "GET http://localhost HTTP/1.1\r\n" HOST "\r\n", 400, NULL, false },
		{ "GET /ready FTP/1.1\r\n" HOST "\r\n", 400, NULL, false },
		{ "GET /ready HTTP/2.0\r\n" HOST "\r\n", 505, NULL, false },
		{ "GET /ready HTTP/1.10\r\n" HOST "\r\n", 505, NULL, false },
		/* fields */
		{ "GET /ready HTTP/1.1\r\n\r\n", 400, NULL, false },
		{ "GET /ready HTTP/1.1\r\n" HOST HOST "\r\n", 400, NULL, false },
		{ "GET /ready HTTP/1.1\r\n" HOST "a b: c\r\n\r\n", 400, NULL, false },
		{ "GET /ready HTTP/1.1\r\n" HOST ": c\r\n\r\n", 400, NULL, false },
		/* not whole */
		{ "", -EAGAIN, NULL, false },
		{ "\r\n\r\n", -EAGAIN, NULL, false },
		{ "GET /ready HTTP/1.1\r\n" HOST "\r", -EAGAIN, NULL, false },
		{ "GET /ready HTTP/1.1\r\n" HOST, -EAGAIN, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct http_request request = { .path = "untouched" };
		int status = parse(rows[i].text, strlen(rows[i].text), &request);

		if (status != rows[i].status)
			fail_msg("%s: %d instead of %d", rows[i].text, status, rows[i].status);
		assert_string_equal(request.path, rows[i].path ? rows[i].path : "untouched");
		assert_int_equal(request.head, rows[i].head);
	}
}

/* Whatever comes first of a request is waited with, byte by byte. */
static void each_start_is_waited_for(void **state)
{
	static const char text[] = "\r\nGET /ready HTTP/1.1\r\n" HOST "Accept: */*\r\n\r\n";
	struct http_request request;

	(void)state;
	for (size_t length = 0; length < sizeof(text) - 1; length++)
		assert_int_equal(parse(text, length, &request), -EAGAIN);
	assert_int_equal(parse(text, sizeof(text) - 1, &request), 0);
}

static int parse_path(size_t length, struct http_request *ret)
{
	char text[HTTP_PATH_MAX + 64], path[HTTP_PATH_MAX + 2];

	memset(path, 'a', length);
	path[0] = '/';
	path[length] = '\0';
	snprintf(text, sizeof(text), "GET %s HTTP/1.0\r\n\r\n", path);
	return parse(text, strlen(text), ret);
}

static void long_paths(void **state)
{
	struct http_request request;

	(void)state;
	assert_int_equal(parse_path(HTTP_PATH_MAX - 1, &request), 0);
	assert_int_equal(strlen(request.path), HTTP_PATH_MAX - 1);
	assert_int_equal(parse_path(HTTP_PATH_MAX, &request), 414);
}

static void zero_bytes(void **state)
{
	static const char in_path[] = "GET /re\0ady HTTP/1.0\r\n\r\n";
	static const char in_field[] = "GET /ready HTTP/1.0\r\na\0: b\r\n\r\n";
	struct http_request request;

	(void)state;
	assert_int_equal(parse(in_path, sizeof(in_path) - 1, &request), 400);
	assert_int_equal(parse(in_field, sizeof(in_field) - 1, &request), 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(each_start_is_waited_for),
		cmocka_unit_test(long_paths),
		cmocka_unit_test(zero_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
