/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One resource of a response: decodes it, compares it with the one held, accepts or rejects it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "arena.h"
#include "pb_decode.h"
#include "session_incoming.h"

/* Of one session: a server that only ever adds is stopped here. */
#define SESSION_MAX_BYTES (1u << 30)
#define SESSION_MAX_RESOURCES 262144 /* of each type */

void incoming_refuse(struct incoming *item, const char *wrong)
{
	item->kind = INCOMING_REFUSED;
	item->wrong = wrong;
}

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

/* A replaced resource counts until the replacement is applied. */
static int check_room(struct incoming_batch *batch, const struct incoming *item,
		      char reason[PB_REASON_MAX])
{
	batch->bytes += arena_used(item->fresh->arena);
	batch->resources += !item->held;
	if (batch->bytes <= SESSION_MAX_BYTES && batch->resources <= SESSION_MAX_RESOURCES)
		return 0;
	snprintf(reason, PB_REASON_MAX, "more than a session holds");
	return -EINVAL;
}

static int decode_item(enum xds_type type, struct incoming_batch *batch, struct incoming *item)
{
	char reason[PB_REASON_MAX] = "";
	int err;

	item->fresh = xds_resource_new(item->name);
	if (!item->fresh)
		return -ENOMEM;
	err = decode(type, batch, item->from.body, item->fresh, reason);
	if (!err)
		err = check_room(batch, item, reason);
	if (!err || err == -ENOMEM)
		return err;
	xds_resource_free(item->fresh);
	item->fresh = NULL;
	incoming_refuse(item, arena_strdup(batch->arena, reason));
	return item->wrong ? 0 : -ENOMEM;
}

static int judge_body(enum xds_type type, struct incoming_batch *batch, struct incoming *item)
{
	if (!pb_type_is(item->from.type_url, session_message_names[type])) {
		incoming_refuse(item, "of another type than the response");
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
	if (type == XDS_EDS && !item->unnamed && !item->held) {
		item->kind = INCOMING_IGNORED;
		return 0;
	}
	if (item->kind == INCOMING_REFUSED)
		return 0;
	if (item->from.has_body)
		return judge_body(type, batch, item);
	item->kind = INCOMING_HEARTBEAT;
	if (!is_heartbeat(item, response, channel->version))
		incoming_refuse(item, "the resource has no body");
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

int incoming_judge(const struct xds_session *session, enum xds_type type,
		   const struct pb_response *response, struct incoming_batch *batch,
		   struct incoming *item)
{
	int err = judge(session, type, response, batch, item);

	return err ? err : prepare(session, type, item);
}
