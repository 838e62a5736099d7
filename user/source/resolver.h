/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses of gateways that are given by host name, looked up again from time to time. */
#ifndef RESOLVER_H
#define RESOLVER_H

#include <stddef.h>

#include <event2/event.h>

#include "addr.h"
#include "lookup.h"

#define RESOLVER_NAMES_MAX 256
#define RESOLVER_ADDRESSES_MAX 16 /* of one name */
#define RESOLVER_SECONDS 30      /* between two look-ups of a name, by the monotonic clock */
#define RESOLVER_PARALLEL 4      /* look-ups at a time */

struct resolver;

/* `changed` is called from the loop when the addresses of a name differ from those before. `lookup` is
 * lookup_system(). Returns 0 or -ENOMEM. */
int resolver_new(struct event_base *base, lookup_fn lookup, void (*changed)(void *arg), void *arg,
		 struct resolver **ret);
/* Does not wait for look-ups under way. Accepts NULL. */
void resolver_free(struct resolver *resolver);

/* From now on these names, and no others. New ones are looked up at once. Returns 0, -ENOMEM or
 * -E2BIG. */
int resolver_want(struct resolver *resolver, const char *const *names, size_t count);

/* The addresses last found, sorted; a look-up that fails changes nothing. Returns their number, 0 while
 * there are none. */
size_t resolver_addresses(const struct resolver *resolver, const char *name,
			  struct addr ret[RESOLVER_ADDRESSES_MAX]);

#endif
