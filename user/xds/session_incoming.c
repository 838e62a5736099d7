/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The resources of one response, decoded and judged before any of them is taken. */
#include "session_incoming.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "arena.h"
#include "eds_decode.h"
#include "pb_decode.h"

#define ERROR_TEXT_MAX 2000 /* bytes of a NACK's message */
#define ERROR_ITEMS_MAX 10

/* Memory that the decoded form takes, roughly. */
static size_t expected_size(enum xds_type type, size_t length)
{
	if (type == XDS_EDS)
		return length + length / 4 + 256;
	return type == XDS_NDS ? length * 5 / 2 + 256 : 256;
}

static int decode(enum xds_type type, struct incoming_batch *batch, struct pb_slice body,
		  struct xds_resource *fresh, char reason[PB_REASON_MAX])
{
	static const size_t sizes[XDS_TYPES] = {
		[XDS_CDS] = sizeof(struct xds_cluster),
		[XDS_EDS] = sizeof(struct assignment),
		[XDS_LDS] = sizeof(struct xds_listener),
		[XDS_NDS] = sizeof(struct xds_names),
	};
	void *data;

	fresh->arena = arena_new_sized(expected_size(type, body.length));
	data = fresh->arena ? arena_alloc(fresh->arena, sizes[type]) : NULL;
	if (!data)
		return -ENOMEM;
	fresh->data = data;
	if (type == XDS_CDS)
		return pb_decode_cluster(body, fresh->arena, data, reason);
	if (type == XDS_EDS)
		return pb_decode_assignment(body, &batch->usage, fresh->arena, data, reason);
	if (type == XDS_LDS)
		return pb_decode_listener(body, fresh->arena, data, reason);
	return pb_decode_names(body, fresh->arena, data, reason);
}

/* A text that the response brings, in the arena of the batch. */
static const char *keep(struct incoming_batch *batch, struct pb_slice slice)
{
	return arena_text(batch->arena, (const char *)slice.bytes, slice.length);
}

static void refuse(struct incoming *item, const char *wrong)
{
	item->kind = INCOMING_REFUSED;
	item->wrong = wrong;
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
		refuse(item, name.length ? "the name is too long, or not UTF-8"
					 : "the name is empty");
		item->unnamed = true;
		item->name = arena_printf(batch->arena, "resources[%zu]",
					  (size_t)(item - batch->items));
	} else {
		item->name = keep(batch, name);
		if (type != XDS_NDS && item->from.name.length &&
		    (item->from.name.length != name.length ||
		     memcmp(item->from.name.bytes, name.bytes, name.length)))
			refuse(item, "its wrapper has another name");
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
			refuse(item, wrong);
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
			refuse(&batch->items[i], "stands twice in one response");
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
			refuse(item, "both sent and removed in one response");
		else if (held)
			batch->removed[batch->removed_count++] = held;
	}
	return 0;
}

static bool same_text(const char *text, struct pb_slice slice)
{
	return text && strlen(text) == slice.length && !memcmp(text, slice.bytes, slice.length);
}

/* "A resource without body and with unchanged version is a heartbeat" (xds_protocol.rst). */
static bool is_heartbeat(const struct incoming *item, const struct pb_response *response,
			 const char *accepted)
{
	if (item->from.has_body || !item->held || !item->held->arena)
		return false;
	if (item->held->version)
		return same_text(item->held->version, item->from.version);
	return !item->from.version.length ||
	       (!response->delta && same_text(accepted, item->from.version));
}

static int decode_item(enum xds_type type, struct incoming_batch *batch, struct incoming *item)
{
	char reason[PB_REASON_MAX] = "";
	int err;

	item->fresh = xds_resource_new(item->name);
	if (!item->fresh)
		return -ENOMEM;
	err = decode(type, batch, item->from.body, item->fresh, reason);
	if (!err || err == -ENOMEM)
		return err;
	xds_resource_free(item->fresh);
	item->fresh = NULL;
	refuse(item, arena_strdup(batch->arena, reason));
	return item->wrong ? 0 : -ENOMEM;
}

static int judge_body(enum xds_type type, struct incoming_batch *batch, struct incoming *item)
{
	if (!pb_type_is(item->from.type_url, session_message_names[type])) {
		refuse(item, "of another type than the response");
		return 0;
	}
	item->hash = XXH3_64bits(item->from.body.bytes, item->from.body.length);
	if (item->held && item->held->arena && item->held->hash == item->hash) {
		item->kind = INCOMING_SAME;
		return 0;
	}
	return decode_item(type, batch, item);
}

static int judge(const struct xds_session *session, enum xds_type type,
		 const struct pb_response *response, struct incoming_batch *batch,
		 struct incoming *item)
{
	const struct xds_channel *channel = &session->channels[type];

	item->held = xds_list_find(&channel->list, item->name);
	if (type == XDS_EDS && !item->unnamed && (!item->held || !item->held->wanted)) {
		item->kind = INCOMING_IGNORED;
		return 0;
	}
	if (item->kind == INCOMING_REFUSED)
		return 0;
	if (item->from.has_body)
		return judge_body(type, batch, item);
	item->kind = INCOMING_HEARTBEAT;
	if (!is_heartbeat(item, response, channel->version))
		refuse(item, "the resource has no body");
	return 0;
}

static int copy_version(struct incoming *item)
{
	struct pb_slice version = item->from.version;
	char **target = item->fresh ? &item->fresh->version : &item->version;

	if (!version.length || (item->held && !item->fresh && same_text(item->held->version, version)))
		return 0;
	*target = strndup((const char *)version.bytes, version.length);
	return *target ? 0 : -ENOMEM;
}

static bool has_arrived(const struct xds_session *session, const char *name)
{
	return xds_resource_arrived(xds_list_find(&session->channels[XDS_EDS].list, name));
}

/* The assignment of the old name serves until that of the new one is there. */
static int prepare_warming(const struct xds_session *session, struct incoming *item)
{
	const struct xds_cluster *old, *new;
	const char *serving;

	if (!item->held || !item->held->cluster || item->kind != INCOMING_TAKE)
		return 0;
	old = item->held->cluster;
	new = item->fresh->cluster;
	if (old->kind != XDS_CLUSTER_EDS || new->kind != XDS_CLUSTER_EDS)
		return 0;
	serving = item->held->previous;
	if (!serving || has_arrived(session, old->service))
		serving = old->service;
	if (!strcmp(serving, new->service) || has_arrived(session, new->service))
		return 0;
	item->previous = strdup(serving);
	return item->previous ? 0 : -ENOMEM;
}

static int prepare(const struct xds_session *session, enum xds_type type,
		   struct incoming *item)
{
	if (item->kind == INCOMING_IGNORED)
		return 0;
	if (item->kind == INCOMING_REFUSED) {
		item->rejected = item->held ? strdup(item->wrong) : NULL;
		return item->held && !item->rejected ? -ENOMEM : 0;
	}
	if (copy_version(item))
		return -ENOMEM;
	return type == XDS_CDS ? prepare_warming(session, item) : 0;
}

static int read_items(const struct xds_session *session, enum xds_type type,
		      const struct pb_response *response, struct incoming_batch *batch)
{
	int err = collect(type, response, batch);

	if (err)
		return err;
	refuse_doubles(batch);
	err = collect_removed(&session->channels[type].list, response, batch);
	for (size_t i = 0; i < batch->count && !err; i++) {
		err = judge(session, type, response, batch, &batch->items[i]);
		if (!err)
			err = prepare(session, type, &batch->items[i]);
	}
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
	*ret = *text ? strdup(text) : NULL;
	return *text && !*ret ? -ENOMEM : 0;
}
