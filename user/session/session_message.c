/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Requests of both modes as bytes. */
#include "session_message.h"

#include <errno.h>
#include <stdlib.h>

#include <discovery.pb-c.h>

#include "arena.h"
#include "array.h"

#define CODE_INTERNAL 13 /* google.rpc.Code; Envoy's in a NACK */

const char *const session_message_names[XDS_TYPES] = {
	[XDS_CDS] = "envoy.config.cluster.v3.Cluster",
	[XDS_EDS] = "envoy.config.endpoint.v3.ClusterLoadAssignment",
	[XDS_LDS] = "envoy.config.listener.v3.Listener",
	[XDS_NDS] = "istio.networking.nds.v1.NameTable",
};

static char *client_features[] = {
	(char *)"xds.config.supports-resource-ttl",
	(char *)"xds.config.supports-resource-in-sotw",
};

typedef Pb__Struct__FieldsEntry fields_entry;
typedef Pb__DeltaDiscoveryRequest__InitialResourceVersionsEntry version_entry;

/* Fields of both kinds of request. */
struct message {
	struct arena *arena; /* owns everything but names */
	Pb__Node *node;      /* in the first request of a stream; or NULL */
	Pb__Status *error;   /* in a NACK; or NULL */
	char *type_url;
	char **subscribe; /* SotW: all names; delta: new ones */
	size_t subscribe_count;
	char **unsubscribe; /* delta */
	size_t unsubscribe_count;
};

static int add_field(struct arena *arena, const struct xds_metadata *from, fields_entry **ret)
{
	fields_entry *entry = arena_alloc(arena, sizeof(*entry));
	Pb__Value *value = arena_alloc(arena, sizeof(*value));

	if (!entry || !value)
		return -ENOMEM;
	pb__struct__fields_entry__init(entry);
	pb__value__init(value);
	value->kind_case = PB__VALUE__KIND_STRING_VALUE;
	value->string_value = (char *)from->value;
	entry->key = (char *)from->key;
	entry->value = value;
	*ret = entry;
	return 0;
}

static Pb__Struct *make_metadata(struct arena *arena, const struct xds_node *node)
{
	Pb__Struct *metadata = arena_alloc(arena, sizeof(*metadata));

	if (!metadata)
		return NULL;
	pb__struct__init(metadata);
	metadata->fields = arena_array(arena, node->metadata_count, sizeof(*metadata->fields));
	if (!metadata->fields)
		return NULL;
	for (size_t i = 0; i < node->metadata_count; i++)
		if (add_field(arena, &node->metadata[i], &metadata->fields[metadata->n_fields++]))
			return NULL;
	return metadata;
}

static int add_node(struct arena *arena, const struct xds_node *from, Pb__Node **ret)
{
	Pb__Node *node = arena_alloc(arena, sizeof(*node));

	if (!node)
		return -ENOMEM;
	pb__node__init(node);
	node->id = (char *)from->id;
	node->cluster = from->cluster ? (char *)from->cluster : node->cluster;
	node->metadata = make_metadata(arena, from);
	node->user_agent_name = (char *)"parallax";
	node->client_features = client_features;
	node->n_client_features = COUNT(client_features);
	*ret = node;
	return node->metadata ? 0 : -ENOMEM;
}

static int add_error(struct arena *arena, char *text, Pb__Status **ret)
{
	Pb__Status *error = arena_alloc(arena, sizeof(*error));

	if (!error)
		return -ENOMEM;
	pb__status__init(error);
	error->code = CODE_INTERNAL;
	error->message = text;
	*ret = error;
	return 0;
}

static int add_names(const struct xds_session *session, unsigned int parts,
		     struct message *message)
{
	const struct xds_list *list = &session->channels[XDS_EDS].list;
	bool all = session->mode == XDS_SOTW || parts & REQUEST_FIRST;

	message->subscribe = arena_array(message->arena, list->count, sizeof(char *));
	message->unsubscribe = arena_array(message->arena, list->count, sizeof(char *));
	if (!message->subscribe || !message->unsubscribe)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		struct xds_resource *held = list->items[i];

		if (held->wanted && (all || !held->sent))
			message->subscribe[message->subscribe_count++] = held->name;
		else if (!held->wanted && held->sent && session->mode == XDS_DELTA)
			message->unsubscribe[message->unsubscribe_count++] = held->name;
	}
	return 0;
}

static int fill(const struct xds_session *session, enum xds_type type, unsigned int parts,
		struct message *message)
{
	char *error = session->channels[type].error;
	int err = 0;

	message->type_url = arena_printf(message->arena, "%s%s", SESSION_TYPE_PREFIX,
					 session_message_names[type]);
	if (!message->type_url)
		return -ENOMEM;
	if (!session->node_sent)
		err = add_node(message->arena, &session->node, &message->node);
	if (!err && parts & REQUEST_REPLY && error)
		err = add_error(message->arena, error, &message->error);
	if (!err && type == XDS_EDS && parts & REQUEST_NAMES)
		err = add_names(session, parts, message);
	return err;
}

/* initial_resource_versions: the server sends only new versions, and the names of removed resources. */
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

static int pack(struct xds_session *session, const ProtobufCMessage *request, size_t *ret_length)
{
	free(session->request);
	session->request = malloc(protobuf_c_message_get_packed_size(request) + 1);
	if (!session->request)
		return -ENOMEM;
	*ret_length = protobuf_c_message_pack(request, session->request);
	return 0;
}

/* Changes of the subscription, or a reply, never both. */
static int pack_delta(struct xds_session *session, const struct xds_channel *channel,
		      unsigned int parts, const struct message *message, size_t *ret_length)
{
	Pb__DeltaDiscoveryRequest request = PB__DELTA_DISCOVERY_REQUEST__INIT;
	int err = 0;

	request.node = message->node;
	request.type_url = message->type_url;
	request.error_detail = message->error;
	if (parts & REQUEST_REPLY && channel->nonce)
		request.response_nonce = channel->nonce;
	if (parts & REQUEST_FIRST)
		err = add_versions(channel, message->arena, &request);
	request.resource_names_subscribe = message->subscribe;
	request.n_resource_names_subscribe = message->subscribe_count;
	request.resource_names_unsubscribe = message->unsubscribe;
	request.n_resource_names_unsubscribe = message->unsubscribe_count;
	return err ? err : pack(session, &request.base, ret_length);
}

/* Each has the whole subscription. */
static int pack_sotw(struct xds_session *session, const struct xds_channel *channel,
		     const struct message *message, size_t *ret_length)
{
	Pb__DiscoveryRequest request = PB__DISCOVERY_REQUEST__INIT;

	request.node = message->node;
	request.type_url = message->type_url;
	request.error_detail = message->error;
	request.response_nonce = channel->nonce ? channel->nonce : request.response_nonce;
	/* in a NACK the last version accepted */
	request.version_info = channel->version ? channel->version : request.version_info;
	request.resource_names = message->subscribe;
	request.n_resource_names = message->subscribe_count;
	return pack(session, &request.base, ret_length);
}

int session_build(struct xds_session *session, enum xds_type type, unsigned int parts,
		  size_t *ret_length)
{
	const struct xds_channel *channel = &session->channels[type];
	struct message message = {.arena = arena_new(0)};
	int err = message.arena ? fill(session, type, parts, &message) : -ENOMEM;

	if (!err)
		err = session->mode == XDS_SOTW
			      ? pack_sotw(session, channel, &message, ret_length)
			      : pack_delta(session, channel, parts, &message, ret_length);
	arena_free(message.arena);
	return err;
}
