/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Token files as users and Kubernetes write them; and no file of a connection blocks the agent. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "grpc_tls.h"
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
		{ "two tokens", NULL, "it is not a token" },
		{ "two\ntokens\n", NULL, "it is not a token" },
		{ "tok\x7f"
		  "en",
		  NULL, "it is not a token" },
		{ "tok\xc3\xa9n", NULL, "it is not a token" },
	};
	char token[GRPC_TOKEN_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *why = read_written(rows[i].text, strlen(rows[i].text), token);

		assert_string_equal(why ? why : "", rows[i].why ? rows[i].why : "");
		if (rows[i].token)
			assert_string_equal(token, rows[i].token);
	}
	assert_string_equal(read_written("to\0ken", 6, token), "it is not a token");
}

/* A token that is cut off would be refused by the server, with a misleading reason. */
static void cuts_none(void **state)
{
	static char text[2 * GRPC_TOKEN_MAX];
	const struct {
		size_t letters, ends; /* and as many line ends */
		const char *why;
	} rows[] = {
		{ GRPC_TOKEN_MAX, 0, NULL },
		{ GRPC_TOKEN_MAX, 1, NULL },
		{ GRPC_TOKEN_MAX + 1, 0, "it is too long for a token" },
		{ GRPC_TOKEN_MAX + 1, 1, "it is too long for a token" },
		{ sizeof(text), 0, "it is too long for a token" },
		{ 1, sizeof(text) - 1, "it is too long for a token" },
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

static void make_socket(const char *at)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(addr.sun_path, at);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
}

/* Opening a FIFO waits for a writer, and a device may never end. The alarm ends a test that waits. */
static void takes_regular_files_only(void **state)
{
	static const struct {
		const char *path, *why;
	} rows[] = {
		{ "/tmp/parallax-token-fifo", "not a regular file" },
		{ "/tmp/parallax-token-socket", "No such device or address" },
		{ "/dev/zero", "not a regular file" },
		{ "/tmp", "Is a directory" },
	};
	char token[GRPC_TOKEN_MAX + 1];

	(void)state;
	unlink(rows[0].path);
	unlink(rows[1].path);
	assert_int_equal(mkfifo(rows[0].path, 0600), 0);
	make_socket(rows[1].path);
	alarm(20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *file = rows[i].path;
		const struct grpc_tls_options options = { file, "localhost", file, file };

		assert_string_equal(grpc_token_read(file, token), rows[i].why);
		for (int kind = GRPC_TLS_CA; kind <= GRPC_TLS_KEY; kind++) {
			char reason[GRPC_REASON];

			assert_int_equal(grpc_tls_try(&options, (enum grpc_tls_file)kind, reason),
					 -EINVAL);
			assert_non_null(strstr(reason, file));
			assert_non_null(strstr(reason, rows[i].why));
		}
	}
	alarm(0);
	unlink(rows[0].path);
	unlink(rows[1].path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_tokens),
		cmocka_unit_test(cuts_none),
		cmocka_unit_test(tells_what_cannot_be_read),
		cmocka_unit_test(takes_regular_files_only),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
