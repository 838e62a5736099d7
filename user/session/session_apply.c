/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Applies the valid resources of a response, none by half; those rejected keep what they had. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "session_incoming.h"
#include "session_state.h"
#include "text.h"

static void set_timers(struct xds_session *session, enum xds_type type,
		       struct xds_resource *resource, const struct pb_resource *from,
		       int64_t now_ms)
{
	uint64_t stale = type == XDS_EDS ? resource->assignment->stale_after_ms : 0;

	resource->expires_ms = from->has_ttl ? now_ms + (int64_t)from->ttl_ms : XDS_NEVER;
	resource->stale_ms = stale ? now_ms + (int64_t)stale : XDS_NEVER;
	resource->timeout_ms = XDS_NEVER;
	session_timer(session, resource->expires_ms);
	session_timer(session, resource->stale_ms);
}

/* The contents of `fresh` take the place of those of `held`. */
static void exchange(struct xds_resource *held, struct xds_resource *fresh)
{
	struct xds_resource old = *held;

	held->arena = fresh->arena;
	held->data = fresh->data;
	held->version = fresh->version;
	fresh->arena = old.arena;
	fresh->data = old.data;
	fresh->version = old.version;
}

static void take_contents(struct xds_session *session, struct xds_resource *held,
			  struct incoming *item)
{
	if (item->kind != INCOMING_TAKE) {
		if (item->version)
			text_swap(&held->version, &item->version);
		return;
	}
	if (item->fresh != held)
		exchange(held, item->fresh);
	held->hash = item->hash;
	session->warming += !!item->previous;
	session->warming -= !!held->previous;
	text_swap(&held->previous, &item->previous);
	session->generation++;
}

static void take(struct xds_session *session, enum xds_type type, struct xds_resource *held,
		 struct incoming *item, int64_t now_ms)
{
	if (item->kind == INCOMING_REFUSED) {
		text_swap(&held->rejected, &item->rejected);
		session->generation++;
		return;
	}
	session->contents += type == XDS_EDS && item->kind == INCOMING_TAKE &&
			     held->state == XDS_HELD;
	take_contents(session, held, item);
	session->generation += held->rejected || held->state != XDS_HELD;
	text_take(&held->rejected, NULL);
	held->state = XDS_HELD;
	set_timers(session, type, held, &item->from, now_ms);
}

/* Warming is over for the clusters whose assignment has come. */
static void end_warming(struct xds_session *session)
{
	const struct xds_list *clusters = &session->channels[XDS_CDS].list;

	for (size_t i = 0; i < clusters->count && session->warming; i++) {
		struct xds_resource *cluster = clusters->items[i];

		if (!cluster->previous ||
		    !xds_resource_arrived(xds_list_find(&session->channels[XDS_EDS].list,
							cluster->cluster->service)))
			continue;
		text_take(&cluster->previous, NULL);
		session->warming--;
		session->follow_due = true;
	}
}

static void apply_eds(struct xds_session *session, struct incoming_batch *batch, int64_t now_ms)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct incoming *item = &batch->items[i];

		if (item->kind != INCOMING_IGNORED && item->held)
			take(session, XDS_EDS, item->held, item, now_ms);
	}
	for (size_t i = 0; i < batch->removed_count; i++)
		session_remove(session, batch->removed[i]);
	end_warming(session);
}

static void mark_removed(const struct incoming_batch *batch)
{
	for (size_t i = 0; i < batch->removed_count; i++)
		batch->removed[i]->state = XDS_REMOVED;
}

struct merge {
	struct xds_session *session;
	enum xds_type type;
	struct xds_list *old;
	size_t at; /* next of old */
	struct xds_resource **items;
	size_t count;
	bool replace; /* resources that the response does not name are removed */
};

/* Those of before `name`, or all; they are not in the response. */
static void pass_held(struct merge *merge, const char *name)
{
	while (merge->at < merge->old->count &&
	       (!name || strcmp(merge->old->items[merge->at]->name, name) < 0)) {
		struct xds_resource *held = merge->old->items[merge->at++];

		if (merge->replace || held->state == XDS_REMOVED)
			session_retire(merge->session, held);
		else
			merge->items[merge->count++] = held;
	}
}

/* A name is in a batch once with something to apply; its duplicates come behind it. */
static void merge_item(struct merge *merge, struct incoming *item, int64_t now_ms)
{
	struct xds_resource *held = item->held;

	pass_held(merge, item->name);
	if (held && merge->at < merge->old->count && merge->old->items[merge->at] == held) {
		merge->items[merge->count++] = held;
		merge->at++;
	}
	if (!held && item->kind == INCOMING_TAKE) {
		held = item->fresh;
		merge->items[merge->count++] = held;
	}
	if (held)
		take(merge->session, merge->type, held, item, now_ms);
	if (held == item->fresh)
		item->fresh = NULL;
}

static int apply_wildcard(struct xds_session *session, enum xds_type type,
			  struct incoming_batch *batch, int64_t now_ms)
{
	struct xds_list *list = &session->channels[type].list;
	uint64_t before = session->generation;
	struct merge merge = {session, type, list, 0, NULL, 0,
			      session->mode == XDS_SOTW && !batch->whole};

	merge.items = malloc((list->count + batch->count + 1) * sizeof(*merge.items));
	if (!merge.items)
		return -ENOMEM;
	mark_removed(batch);
	for (size_t i = 0; i < batch->count; i++)
		merge_item(&merge, &batch->items[i], now_ms);
	pass_held(&merge, NULL);
	free(list->items);
	*list = (struct xds_list){merge.items, merge.count};
	session->follow_due |= type == XDS_CDS && session->generation != before;
	return 0;
}

int session_apply(struct xds_session *session, enum xds_type type,
		  const struct pb_response *response, int64_t now_ms)
{
	struct incoming_batch batch;
	struct xds_channel *channel = &session->channels[type];
	char *error = NULL;
	int err = incoming_read(session, type, response, &batch);

	if (err)
		return err;
	err = incoming_error(&batch, &error);
	if (!err && error)
		err = text_set(&channel->nack, error);
	if (!err && type == XDS_EDS)
		apply_eds(session, &batch, now_ms);
	else if (!err)
		err = apply_wildcard(session, type, &batch, now_ms);
	incoming_free(&batch);
	if (err) {
		free(error);
		return err;
	}
	text_take(&channel->error, error);
	return 0;
}
