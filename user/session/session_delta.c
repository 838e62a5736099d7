/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* DeltaDiscoveryRequest: what changed in the subscription, or a reply, never both. */
#include <errno.h>
#include <stdlib.h>

#include <discovery.pb-c.h>

#include "arena.h"
#include "session_message.h"
#include "session_request.h"

typedef Pb__DeltaDiscoveryRequest__InitialResourceVersionsEntry version_entry;

/* initial_resource_versions: the server sends only what is new, and the names of those removed. */
static int add_versions(const struct xds_channel *channel, struct arena *arena,
			Pb__DeltaDiscoveryRequest *request)
{
	size_t count = channel->list.count;
	version_entry *entries = arena_array(arena, count, sizeof(*entries));

	request->initial_resource_versions =
		arena_array(arena, count, sizeof(*request->initial_resource_versions));
	if (!entries || !request->initial_resource_versions)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct xds_resource *held = channel->list.items[i];
		version_entry *entry = &entries[request->n_initial_resource_versions];

		if (!held->arena || !*held->name)
			continue;
		pb__delta_discovery_request__initial_resource_versions_entry__init(entry);
		entry->key = held->name;
		entry->value = held->version ? held->version : entry->value;
		request->initial_resource_versions[request->n_initial_resource_versions++] = entry;
	}
	return 0;
}

static int pack(struct xds_session *session, const Pb__DeltaDiscoveryRequest *request,
		size_t *ret_length)
{
	session->request = malloc(pb__delta_discovery_request__get_packed_size(request) + 1);
	if (!session->request)
		return -ENOMEM;
	*ret_length = pb__delta_discovery_request__pack(request, session->request);
	return 0;
}

int session_build_delta(struct xds_session *session, enum xds_type type, unsigned int parts,
			size_t *ret_length)
{
	const struct xds_channel *channel = &session->channels[type];
	Pb__DeltaDiscoveryRequest request = PB__DELTA_DISCOVERY_REQUEST__INIT;
	struct session_message message;
	int err = session_message_make(session, type, parts, &message);

	if (err)
		return err;
	request.node = message.node;
	request.type_url = message.type_url;
	request.error_detail = message.error;
	if (parts & REQUEST_REPLY && channel->nonce)
		request.response_nonce = channel->nonce;
	if (parts & REQUEST_FIRST)
		err = add_versions(channel, message.arena, &request);
	request.resource_names_subscribe = message.subscribe;
	request.n_resource_names_subscribe = message.subscribe_count;
	request.resource_names_unsubscribe = message.unsubscribe;
	request.n_resource_names_unsubscribe = message.unsubscribe_count;
	if (!err)
		err = pack(session, &request, ret_length);
	session_message_done(&message);
	return err;
}
