/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Resources and status of a session. */
#include <stdlib.h>
#include <string.h>

#include "eds_rules.h"
#include "session_state.h"
#include "assignment_fingerprint.h"

const char *const xds_sync_names[] = {
	[XDS_IDLE] = "idle",
	[XDS_CONNECTING] = "connecting",
	[XDS_CONNECTED] = "connected",
	[XDS_SYNCED] = "synced",
	[XDS_STALE] = "stale",
};

uint64_t xds_session_generation(const struct xds_session *session)
{
	return session->generation;
}

uint64_t xds_session_layout(const struct xds_session *session)
{
	return session->generation - session->contents;
}

static bool settled(const struct xds_session *session)
{
	const struct xds_list *assignments = &session->channels[XDS_EDS].list;

	for (unsigned int i = 0; i < XDS_TYPES; i++)
		if (i != XDS_EDS && session_asks(session, (enum xds_type)i) &&
		    !session->channels[i].settled)
			return false;
	for (size_t i = 0; i < assignments->count; i++)
		if (assignments->items[i]->wanted && assignments->items[i]->state == XDS_REQUESTED)
			return false;
	return true;
}

void session_update_complete(struct xds_session *session)
{
	session->generation += !session->complete && settled(session);
	session->complete = session->complete || settled(session);
}

bool xds_session_complete(const struct xds_session *session)
{
	return session->complete;
}

size_t xds_session_assignment_count(const struct xds_session *session)
{
	return session->served_count;
}

/* The one that serves: of before, while nothing of now has come. */
static const struct xds_resource *serving(const struct xds_served *served)
{
	if (xds_resource_arrived(served->now) || !xds_resource_arrived(served->before))
		return served->now;
	return served->before;
}

static const struct assignment *show(struct xds_served *served)
{
	const struct xds_resource *resource = serving(served);

	if (!xds_resource_arrived(resource))
		return NULL;
	if (resource->state == XDS_HELD)
		served->shown = *resource->assignment;
	else
		served->shown = (struct assignment){.overprovisioning = EDS_OVERPROVISIONING};
	served->shown.name = served->name;
	if (!served->shown.fingerprint)
		served->shown.fingerprint = assignment_fingerprint(&served->shown);
	return &served->shown;
}

const char *xds_session_name(const struct xds_session *session, size_t index)
{
	return session->served[index].name;
}

const struct assignment *xds_session_assignment(const struct xds_session *session, size_t index)
{
	return show(&session->served[index]);
}

const char *xds_session_rejected(const struct xds_session *session, size_t index)
{
	return session->served[index].now->rejected;
}

static int compare_name(const void *name, const void *served)
{
	return strcmp(name, ((const struct xds_served *)served)->name);
}

const struct assignment *xds_session_find(const struct xds_session *session, const char *name)
{
	struct xds_served *served = session->served_count ?
		bsearch(name, session->served, session->served_count, sizeof(*served), compare_name) :
		NULL;

	return served ? show(served) : NULL;
}

size_t xds_session_cluster_count(const struct xds_session *session)
{
	return session->channels[XDS_CDS].list.count;
}

const struct xds_cluster *xds_session_cluster(const struct xds_session *session, size_t index)
{
	return session->channels[XDS_CDS].list.items[index]->cluster;
}

const struct xds_names *xds_session_names(const struct xds_session *session)
{
	static const struct xds_names none;
	const struct xds_list *list = &session->channels[XDS_NDS].list;

	return list->count ? list->items[0]->names : &none;
}

size_t xds_session_listener_count(const struct xds_session *session)
{
	return session->channels[XDS_LDS].list.count;
}

const struct xds_listener *xds_session_listener(const struct xds_session *session, size_t index)
{
	return session->channels[XDS_LDS].list.items[index]->listener;
}

static enum xds_sync sync_of(const struct xds_session *session, enum xds_type type)
{
	const struct xds_channel *channel = &session->channels[type];

	if (!session_asks(session, type) ||
	    (type == XDS_EDS && session->status.connected && !channel->asked && !channel->list.count))
		return XDS_IDLE;
	if (!session->status.connected)
		return channel->status.responses ? XDS_STALE : XDS_CONNECTING;
	return channel->answered ? XDS_SYNCED : XDS_CONNECTED;
}

static const char *text(const char *value)
{
	return value ? value : "";
}

static void type_status(const struct xds_session *session, enum xds_type type,
			struct xds_type_status *ret)
{
	const struct xds_channel *channel = &session->channels[type];

	*ret = channel->status;
	ret->sync = sync_of(session, type);
	ret->version = text(channel->version);
	ret->nack = text(channel->nack);
	ret->nacked = channel->nack_backoff.bound_ms;
}

void xds_session_status(const struct xds_session *session, struct xds_session_status *ret)
{
	*ret = session->status;
	ret->reason = text(session->reason);
	ret->identifier = text(session->identifier);
	for (unsigned int i = 0; i < XDS_TYPES; i++)
		type_status(session, (enum xds_type)i, &ret->types[i]);
}

static void count_held(const struct xds_list *list, struct xds_type_status *ret)
{
	for (size_t i = 0; i < list->count; i++) {
		ret->resources += !!list->items[i]->arena;
		ret->subscribed += list->items[i]->wanted;
	}
}

void xds_session_count(const struct xds_session *session, struct xds_session_status *status)
{
	for (unsigned int i = 0; i < XDS_TYPES; i++)
		count_held(&session->channels[i].list, &status->types[i]);
}
