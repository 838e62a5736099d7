/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts that requests of both modes are made of. */
#include "session_message.h"

#include <errno.h>

#include "arena.h"
#include "session_request.h"

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
	node->cluster = (char *)from->cluster;
	node->metadata = make_metadata(arena, from);
	node->user_agent_name = (char *)"parallax";
	if (from->user_agent_version) {
		node->user_agent_version_type_case =
			PB__NODE__USER_AGENT_VERSION_TYPE_USER_AGENT_VERSION;
		node->user_agent_version = (char *)from->user_agent_version;
	}
	node->client_features = client_features;
	node->n_client_features = sizeof(client_features) / sizeof(*client_features);
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
		     struct session_message *message)
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
		struct session_message *message)
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

int session_message_make(const struct xds_session *session, enum xds_type type,
			 unsigned int parts, struct session_message *ret)
{
	struct session_message message = {.arena = arena_new(0)};
	int err = message.arena ? fill(session, type, parts, &message) : -ENOMEM;

	if (err)
		session_message_done(&message);
	else
		*ret = message;
	return err;
}

void session_message_done(struct session_message *message)
{
	arena_free(message->arena);
}
