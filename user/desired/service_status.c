/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The status of one service: made from its view, shared by the generations in which it holds. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "arena.h"
#include "assignment.h"
#include "backend_digest.h"
#include "service_rows.h"

static size_t at_most(size_t count, size_t limit)
{
	return count < limit ? count : limit;
}

struct service_status *service_status_new(const char *cluster)
{
	struct arena *arena = arena_new_sized(sizeof(struct service_status) + 2 * strlen(cluster));
	struct service_status *status = arena ? arena_alloc(arena, sizeof(*status)) : NULL;

	if (status)
		*status = (struct service_status){ .users = 1, .arena = arena,
						   .cluster = arena_strdup(arena, cluster) };
	if (status && status->cluster)
		return status;
	arena_free(arena);
	return NULL;
}

void service_status_drop(struct service_status *status)
{
	if (status && !--status->users)
		arena_free(status->arena);
}

/* ------------------------------------------------------------------ the source's announcement */

static uint32_t count_endpoints(const struct assignment *assignment)
{
	size_t count = 0;

	for (size_t i = 0; assignment && i < assignment->locality_count; i++)
		count += assignment->localities[i].endpoint_count;
	return (uint32_t)count;
}

/* A destination in two priorities is two backends with one address; it counts once. */
static bool is_repeated(const struct view *view, size_t i)
{
	const struct view_backend *a = &view->backends[i], *b = a - 1;

	return i && a->kind == b->kind && a->port == b->port && addr_equal(&a->addr, &b->addr);
}

int service_status_announce(struct service_status *status, const struct view *view,
			    const struct assignment *assignment)
{
	size_t count = view ? view->backend_count : 0, most = at_most(count, STATUS_BACKENDS_MAX);

	status->endpoints = count_endpoints(assignment);
	status->listed = arena_array(status->arena, most, sizeof(*status->listed));
	if (!status->listed)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct view_backend *backend = &view->backends[i];

		if (is_repeated(view, i))
			continue;
		status->digest += backend_digest(&backend->addr.ip, htons(backend->port),
						 backend->kind);
		status->backends++;
		if (status->listed_count < most)
			status->listed[status->listed_count++] =
				(struct socket_addr){ .addr = backend->addr, .port = backend->port };
	}
	return 0;
}

/* ------------------------------------------------------------------ parts of the view */

static void add_excluded(struct service_status *status, const struct view_excluded *items,
			 size_t count, size_t most)
{
	for (size_t i = 0; i < count; i++) {
		status->excluded_by_reason[items[i].reason]++;
		if (status->excluded_count < most)
			status->excluded[status->excluded_count++] = items[i];
	}
}

int service_status_exclude(struct service_status *status, const struct view *view)
{
	size_t most = at_most(view->excluded_count + view->unused_count, STATUS_EXCLUDED_MAX);

	status->excluded = arena_array(status->arena, most, sizeof(*status->excluded));
	if (!status->excluded)
		return -ENOMEM;
	add_excluded(status, view->excluded, view->excluded_count, most);
	add_excluded(status, view->unused, view->unused_count, most);
	return 0;
}

int service_status_priorities(struct service_status *status, const struct view *view)
{
	size_t count = view ? view->priority_count : 0;

	status->priorities = arena_array(status->arena, count, sizeof(*status->priorities));
	if (!status->priorities)
		return -ENOMEM;
	if (count)
		memcpy(status->priorities, view->priorities, count * sizeof(*status->priorities));
	status->priority_count = count;
	return 0;
}
