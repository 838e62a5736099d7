/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The status of one service: made from its view, shared by the generations in which it holds. */
#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "arena.h"
#include "assignment.h"
#include "assignment_find.h"
#include "backend_digest.h"
#include "service_rows.h"

static size_t at_most(size_t count, size_t limit)
{
	return count < limit ? count : limit;
}

void service_status_drop(struct service_status *status)
{
	if (status && !--status->users)
		arena_free(status->arena);
}

/* ------------------------------------------------------------------ the source's announcement */

/* A destination in two priorities is two backends with one address; it counts once. */
static bool is_repeated(const struct view *view, size_t i)
{
	const struct view_backend *a = &view->backends[i], *b = a - 1;

	return i && a->kind == b->kind && a->port == b->port && addr_equal(&a->addr, &b->addr);
}

static void announce(struct service_status *status, const struct status_parts *parts, size_t most)
{
	const struct view *view = parts->view;

	status->endpoints = (uint32_t)assignment_endpoints(parts->assignment);
	for (size_t i = 0; i < view->backend_count; i++) {
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
}

/* ------------------------------------------------------------------ all of it */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Neighbours of one network share its name. */
static bool list_excluded(struct service_status *status, const struct view_excluded *item)
{
	struct view_excluded *copy = &status->excluded[status->excluded_count];

	*copy = *item;
	if (status->excluded_count && same_text(copy[-1].network, item->network))
		copy->network = copy[-1].network;
	else if (item->network)
		copy->network = arena_strdup(status->arena, item->network);
	status->excluded_count++;
	return !copy->network == !item->network;
}

/* Returns false without memory. */
static bool add_excluded(struct service_status *status, const struct view_excluded *items,
			 size_t count, size_t most)
{
	for (size_t i = 0; i < count; i++) {
		status->excluded_by_reason[items[i].reason]++;
		if (status->excluded_count < most && !list_excluded(status, &items[i]))
			return false;
	}
	return true;
}

struct sizes {
	size_t excluded, listed, priorities, names;
};

static size_t text_bytes(const char *text)
{
	return text ? strlen(text) + 1 + sizeof(max_align_t) : 0;
}

/* Bytes of the names of networks, if each stands once. */
static size_t name_bytes(const struct view_excluded *items, size_t count)
{
	size_t bytes = 0;

	for (size_t i = 0; i < at_most(count, STATUS_EXCLUDED_MAX); i++)
		if (!i || items[i].network != items[i - 1].network)
			bytes += text_bytes(items[i].network);
	return bytes;
}

static struct sizes find_sizes(const struct status_parts *parts)
{
	const struct view *view = parts->view;

	if (!view)
		return (struct sizes){};
	return (struct sizes){
		.excluded = at_most(view->excluded_count + view->unused_count, STATUS_EXCLUDED_MAX),
		.listed = parts->state ? at_most(view->backend_count, STATUS_BACKENDS_MAX) : 0,
		.priorities = parts->state ? view->priority_count : 0,
		.names = name_bytes(view->excluded, view->excluded_count) +
			 name_bytes(view->unused, view->unused_count),
	};
}

/* The arena rounds up each allocation; there may be 10,000 statuses. */
static struct arena *make_arena(const struct status_parts *parts, const struct sizes *sizes)
{
	return arena_new_sized(sizeof(struct service_status) + 4 * sizeof(max_align_t) +
			       sizes->excluded * sizeof(struct view_excluded) +
			       sizes->listed * sizeof(struct socket_addr) +
			       sizes->priorities * sizeof(struct view_priority) + sizes->names +
			       text_bytes(parts->cluster) + text_bytes(parts->host) +
			       text_bytes(parts->problem));
}

static bool fill(struct service_status *status, const struct status_parts *parts,
		 const struct sizes *sizes)
{
	struct arena *arena = status->arena;

	status->state = parts->state;
	status->cluster = arena_strdup(arena, parts->cluster);
	status->host = parts->host ? arena_strdup(arena, parts->host) : NULL;
	status->problem = parts->problem ? arena_strdup(arena, parts->problem) : NULL;
	status->excluded = arena_array(arena, sizes->excluded, sizeof(*status->excluded));
	status->listed = arena_array(arena, sizes->listed, sizeof(*status->listed));
	status->priorities = arena_array(arena, sizes->priorities, sizeof(*status->priorities));
	return status->cluster && !parts->host == !status->host &&
	       !parts->problem == !status->problem && status->excluded && status->listed &&
	       status->priorities;
}

static bool fill_from_view(struct service_status *status, const struct status_parts *parts,
			   const struct sizes *sizes)
{
	const struct view *view = parts->view;

	if (!add_excluded(status, view->excluded, view->excluded_count, sizes->excluded) ||
	    !add_excluded(status, view->unused, view->unused_count, sizes->excluded))
		return false;
	if (!parts->state)
		return true;
	announce(status, parts, sizes->listed);
	status->priority_count = sizes->priorities;
	if (sizes->priorities)
		memcpy(status->priorities, view->priorities,
		       sizes->priorities * sizeof(*view->priorities));
	return true;
}

struct service_status *service_status_new(const struct status_parts *parts)
{
	struct sizes sizes = find_sizes(parts);
	struct arena *arena = make_arena(parts, &sizes);
	struct service_status *status = arena ? arena_alloc(arena, sizeof(*status)) : NULL;

	if (status)
		*status = (struct service_status){ .users = 1, .arena = arena };
	if (!status || !fill(status, parts, &sizes) ||
	    (parts->view && !fill_from_view(status, parts, &sizes))) {
		arena_free(arena);
		return NULL;
	}
	return status;
}
