/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Token files as people and Kubernetes write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "grpc_token.h"

static char path[] = "/tmp/parallax-token-XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static const char *read_written(const char *text, size_t length, char *token)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	return grpc_token_read(path, token);
}

static void takes_tokens(void **state)
{
	static const struct {
		const char *text, *token, *why;
	} rows[] = {
		{ "eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln", NULL },
		{ "token\n", "token", NULL },
		{ "token\r\n", "token", NULL },
		{ "token \n\n", "token", NULL },
		{ "\n\t token", "token", NULL },
		{ "a-._~+/b==\n", "a-._~+/b==", NULL },
		{ "", NULL, "it is empty" },
		{ " \n", NULL, "it is empty" },
		{ "two tokens", NULL, "it is no token" },
		{ "two\ntokens\n", NULL, "it is no token" },
		{ "tok\x7f" "en", NULL, "it is no token" },
		{ "tok\xc3\xa9n", NULL, "it is no token" },
	};
	char token[GRPC_TOKEN_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *why = read_written(rows[i].text, strlen(rows[i].text), token);

		assert_string_equal(why ? why : "", rows[i].why ? rows[i].why : "");
		if (rows[i].token)
			assert_string_equal(token, rows[i].token);
	}
	assert_string_equal(read_written("to\0ken", 6, token), "it is no token");
}

/* A token that is cut off would be refused by the server, with words that lead astray. */
static void cuts_none(void **state)
{
	static char text[2 * GRPC_TOKEN_MAX];
	const struct {
		size_t letters, ends; /* and as many line ends */
		const char *why;
	} rows[] = {
		{ GRPC_TOKEN_MAX, 0, NULL },
		{ GRPC_TOKEN_MAX, 1, NULL },
		{ GRPC_TOKEN_MAX + 1, 0, "it is longer than any token" },
		{ GRPC_TOKEN_MAX + 1, 1, "it is longer than any token" },
		{ sizeof(text), 0, "it is longer than any token" },
		{ 1, sizeof(text) - 1, "it is longer than any token" },
	};
	char token[GRPC_TOKEN_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *why;

		memset(text, 'a', rows[i].letters);
		memset(text + rows[i].letters, '\n', rows[i].ends);
		why = read_written(text, rows[i].letters + rows[i].ends, token);
		assert_string_equal(why ? why : "", rows[i].why ? rows[i].why : "");
		if (!why)
			assert_int_equal(strlen(token), rows[i].letters);
	}
}

static void tells_what_cannot_be_read(void **state)
{
	char token[GRPC_TOKEN_MAX + 1];

	(void)state;
	assert_string_equal(grpc_token_read("/nonexistent/token", token),
			    "No such file or directory");
	assert_string_equal(grpc_token_read("/tmp", token), "Is a directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_tokens),
		cmocka_unit_test(cuts_none),
		cmocka_unit_test(tells_what_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
