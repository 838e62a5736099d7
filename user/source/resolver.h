/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses of gateways that are named by host name, asked for in a thread of its own. */
#ifndef RESOLVER_H
#define RESOLVER_H

#include <stddef.h>

#include "addr.h"

#define RESOLVER_NAMES_MAX 256
#define RESOLVER_ADDRESSES_MAX 8 /* of one name */
#define RESOLVER_SECONDS 30      /* between two questions */

struct resolver;

/* How a name is looked up: fills `ret` and returns the number of addresses, or -1 when there is
 * no answer, so that the last one stays. */
typedef int (*resolver_lookup)(const char *name, struct addr ret[RESOLVER_ADDRESSES_MAX]);

/* The system's resolver. */
int resolver_system_lookup(const char *name, struct addr ret[RESOLVER_ADDRESSES_MAX]);

/* Returns 0 or -errno. */
int resolver_new(resolver_lookup lookup, struct resolver **ret);
/* Does not wait for a question that is on its way. Accepts NULL. */
void resolver_free(struct resolver *resolver);

/* Readable when an answer changed; resolver_read() takes note. */
int resolver_fd(const struct resolver *resolver);
void resolver_read(struct resolver *resolver);

/* From now on these names, and no others. New ones are asked at once. Returns 0, -ENOMEM or
 * -E2BIG. */
int resolver_want(struct resolver *resolver, const char *const *names, size_t count);

/* The last answer, sorted: number of addresses, 0 while there is none. */
size_t resolver_addresses(struct resolver *resolver, const char *name,
			  struct addr ret[RESOLVER_ADDRESSES_MAX]);

#endif
