/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Resources a session holds, in lists sorted by name. */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "session_state.h"

struct xds_resource *xds_resource_new(const char *name)
{
	size_t length = strlen(name);
	struct xds_resource *resource = calloc(1, sizeof(*resource) + length + 1);

	if (!resource)
		return NULL;
	memcpy(resource->name, name, length);
	resource->expires_ms = resource->stale_ms = resource->timeout_ms = XDS_NEVER;
	return resource;
}

void xds_resource_clear(struct xds_resource *resource)
{
	arena_free(resource->arena);
	free(resource->version);
	resource->arena = NULL;
	resource->data = NULL;
	resource->version = NULL;
	resource->hash = 0;
	resource->expires_ms = resource->stale_ms = XDS_NEVER;
}

void xds_resource_free(struct xds_resource *resource)
{
	if (!resource)
		return;
	xds_resource_clear(resource);
	free(resource->rejected);
	free(resource->previous);
	free(resource);
}

bool xds_resource_arrived(const struct xds_resource *resource)
{
	return resource && (resource->state == XDS_HELD || resource->state == XDS_REMOVED);
}

static int compare_name(const void *name, const void *item)
{
	return strcmp(name, (*(struct xds_resource *const *)item)->name);
}

struct xds_resource *xds_list_find(const struct xds_list *list, const char *name)
{
	struct xds_resource **item = list->count ? bsearch(name, list->items, list->count,
							   sizeof(*item), compare_name) : NULL;

	return item ? *item : NULL;
}

void xds_list_free(struct xds_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		xds_resource_free(list->items[i]);
	free(list->items);
	*list = (struct xds_list){0};
}

void xds_list_drop_unwanted(struct xds_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i]->wanted || list->items[i]->sent)
			list->items[kept++] = list->items[i];
		else
			xds_resource_free(list->items[i]);
	}
	list->count = kept;
}

void session_remove(struct xds_session *session, struct xds_resource *held)
{
	xds_resource_clear(held);
	held->state = XDS_REMOVED;
	held->timeout_ms = XDS_NEVER;
	session->generation++;
}

void session_retire(struct xds_session *session, struct xds_resource *resource)
{
	session->warming -= !!resource->previous;
	resource->next_dead = session->dead;
	session->dead = resource;
	session->generation++;
}

void session_bury(struct xds_session *session)
{
	while (session->dead) {
		struct xds_resource *dead = session->dead;

		session->dead = dead->next_dead;
		xds_resource_free(dead);
	}
}

void session_timer(struct xds_session *session, int64_t at_ms)
{
	if (at_ms < session->timers_at)
		session->timers_at = at_ms;
}
