/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TLS for one connection: the name the server must prove, and our certificate. */
#ifndef GRPC_TLS_H
#define GRPC_TLS_H

#include <stddef.h>

#include <openssl/ssl.h>

#define GRPC_REASON 512

struct grpc_tls_options {
	const char *ca_file; /* NULL: the system's */
	const char *server_name; /* a host name or an IP address; never NULL */
	const char *certificate_file, *key_file; /* NULL: no client certificate */
};

/* Reads the files, so that renewed ones count; TLS 1.2 or newer, ALPN h2, the server's certificate
 * checked. The file descriptor is borrowed. Returns 0, or -EINVAL or -ENOMEM with `reason`. */
int grpc_tls_open(const struct grpc_tls_options *options, int fd, SSL **ret,
		  char reason[GRPC_REASON]);

enum grpc_tls_file { GRPC_TLS_CA, GRPC_TLS_CERTIFICATE, GRPC_TLS_KEY };

/* Whether grpc_tls_open() can use that file. The key has to match the certificate, where that can be
 * read. Returns 0, or -EINVAL or -ENOMEM with `reason`. */
int grpc_tls_try(const struct grpc_tls_options *options, enum grpc_tls_file file,
		 char reason[GRPC_REASON]);

/* The reason why the last call on `ssl` failed, for display. Empties the thread's error queue. */
void grpc_tls_reason(SSL *ssl, const char *doing, char reason[GRPC_REASON]);

#endif
