/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The resources of one response, decoded and judged before any of them is taken. */
#include "session_incoming.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "eds_decode.h"
#include "utf8.h"

#define ERROR_TEXT_MAX 2000 /* bytes of a NACK's message */
#define ERROR_ITEMS_MAX 10

/* A text that the response brings, in the arena of the batch. */
static const char *keep(struct incoming_batch *batch, struct pb_slice slice)
{
	return arena_text(batch->arena, (const char *)slice.bytes, slice.length);
}

/* By which name it is looked up: cluster_name of an assignment, `name` of the others, both field
 * 1; of a wrapper without a body, the wrapper's. A name table has none. */
static int find_name(enum xds_type type, struct incoming_batch *batch, struct incoming *item)
{
	struct pb_slice inner = pb_find_string(item->from.body, 1);
	struct pb_slice name = item->from.has_body ? inner : item->from.name;

	if (type == XDS_NDS)
		name = PB_EMPTY;
	else if (!name.length)
		name = item->from.name;
	if (name.length > EDS_MAX_NAME || !pb_is_text(name) || (!name.length && type != XDS_NDS)) {
		incoming_refuse(item, name.length ? "the name is too long, or not UTF-8"
					 : "the name is empty");
		item->unnamed = true;
		item->name = arena_printf(batch->arena, "resources[%zu]",
					  (size_t)(item - batch->items));
	} else {
		item->name = keep(batch, name);
		if (type != XDS_NDS && item->from.name.length &&
		    (item->from.name.length != name.length ||
		     memcmp(item->from.name.bytes, name.bytes, name.length)))
			incoming_refuse(item, "its wrapper has another name");
	}
	return item->name ? 0 : -ENOMEM;
}

static int compare_items(const void *left, const void *right)
{
	const struct incoming *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	if (order)
		return order;
	/* the order of the response; all point into one message */
	return a->from.body.bytes < b->from.body.bytes ? -1
						       : a->from.body.bytes > b->from.body.bytes;
}

static int collect(enum xds_type type, const struct pb_response *response,
		   struct incoming_batch *batch)
{
	struct pb_wire wire = pb_wire_start(response->message);
	struct pb_resource from;
	const char *wrong;

	batch->items = calloc(response->resource_count + 1, sizeof(*batch->items));
	if (!batch->items)
		return -ENOMEM;
	while (pb_response_next(response, &wire, &from, &wrong)) {
		struct incoming *item = &batch->items[batch->count++];

		item->from = from;
		if (find_name(type, batch, item))
			return -ENOMEM;
		if (wrong)
			incoming_refuse(item, wrong);
	}
	qsort(batch->items, batch->count, sizeof(*batch->items), compare_items);
	return 0;
}

/* Which of the two was meant is anybody's guess: the first stays. */
static void refuse_doubles(struct incoming_batch *batch)
{
	for (size_t i = 1, first = 0; i < batch->count; i++) {
		if (strcmp(batch->items[first].name, batch->items[i].name))
			first = i;
		else
			incoming_refuse(&batch->items[i], "stands twice in one response");
	}
}

static struct incoming *find_item(const struct incoming_batch *batch, const char *name)
{
	size_t low = 0, high = batch->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(batch->items[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < batch->count && !strcmp(batch->items[low].name, name) ? &batch->items[low]
									   : NULL;
}

/* Names that are removed and sent at once are neither. */
static int collect_removed(const struct xds_list *list, const struct pb_response *response,
			   struct incoming_batch *batch)
{
	struct pb_wire wire = pb_wire_start(response->message);
	struct pb_slice slice;

	batch->removed = calloc(response->removed_count + 1, sizeof(*batch->removed));
	if (!batch->removed)
		return -ENOMEM;
	while (pb_response_next_removed(response, &wire, &slice)) {
		const char *name = keep(batch, slice);
		struct incoming *item = name ? find_item(batch, name) : NULL;
		struct xds_resource *held = name ? xds_list_find(list, name) : NULL;

		if (!name)
			return -ENOMEM;
		if (item)
			incoming_refuse(item, "both sent and removed in one response");
		else if (held)
			batch->removed[batch->removed_count++] = held;
	}
	return 0;
}

static void count_held(const struct xds_session *session, enum xds_type type,
		       struct incoming_batch *batch)
{
	for (unsigned int i = 0; i < XDS_TYPES; i++) {
		const struct xds_list *list = &session->channels[i].list;

		for (size_t j = 0; j < list->count; j++)
			if (list->items[j]->arena)
				batch->bytes += arena_used(list->items[j]->arena);
	}
	batch->resources = session->channels[type].list.count;
}

static int read_items(const struct xds_session *session, enum xds_type type,
		      const struct pb_response *response, struct incoming_batch *batch)
{
	int err = collect(type, response, batch);

	if (err)
		return err;
	refuse_doubles(batch);
	count_held(session, type, batch);
	err = collect_removed(&session->channels[type].list, response, batch);
	for (size_t i = 0; i < batch->count && !err; i++)
		err = incoming_judge(session, type, response, batch, &batch->items[i]);
	return err;
}

int incoming_read(const struct xds_session *session, enum xds_type type,
		  const struct pb_response *response, struct incoming_batch *ret)
{
	struct incoming_batch batch = {.arena = arena_new(0)};
	int err = batch.arena ? 0 : -ENOMEM;

	if (response->resource_count > EDS_MAX_RESOURCES ||
	    response->removed_count > EDS_MAX_RESOURCES)
		batch.whole = "more resources than are taken at once";
	else if (!err)
		err = read_items(session, type, response, &batch);
	if (err)
		incoming_free(&batch);
	else
		*ret = batch;
	return err;
}

void incoming_free(struct incoming_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		xds_resource_free(batch->items[i].fresh);
		free(batch->items[i].version);
		free(batch->items[i].rejected);
		free(batch->items[i].previous);
	}
	free(batch->items);
	free(batch->removed);
	arena_free(batch->arena);
}

static void add_reason(char *text, const struct incoming *item)
{
	size_t length = strlen(text);

	snprintf(text + length, ERROR_TEXT_MAX - length, "%s%s: %s", length ? "; " : "",
		 *item->name ? item->name : "the name table", item->wrong);
}

int incoming_error(const struct incoming_batch *batch, char **ret)
{
	char text[ERROR_TEXT_MAX] = "";
	size_t refused = 0, length;

	for (size_t i = 0; i < batch->count; i++)
		if (batch->items[i].kind == INCOMING_REFUSED && refused++ < ERROR_ITEMS_MAX)
			add_reason(text, &batch->items[i]);
	length = strlen(text);
	if (refused > ERROR_ITEMS_MAX)
		snprintf(text + length, sizeof(text) - length, "; and %zu more",
			 refused - ERROR_ITEMS_MAX);
	if (batch->whole)
		snprintf(text, sizeof(text), "%s", batch->whole);
	utf8_clean(text); /* it goes into a protobuf string, and may be cut */
	*ret = *text ? strdup(text) : NULL;
	return *text && !*ret ? -ENOMEM : 0;
}
