/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The bearer token in a file that others renew. */
#ifndef GRPC_TOKEN_H
#define GRPC_TOKEN_H

#include <stddef.h>

/* Longest token, in bytes: some that Kubernetes projects have 2 KB. */
#define GRPC_TOKEN_MAX 16384

/* Reads the token, without the white space around it, as text into `ret` of GRPC_TOKEN_MAX + 1
 * bytes. Returns NULL, or the problem; `ret` is to be wiped either way. */
const char *grpc_token_read(const char *path, char *ret);

#endif
