/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Requests to the API server with the pod's service account, one connection each. */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "pod.h"

#define ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"
#define TIMEOUT_SECONDS 10
#define TOKEN_MAX 16384
#define ANSWER_MAX (1u << 20)

static char *failed(const char *format, ...)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	va_list arguments;

	fputs("parallax-pod: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "%s%s\n", reason ? ": " : "", reason ? reason : "");
	ERR_clear_error();
	return NULL;
}

/* A file of the service account; PARALLAX_ACCOUNT names another directory than Kubernetes'. */
static const char *account_file(const char *name, char *buf, size_t size)
{
	const char *directory = getenv("PARALLAX_ACCOUNT");

	snprintf(buf, size, "%s/%s", directory ? directory : ACCOUNT, name);
	return buf;
}

static int read_token(char *token, size_t size)
{
	char path[PATH_MAX];
	FILE *file = fopen(account_file("token", path, sizeof(path)), "re");
	size_t length = file ? fread(token, 1, size - 1, file) : 0;

	if (file)
		fclose(file);
	token[length] = 0;
	token[strcspn(token, "\n")] = 0;
	return length ? 0 : -1;
}

/* A server that falls silent must not hold the pod for ever. */
static int limit(BIO *stream)
{
	const struct timeval timeout = { TIMEOUT_SECONDS, 0 };
	int fd = -1;

	BIO_get_fd(stream, &fd);
	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	       setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
}

/* A connection that checks the server's certificate for the address in the environment. */
static BIO *open_stream(SSL_CTX *context, const char *host, const char *port)
{
	BIO *stream = BIO_new_ssl_connect(context);
	SSL *ssl = NULL;

	if (!stream)
		return NULL;
	BIO_get_ssl(stream, &ssl);
	BIO_set_conn_hostname(stream, host);
	BIO_set_conn_port(stream, port);
	if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) != 1)
		SSL_set1_host(ssl, host);
	if (BIO_do_connect(stream) == 1 && !limit(stream) && BIO_do_handshake(stream) == 1)
		return stream;
	BIO_free_all(stream);
	return NULL;
}

static SSL_CTX *make_context(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	char path[PATH_MAX];

	if (!context)
		return NULL;
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
	if (SSL_CTX_load_verify_locations(context, account_file("ca.crt", path, sizeof(path)),
					  NULL) == 1)
		return context;
	SSL_CTX_free(context);
	return NULL;
}

/* Everything until the server closes: HTTP/1.0 answers come in one piece. */
static char *read_answer(BIO *stream, size_t *ret_length)
{
	char *answer = malloc(ANSWER_MAX + 1);
	size_t length = 0;
	int count;

	if (!answer)
		return NULL;
	while (length < ANSWER_MAX) {
		count = BIO_read(stream, answer + length, (int)(ANSWER_MAX - length));
		if (count <= 0)
			break;
		length += (size_t)count;
	}
	answer[length] = 0;
	*ret_length = length;
	return answer;
}

/* Keeps the body alone, if the status is one of success. */
static char *take_body(char *answer, size_t *length)
{
	char *end = strstr(answer, "\r\n\r\n");
	char status[64];

	snprintf(status, sizeof(status), "%.*s", (int)strcspn(answer, "\r\n"), answer);
	if (!end || !strstr(status, " 20")) {
		free(answer);
		return failed("it answered '%s'", status);
	}
	end += 4;
	*length -= (size_t)(end - answer);
	memmove(answer, end, *length + 1);
	return answer;
}

/* GET without a body, else POST. */
static char *ask(BIO *stream, const char *host, const char *path, const char *body, size_t *ret_length)
{
	char token[TOKEN_MAX], *answer;

	if (read_token(token, sizeof(token)))
		return failed("cannot read the token of the service account");
	BIO_printf(stream, "%s %s HTTP/1.0\r\nHost: %s\r\nAccept: application/json\r\n"
		   "Authorization: Bearer %s\r\n", body ? "POST" : "GET", path, host, token);
	if (body)
		BIO_printf(stream, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
			   strlen(body));
	BIO_puts(stream, "\r\n");
	if (body)
		BIO_puts(stream, body);
	answer = read_answer(stream, ret_length);
	return answer ? take_body(answer, ret_length) : failed("out of memory");
}

static char *request(const char *path, const char *body, size_t *ret_length)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");
	SSL_CTX *context = make_context();
	BIO *stream = NULL;
	char *answer;

	if (!host || !port || !context) {
		SSL_CTX_free(context);
		return failed("this is no pod with a service account");
	}
	stream = open_stream(context, host, port);
	answer = stream ? ask(stream, host, path, body, ret_length)
			: failed("cannot connect to %s:%s", host, port);
	BIO_free_all(stream);
	SSL_CTX_free(context);
	return answer;
}

char *api_get(const char *path, size_t *ret_length)
{
	return request(path, NULL, ret_length);
}

int api_post(const char *path, const char *body)
{
	size_t length;
	char *answer = request(path, body, &length);

	free(answer);
	return answer ? 0 : -1;
}

char *http_get(const char *host, const char *port, const char *path, size_t *ret_length)
{
	BIO *stream = BIO_new(BIO_s_connect());
	char *answer = NULL;

	if (!stream)
		return failed("out of memory");
	BIO_set_conn_hostname(stream, host);
	BIO_set_conn_port(stream, port);
	if (BIO_do_connect(stream) == 1 && !limit(stream)) {
		BIO_printf(stream, "GET %s HTTP/1.0\r\n\r\n", path);
		answer = read_answer(stream, ret_length);
	}
	BIO_free_all(stream);
	return answer ? take_body(answer, ret_length) : failed("cannot reach %s:%s", host, port);
}
