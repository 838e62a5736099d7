/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One question to the system's resolver, asked in a thread so that the loop goes on. */
#ifndef GRPC_LOOKUP_H
#define GRPC_LOOKUP_H

#include <stdint.h>
#include <sys/socket.h>

#include <event2/event.h>

#define GRPC_LOOKUP_MAX 16 /* addresses of one name */

struct grpc_endpoint {
	struct sockaddr_storage addr;
	socklen_t length;
};

struct grpc_lookup_result {
	struct grpc_endpoint endpoints[GRPC_LOOKUP_MAX];
	size_t count;
	const char *problem; /* why there is none, static */
};

struct grpc_lookup;

/* `done` is called once from the loop, never from within this call; the lookup is then gone.
 * Returns 0 or -errno. */
int grpc_lookup_start(struct event_base *base, const char *host, uint16_t port,
		      void (*done)(void *arg, const struct grpc_lookup_result *result), void *arg,
		      struct grpc_lookup **ret);
/* Does not wait for the thread; `done` is not called any more. Accepts NULL. */
void grpc_lookup_cancel(struct grpc_lookup *lookup);

#endif
