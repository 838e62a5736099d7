/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* No secret leaves the node: texts and configurations without them, and the archive they go into. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "redact.h"
#include "tar_gz.h"

static char *redacted(const char *text, bool config)
{
	char *result = NULL;
	size_t length;
	FILE *out = open_memstream(&result, &length);

	assert_non_null(out);
	if (config)
		assert_int_equal(redact_config("config.yaml", text, strlen(text), out), 0);
	else
		redact_text(text, strlen(text), out);
	fclose(out);
	return result;
}

static void texts(void **state)
{
	static const char *const rows[][2] = {
		{ "nothing here", NULL },
		{ "", NULL },
		{ "a eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOlsiaXN0aW8tY2EiXX0.c2lnbmF0dXJl b",
		  "a REDACTED b" },
		{ "eyJ is no token", NULL },
		{ "\"eyJhbGci.eyJhdWQi\"", "\"REDACTED\"" },
		{ "Authorization: Bearer abc.def-123 end", "Authorization: Bearer REDACTED end" },
		{ "bearer", NULL },
		{ "x -----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- y",
		  "x REDACTED y" },
		{ "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n"
		  "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n",
		  "REDACTED\nREDACTED" },
		{ "-----BEGIN ", "REDACTED" },
		{ "-----BEGIN A-----\n-----END A", "REDACTED" },
		{ "http://user:secret@host/path", "http://REDACTED@host/path" },
		{ "http://host/path@here", NULL },
		{ "/var/run/secrets/tokens/istio-token: no such file", NULL },
		{ "[fd00::1]:15012 10.0.0.1:80 outbound|80||a.b.svc", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *result = redacted(rows[i][0], false);

		assert_string_equal(result, rows[i][1] ? rows[i][1] : rows[i][0]);
		free(result);
	}
}

static const char config[] =
	"network: network1 # the password is swordfish\n"
	"source:\n"
	"  ads:\n"
	"    addresses: [istiod.istio-system.svc:15012, '10.0.0.1:15012']\n"
	"    tls: {caFile: /etc/ca.pem, keyFile: /etc/key.pem, certificateFile: \"MIIE/swordfish\"}\n"
	"    tokenFile: /var/run/secrets/tokens/istio-token\n"
	"    token: swordfish\n"
	"    node: {namespace: parallax, metadata: {PASSWORD: swordfish, deep: {er: swordfish}}}\n"
	"    maxMessageBytes: 1048576\n"
	"dbPassword: swordfish\n"
	"clientSecret: [swordfish]\n"
	"meshNetworks:\n"
	"  networks:\n"
	"    \"1\": {gateways: [{address: 192.0.2.1, port: 15443}]}\n"
	"services: []\n"
	"empty:\n"
	"flag: true\n";

static void configuration(void **state)
{
	static const char expected[] = "network: network1\n"
				       "source:\n"
				       "  ads:\n"
				       "    addresses:\n"
				       "    - istiod.istio-system.svc:15012\n"
				       "    - 10.0.0.1:15012\n"
				       "    tls:\n"
				       "      caFile: /etc/ca.pem\n"
				       "      keyFile: /etc/key.pem\n"
				       "      certificateFile: REDACTED\n"
				       "    tokenFile: /var/run/secrets/tokens/istio-token\n"
				       "    token: REDACTED\n"
				       "    node:\n"
				       "      namespace: parallax\n"
				       "      metadata: REDACTED\n"
				       "    maxMessageBytes: 1048576\n"
				       "dbPassword: REDACTED\n"
				       "clientSecret: REDACTED\n"
				       "meshNetworks:\n"
				       "  networks:\n"
				       "    '1':\n"
				       "      gateways:\n"
				       "      - address: 192.0.2.1\n"
				       "        port: 15443\n"
				       "services: []\n"
				       "empty: null\n"
				       "flag: true\n";
	char *result = redacted(config, true);

	(void)state;
	assert_string_equal(result, expected);
	assert_null(strstr(result, "swordfish"));
	free(result);
}

/* A file with a syntax error may hold anything. */
static void broken_configuration(void **state)
{
	char *result = redacted("token: swordfish\nnetwork: [a\n", true);

	(void)state;
	assert_null(strstr(result, "swordfish"));
	assert_non_null(strstr(result, "# config.yaml:"));
	free(result);
}

/* GNU tar reads what was written. */
static void archive(void **state)
{
	static char large[70000];
	char path[] = "/tmp/test-tar-XXXXXX", command[256], text[256];
	int fd = mkstemp(path);
	struct tar_gz *tar;
	size_t length;
	FILE *out;

	(void)state;
	memset(large, 'x', sizeof(large));
	assert_true(fd >= 0);
	assert_int_equal(tar_gz_open(fd, &tar), 0);
	assert_int_equal(tar_gz_add(tar, "a/one.txt", "hello\n", 6, 1000000000), 0);
	assert_int_equal(tar_gz_add(tar, "a/empty", "", 0, 0), 0);
	assert_int_equal(tar_gz_add(tar, "a/block", large, 512, 0), 0);
	assert_int_equal(tar_gz_add(tar, "a/large", large, sizeof(large), 0), 0);
	memset(large, 'n', 101);
	large[101] = '\0';
	assert_int_equal(tar_gz_add(tar, large, "", 0, 0), -ENAMETOOLONG);
	assert_int_equal(tar_gz_close(tar), 0);
	snprintf(command, sizeof(command),
		 "tar --utc -tvzf %s | awk '{print $1, $3, $4, $6}' && tar -xzOf %s a/one.txt",
		 path, path);
	out = popen(command, "r");
	assert_non_null(out);
	length = fread(text, 1, sizeof(text) - 1, out);
	text[length] = '\0';
	assert_int_equal(pclose(out), 0);
	unlink(path);
	assert_string_equal(text, "-rw------- 6 2001-09-09 a/one.txt\n"
				  "-rw------- 0 1970-01-01 a/empty\n"
				  "-rw------- 512 1970-01-01 a/block\n"
				  "-rw------- 70000 1970-01-01 a/large\n"
				  "hello\n");
}

/* A full disk, or a reader that went away, is an error. */
static void archive_into_nothing(void **state)
{
	int fd = open("/dev/full", O_WRONLY);
	struct tar_gz *tar;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(tar_gz_open(fd, &tar), 0);
	tar_gz_add(tar, "a", "hello", 5, 0);
	assert_int_equal(tar_gz_close(tar), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(configuration),
		cmocka_unit_test(broken_configuration),
		cmocka_unit_test(archive),
		cmocka_unit_test(archive_into_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
