/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The head of an HTTP request, as far as a server of pages needs it. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_PATH_MAX 256 /* bytes, with the final zero byte */

struct http_request {
	bool head;                /* HEAD, else GET */
	char path[HTTP_PATH_MAX]; /* without query */
};

/* Reads a request of GET or HEAD. Returns 0; -EAGAIN while the head is not whole; else the status
 * to refuse it with: 400, 405, 414, 505. Pure. */
int http_request_parse(const char *bytes, size_t length, struct http_request *ret);

#endif
