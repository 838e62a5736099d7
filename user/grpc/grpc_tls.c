/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TLS for one connection: the name the server must prove, and our certificate. */
#include "grpc_tls.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "addr.h"
#include "file_read.h"

#define FILE_MAX (16u << 20) /* bytes of certificates */

static const struct {
	const char *key, *content;
} files[] = {
	[GRPC_TLS_CA] = { "tls.caFile", "certificate" },
	[GRPC_TLS_CERTIFICATE] = { "tls.certificateFile", "certificate" },
	[GRPC_TLS_KEY] = { "tls.keyFile", "private key" },
};

/* OpenSSL's own texts ("PEM lib", "unsupported", "no start line") name its parts. Of its errors the first is
 * the file's own; those of its readers come after it. */
static void explain(const char *content, char *text, size_t size)
{
	unsigned long first = ERR_peek_error(), last = ERR_peek_last_error();

	if (ERR_GET_LIB(first) == ERR_LIB_SYS)
		snprintf(text, size, "%s", strerror(ERR_GET_REASON(first)));
	else if (ERR_GET_LIB(last) == ERR_LIB_X509 &&
		 (ERR_GET_REASON(last) == X509_R_KEY_VALUES_MISMATCH ||
		  ERR_GET_REASON(last) == X509_R_KEY_TYPE_MISMATCH))
		snprintf(text, size, "it does not match the certificate");
	else
		snprintf(text, size, "it holds no %s in PEM that can be read", content);
	ERR_clear_error();
}

/* OpenSSL would ask at the terminal. */
static int no_password(char *buf, int size, int writing, void *asked)
{
	*(bool *)asked = true;
	return -1;
}

/* A key of another type than the certificate's would go to a slot of its own, and be accepted. */
static bool use_key(SSL_CTX *ctx, const char *path, bool *ret_asked)
{
	X509 *certificate = SSL_CTX_get0_certificate(ctx);
	bool good;

	SSL_CTX_set_default_passwd_cb(ctx, no_password);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, ret_asked);
	good = SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM) == 1 &&
	       (!certificate || X509_check_private_key(certificate, SSL_CTX_get0_privatekey(ctx)));
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	return good;
}

static bool use_file(SSL_CTX *ctx, enum grpc_tls_file kind, const char *path, bool *ret_asked)
{
	if (kind == GRPC_TLS_CA)
		return SSL_CTX_load_verify_file(ctx, path) == 1;
	if (kind == GRPC_TLS_CERTIFICATE)
		return SSL_CTX_use_certificate_chain_file(ctx, path) == 1;
	return use_key(ctx, path, ret_asked);
}

/* OpenSSL takes paths only, and its open(2) would wait for the writer of a FIFO: it gets the path of the
 * descriptor of a regular file. */
static int load_file(SSL_CTX *ctx, enum grpc_tls_file kind, const char *file,
		     char reason[GRPC_REASON])
{
	char path[32], text[128];
	bool good = false, asked = false;
	struct stat st;
	int fd = file_open(file, FILE_MAX, &st);

	if (fd >= 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		good = use_file(ctx, kind, path, &asked);
		close(fd);
	}
	if (good)
		return 0;
	if (fd < 0)
		snprintf(text, sizeof(text), "%s", file_error(fd));
	else
		explain(files[kind].content, text, sizeof(text));
	snprintf(reason, GRPC_REASON, "%s %.300s: %s", files[kind].key, file,
		 asked ? "it is encrypted: keys with a password cannot be used" : text);
	return -EINVAL;
}

static int load_trust(SSL_CTX *ctx, const char *ca_file, char reason[GRPC_REASON])
{
	char text[128];

	if (ca_file)
		return load_file(ctx, GRPC_TLS_CA, ca_file, reason);
	if (SSL_CTX_set_default_verify_paths(ctx) == 1)
		return 0;
	explain("certificate", text, sizeof(text));
	snprintf(reason, GRPC_REASON, "the system's certificate authorities: %s", text);
	return -EINVAL;
}

static int load_identity(SSL_CTX *ctx, const struct grpc_tls_options *options,
			 char reason[GRPC_REASON])
{
	int err;

	if (!options->certificate_file)
		return 0;
	err = load_file(ctx, GRPC_TLS_CERTIFICATE, options->certificate_file, reason);
	return err ? err : load_file(ctx, GRPC_TLS_KEY, options->key_file, reason);
}

int grpc_tls_try(const struct grpc_tls_options *options, enum grpc_tls_file file,
		 char reason[GRPC_REASON])
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	char ignored[GRPC_REASON];
	int err;

	snprintf(reason, GRPC_REASON, "out of memory");
	ERR_clear_error();
	if (!ctx)
		return -ENOMEM;
	if (file == GRPC_TLS_CA) {
		err = load_trust(ctx, options->ca_file, reason);
	} else if (file == GRPC_TLS_CERTIFICATE) {
		err = load_file(ctx, file, options->certificate_file, reason);
	} else {
		load_file(ctx, GRPC_TLS_CERTIFICATE, options->certificate_file, ignored);
		err = load_file(ctx, file, options->key_file, reason);
	}
	SSL_CTX_free(ctx);
	return err;
}

static int make_context(const struct grpc_tls_options *options, SSL_CTX **ret,
			char reason[GRPC_REASON])
{
	static const unsigned char alpn[] = { 2, 'h', '2' };
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int err = ctx ? 0 : -ENOMEM;

	if (!err) {
		SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
		SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
					      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
		/* The end of the socket is an end, not a protocol error. */
		SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
		err = SSL_CTX_set_alpn_protos(ctx, alpn, sizeof(alpn)) ? -ENOMEM : 0;
	}
	if (!err)
		err = load_trust(ctx, options->ca_file, reason);
	if (!err)
		err = load_identity(ctx, options, reason);
	if (err)
		SSL_CTX_free(ctx);
	else
		*ret = ctx;
	return err;
}

/* Server names are checked against SAN, an address against its IP entries (RFC 6125); SNI is for
 * host names alone (RFC 6066 section 3). */
static int set_name(SSL *ssl, const char *name)
{
	struct addr addr;

	if (!addr_parse(name, &addr))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1 ? 0 : -ENOMEM;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1 ? 0 :
											   -ENOMEM;
}

int grpc_tls_open(const struct grpc_tls_options *options, int fd, SSL **ret,
		  char reason[GRPC_REASON])
{
	SSL_CTX *ctx = NULL;
	SSL *ssl = NULL;
	int err;

	snprintf(reason, GRPC_REASON, "out of memory");
	ERR_clear_error();
	err = make_context(options, &ctx, reason);
	if (err)
		return err;
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	err = ssl ? set_name(ssl, options->server_name) : -ENOMEM;
	if (!err && SSL_set_fd(ssl, fd) != 1)
		err = -ENOMEM;
	if (err) {
		SSL_free(ssl);
		return err;
	}
	SSL_set_connect_state(ssl);
	*ret = ssl;
	return 0;
}

void grpc_tls_reason(SSL *ssl, const char *doing, char reason[GRPC_REASON])
{
	long verified = SSL_get_verify_result(ssl);
	const char *why = ERR_reason_error_string(ERR_peek_error());

	if (verified != X509_V_OK)
		snprintf(reason, GRPC_REASON, "%s: the server's certificate is refused: %s", doing,
			 X509_verify_cert_error_string(verified));
	else
		snprintf(reason, GRPC_REASON, "%s: %s", doing,
			 why ? why : "the connection was closed");
	ERR_clear_error();
}
