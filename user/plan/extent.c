/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Extents of the slot arena: lists sorted by offset, joined where they touch. */
#include "ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int reserve(struct extent_list *list)
{
	size_t capacity = list->capacity ? list->capacity * 2 : 16;
	struct extent *items;

	if (list->count < list->capacity)
		return 0;
	items = realloc(list->items, capacity * sizeof(*items));
	if (!items)
		return -ENOMEM;
	list->items = items;
	list->capacity = capacity;
	return 0;
}

static size_t lower_bound(const struct extent_list *list, uint32_t offset)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (list->items[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void drop(struct extent_list *list, size_t at)
{
	list->count--;
	memmove(&list->items[at], &list->items[at + 1], (list->count - at) * sizeof(*list->items));
}

/* Joined extents rest from the later of both times on. */
static bool join_next(struct extent_list *list, size_t at)
{
	struct extent *left = &list->items[at];
	struct extent *right = left + 1;

	if (at + 1 >= list->count || left->offset + left->size != right->offset)
		return false;
	left->size += right->size;
	if (right->since > left->since)
		left->since = right->since;
	drop(list, at + 1);
	return true;
}

int extent_add(struct extent_list *list, struct extent extent)
{
	size_t at;

	if (!extent.size)
		return 0;
	if (reserve(list))
		return -ENOMEM;
	at = lower_bound(list, extent.offset);
	memmove(&list->items[at + 1], &list->items[at], (list->count - at) * sizeof(*list->items));
	list->items[at] = extent;
	list->count++;
	join_next(list, at);
	if (at)
		join_next(list, at - 1);
	return 0;
}

int extent_take(struct extent_list *list, uint32_t size, uint32_t *ret_offset)
{
	size_t best = list->count;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].size >= size &&
		    (best == list->count || list->items[i].size < list->items[best].size))
			best = i;
	if (best == list->count)
		return -ENOSPC;
	*ret_offset = list->items[best].offset;
	list->items[best].offset += size;
	list->items[best].size -= size;
	if (!list->items[best].size)
		drop(list, best);
	return 0;
}

int extent_claim(struct extent_list *list, uint32_t offset, uint32_t size)
{
	size_t at = lower_bound(list, offset + 1);
	struct extent *holder;
	struct extent rest;

	if (!size)
		return 0;
	if (!at)
		return -ENOENT;
	holder = &list->items[at - 1];
	if (offset - holder->offset > holder->size ||
	    holder->size - (offset - holder->offset) < size)
		return -ENOENT;
	rest = (struct extent){ offset + size, holder->offset + holder->size - offset - size,
				holder->since };
	holder->size = offset - holder->offset;
	if (!holder->size)
		drop(list, at - 1);
	return extent_add(list, rest);
}
