/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses of gateways that are given by host name, looked up again from time to time. */
#include "resolver.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monotonic.h"

#define TICK_SECONDS 5 /* how late a look-up may be */

struct host {
	struct resolver *resolver;
	struct event *event; /* of the look-up under way; or NULL */
	uint64_t started_ns; /* CLOCK_MONOTONIC, of the last look-up; 0: none yet */
	struct addr addresses[RESOLVER_ADDRESSES_MAX];
	size_t count;
	char name[256];
};

struct resolver {
	struct event_base *base;
	struct event *tick;
	lookup_fn lookup;
	void (*changed)(void *arg);
	void *arg;
	struct host **hosts;
	size_t count;
	size_t running; /* look-ups */
};

static struct host *find(const struct resolver *resolver, const char *name)
{
	for (size_t i = 0; i < resolver->count; i++)
		if (!strcmp(resolver->hosts[i]->name, name))
			return resolver->hosts[i];
	return NULL;
}

/* ------------------------------------------------------------------ look-ups */

static void end_lookup(struct host *host)
{
	evutil_socket_t fd;

	if (!host->event)
		return;
	fd = event_get_fd(host->event);
	event_free(host->event);
	close(fd);
	host->event = NULL;
	host->resolver->running--;
}

static int compare(const void *a, const void *b)
{
	return addr_compare(a, b);
}

static bool same_addresses(const struct host *host, const struct addr *addresses, size_t count)
{
	if (host->count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!addr_equal(&host->addresses[i], &addresses[i]))
			return false;
	return true;
}

/* Returns whether the addresses differ. */
static bool keep(struct host *host, const struct lookup_result *result)
{
	struct addr addresses[RESOLVER_ADDRESSES_MAX] = {};
	size_t count = 0;

	for (size_t i = 0; i < result->count && count < RESOLVER_ADDRESSES_MAX; i++) {
		addresses[count] = addr_of_sockaddr((const void *)&result->items[i].addr);
		count += addresses[count].family != 0;
	}
	if (count)
		qsort(addresses, count, sizeof(*addresses), compare);
	if (!count || same_addresses(host, addresses, count))
		return false;
	memcpy(host->addresses, addresses, sizeof(addresses));
	host->count = count;
	return true;
}

static void start_due(struct resolver *resolver);

static void on_result(evutil_socket_t fd, short what, void *arg)
{
	struct host *host = arg;
	struct resolver *resolver = host->resolver;
	struct lookup_result result;

	lookup_read(fd, &result);
	end_lookup(host);
	start_due(resolver);
	if (keep(host, &result))
		resolver->changed(resolver->arg);
}

/* One that cannot be started is tried again at the next tick. */
static void start(struct host *host)
{
	struct resolver *resolver = host->resolver;
	struct lookup_query query = { .family = AF_UNSPEC };
	int fd;

	snprintf(query.host, sizeof(query.host), "%s", host->name);
	if (lookup_start(resolver->lookup, &query, &fd))
		return;
	host->event = event_new(resolver->base, fd, EV_READ, on_result, host);
	if (!host->event) {
		close(fd);
		return;
	}
	resolver->running++;
	host->started_ns = clock_monotonic_ns();
	if (event_add(host->event, NULL))
		end_lookup(host);
}

static bool is_due(const struct host *host, uint64_t now_ns)
{
	return !host->event && (!host->started_ns ||
				now_ns - host->started_ns >= RESOLVER_SECONDS * 1000000000ull);
}

static void start_due(struct resolver *resolver)
{
	uint64_t now = clock_monotonic_ns();

	for (size_t i = 0; i < resolver->count && resolver->running < RESOLVER_PARALLEL; i++)
		if (is_due(resolver->hosts[i], now))
			start(resolver->hosts[i]);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	start_due(arg);
}

/* ------------------------------------------------------------------ names */

static void free_host(struct host *host)
{
	if (host)
		end_lookup(host);
	free(host);
}

static struct host *new_host(struct resolver *resolver, const char *name)
{
	struct host *host = calloc(1, sizeof(*host));

	if (host) {
		host->resolver = resolver;
		snprintf(host->name, sizeof(host->name), "%s", name);
	}
	return host;
}

/* Those wanted before keep their addresses: moved from the old list to the new one. */
static void replace(struct resolver *resolver, struct host **hosts, size_t count)
{
	for (size_t i = 0; i < resolver->count; i++) {
		struct host *old = resolver->hosts[i];
		size_t at = 0;

		while (at < count && strcmp(hosts[at]->name, old->name))
			at++;
		if (at == count) {
			free_host(old);
			continue;
		}
		free(hosts[at]);
		hosts[at] = old;
	}
	free(resolver->hosts);
	resolver->hosts = hosts;
	resolver->count = count;
}

static bool same_names(const struct resolver *resolver, const char *const *names, size_t count)
{
	if (resolver->count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(resolver->hosts[i]->name, names[i]))
			return false;
	return true;
}

static int set_tick(struct resolver *resolver)
{
	const struct timeval seconds = { TICK_SECONDS, 0 };

	if (!resolver->count)
		return event_del(resolver->tick) ? -ENOMEM : 0;
	if (event_pending(resolver->tick, EV_TIMEOUT, NULL))
		return 0;
	return event_add(resolver->tick, &seconds) ? -ENOMEM : 0;
}

int resolver_want(struct resolver *resolver, const char *const *names, size_t count)
{
	struct host **hosts;
	size_t made = 0;

	if (count > RESOLVER_NAMES_MAX)
		return -E2BIG;
	if (same_names(resolver, names, count))
		return 0;
	hosts = calloc(count + 1, sizeof(*hosts));
	while (hosts && made < count && (hosts[made] = new_host(resolver, names[made])))
		made++;
	if (!hosts || made < count) {
		while (made--)
			free(hosts[made]);
		free(hosts);
		return -ENOMEM;
	}
	replace(resolver, hosts, count);
	start_due(resolver);
	return set_tick(resolver);
}

size_t resolver_addresses(const struct resolver *resolver, const char *name,
			  struct addr ret[RESOLVER_ADDRESSES_MAX])
{
	const struct host *host = find(resolver, name);

	if (!host)
		return 0;
	memcpy(ret, host->addresses, host->count * sizeof(*ret));
	return host->count;
}

/* ------------------------------------------------------------------ the whole */

int resolver_new(struct event_base *base, lookup_fn lookup, void (*changed)(void *arg), void *arg,
		 struct resolver **ret)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	if (!resolver)
		return -ENOMEM;
	*resolver = (struct resolver){ .base = base, .lookup = lookup, .changed = changed,
				       .arg = arg };
	resolver->tick = event_new(base, -1, EV_PERSIST, on_tick, resolver);
	if (!resolver->tick) {
		free(resolver);
		return -ENOMEM;
	}
	*ret = resolver;
	return 0;
}

void resolver_free(struct resolver *resolver)
{
	if (!resolver)
		return;
	for (size_t i = 0; i < resolver->count; i++)
		free_host(resolver->hosts[i]);
	free(resolver->hosts);
	event_free(resolver->tick);
	free(resolver);
}
