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

struct xds_resource *xds_list_find(const struct xds_list *list, const char *name)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(list->items[middle]->name, name);

		if (!order)
			return list->items[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
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

void session_timer(struct xds_session *session, int64_t at_ms)
{
	if (at_ms < session->timers_at)
		session->timers_at = at_ms;
}
