/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Endpoint ids: hashes, and two endpoints with the same one. */
#include "endpoint_ids.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

uint32_t endpoint_id(uint64_t service_id, const struct addr *addr, uint16_t port)
{
	size_t size = addr_size(addr);
	uint8_t bytes[sizeof(addr->ip) + sizeof(port)];
	uint16_t order = htons(port);
	uint32_t id;

	memcpy(bytes, (const uint8_t *)&addr->ip + sizeof(addr->ip) - size, size);
	memcpy(bytes + size, &order, sizeof(order));
	id = (uint32_t)XXH3_64bits_withSeed(bytes, size + sizeof(order), service_id);
	return id ? id : 1;
}

/* An index, in the order of ids. */
struct numbered {
	uint32_t id, index;
};

static int compare(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static bool is_same(const struct view_backend *a, const struct view_backend *b)
{
	return addr_equal(&a->addr, &b->addr) && a->port == b->port;
}

/* Index of a backend that has the id of another address before it, or the count. */
static size_t find_collision(const struct view *view, struct numbered *order)
{
	size_t count = view->backend_count;

	for (size_t i = 0; i < count; i++)
		order[i] = (struct numbered){ view->backends[i].endpoint, (uint32_t)i };
	qsort(order, count, sizeof(*order), compare);
	for (size_t i = 1; i < count; i++)
		if (order[i].id == order[i - 1].id &&
		    !is_same(&view->backends[order[i].index], &view->backends[order[i - 1].index]))
			return order[i].index;
	return count;
}

const struct view_backend *endpoint_ids_set(struct view *view, uint64_t service_id)
{
	size_t count = view->backend_count, at = count;
	struct numbered *order = calloc(count + 1, sizeof(*order));
	struct view_backend gone;

	for (size_t i = 0; i < count; i++)
		view->backends[i].endpoint = endpoint_id(service_id, &view->backends[i].addr,
							 view->backends[i].port);
	if (order)
		at = find_collision(view, order);
	free(order);
	if (at == count)
		return NULL;
	gone = view->backends[at];
	memmove(&view->backends[at], &view->backends[at + 1],
		(count - at - 1) * sizeof(*view->backends));
	view->backends[--view->backend_count] = gone; /* behind the others */
	return &view->backends[view->backend_count];
}
