/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asynchronous getaddrinfo(3): each look-up runs in a thread of its own, and its result comes by a file
 * descriptor. */
#ifndef LOOKUP_H
#define LOOKUP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define LOOKUP_ADDRESSES_MAX 32 /* of one name; more are ignored */
#define LOOKUP_THREADS_MAX 16   /* of this process, those of cancelled look-ups included */

struct lookup_query {
	char host[256]; /* name or address */
	uint16_t port;  /* host order */
	int family;     /* AF_INET, AF_INET6 or AF_UNSPEC */
};

struct lookup_address {
	struct sockaddr_storage addr;
	socklen_t length;
};

struct lookup_result {
	struct lookup_address items[LOOKUP_ADDRESSES_MAX];
	size_t count;
	const char *problem; /* why there is none; static; or NULL */
};

/* Fills in a result that is empty, in a thread. */
typedef void (*lookup_fn)(const struct lookup_query *query, struct lookup_result *ret);

/* By getaddrinfo(3). */
void lookup_system(const struct lookup_query *query, struct lookup_result *ret);

/* Starts a look-up. *ret_fd becomes readable when the result is there, and is the caller's to close,
 * which also cancels: nothing waits for the thread. Returns 0, -EAGAIN while too many are under way, or
 * another -errno. */
int lookup_start(lookup_fn lookup, const struct lookup_query *query, int *ret_fd);
/* Reads the result, once `fd` is readable. */
void lookup_read(int fd, struct lookup_result *ret);

#endif
