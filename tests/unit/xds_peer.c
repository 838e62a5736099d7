/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The server's side of an ADS session: reads requests, writes responses. */
#include "xds_peer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <discovery.pb-c.h>

#include "pb_build.h"

static const char *const messages[XDS_TYPES] = {
	"envoy.config.cluster.v3.Cluster",
	"envoy.config.endpoint.v3.ClusterLoadAssignment",
	"envoy.config.listener.v3.Listener",
	"istio.networking.nds.v1.NameTable",
};

char peer_error[2048], peer_node[256];

static char line[PEER_LINE * 16];

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...)
{
	size_t length = strlen(line);
	va_list args;

	va_start(args, format);
	vsnprintf(line + length, sizeof(line) - length, format, args);
	va_end(args);
}

static void add_list(const char *key, char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add("%s%s", i ? "," : key, names[i]);
	if (count)
		add("]");
}

static void add_reply(const char *nonce, const Pb__Status *error)
{
	if (*nonce)
		add(" nonce=%s", nonce);
	if (error)
		add(" error");
	if (error)
		snprintf(peer_error, sizeof(peer_error), "%s", error->message);
}

static void add_start(const char *type_url, const Pb__Node *node)
{
	for (size_t i = 0; i < XDS_TYPES; i++)
		if (!strcmp(strrchr(type_url, '/') + 1, messages[i]))
			add("%s", xds_type_names[i]);
	if (node)
		add(" node");
	if (node)
		snprintf(peer_node, sizeof(peer_node), "%s", node->id);
}

static void read_sotw(const struct xds_request *request)
{
	Pb__DiscoveryRequest *message =
		pb__discovery_request__unpack(NULL, request->length, request->bytes);

	if (!message)
		abort();
	add_start(message->type_url, message->node);
	add_list(" names=[", message->resource_names, message->n_resource_names);
	if (*message->version_info)
		add(" version=%s", message->version_info);
	add_reply(message->response_nonce, message->error_detail);
	pb__discovery_request__free_unpacked(message, NULL);
}

static void read_delta(const struct xds_request *request)
{
	Pb__DeltaDiscoveryRequest *message =
		pb__delta_discovery_request__unpack(NULL, request->length, request->bytes);

	if (!message)
		abort();
	add_start(message->type_url, message->node);
	add_list(" names=[", message->resource_names_subscribe,
		 message->n_resource_names_subscribe);
	add_list(" unsub=[", message->resource_names_unsubscribe,
		 message->n_resource_names_unsubscribe);
	for (size_t i = 0; i < message->n_initial_resource_versions; i++)
		add("%s%s=%s", i ? "," : " versions=[", message->initial_resource_versions[i]->key,
		    message->initial_resource_versions[i]->value);
	if (message->n_initial_resource_versions)
		add("]");
	add_reply(message->response_nonce, message->error_detail);
	pb__delta_discovery_request__free_unpacked(message, NULL);
}

/* The field number of the type URL distinguishes the two messages. */
static int is_sotw(const struct xds_request *request)
{
	Pb__DiscoveryRequest *message =
		pb__discovery_request__unpack(NULL, request->length, request->bytes);
	int found = message && strstr(message->type_url, "type.googleapis.com/") ==
					message->type_url;

	if (message)
		pb__discovery_request__free_unpacked(message, NULL);
	return found;
}

static int read_next(struct xds_session *session, int64_t now_ms)
{
	struct xds_request request;
	int found = xds_session_next_request(session, now_ms, &request);

	if (found == 1)
		(is_sotw(&request) ? read_sotw : read_delta)(&request);
	return found;
}

const char *peer_next(struct xds_session *session, int64_t now_ms)
{
	*line = '\0';
	read_next(session, now_ms);
	return line;
}

const char *peer_all(struct xds_session *session, int64_t now_ms)
{
	*line = '\0';
	while (read_next(session, now_ms) == 1)
		add("; ");
	if (*line)
		line[strlen(line) - 2] = '\0';
	return line;
}

static char texts[8][PB_BUILD_MAX / 8];
static unsigned int next_text;

static char *new_text(void)
{
	return texts[next_text++ % 8];
}

const char *peer_cluster(const char *name, const char *service)
{
	char *text = new_text();

	snprintf(text, sizeof(texts[0]), "1:'%s' 2:3 3:{1:{3:{}} 2:'%s'} 6:1", name,
		 service ? service : name);
	return text;
}

const char *peer_assignment(const char *name, unsigned int host)
{
	char *text = new_text();

	if (host)
		snprintf(text, sizeof(texts[0]),
			 "1:'%s' 2:{1:{} 2:{1:{1:{1:{2:'10.0.0.%u' 3:80}}} 4:{1:1}} 3:{1:1}}",
			 name, host);
	else
		snprintf(text, sizeof(texts[0]), "1:'%s'", name);
	return text;
}

/* One resource as a field of the response, at `text`; returns its end. */
static char *write_resource(char *text, enum xds_mode mode, enum xds_type type,
			    const struct peer_resource *resource)
{
	char any[PB_BUILD_MAX / 4] = "", wrapper[PB_BUILD_MAX / 2];

	if (resource->body)
		snprintf(any, sizeof(any), "1:'type.googleapis.com/%s' 2:{%s}", messages[type],
			 resource->body);
	if (mode == XDS_SOTW && !resource->ttl)
		return text + sprintf(text, " 2:{%s}", any);
	snprintf(wrapper, sizeof(wrapper), "1:'%s' 3:'%s' %s%s%s", resource->version ?
		 resource->version : "", resource->name, *any ? "2:{" : "", any, *any ? "}" : "");
	if (resource->ttl)
		sprintf(wrapper + strlen(wrapper), " 6:{1:%lld}", (long long)resource->ttl);
	if (mode == XDS_DELTA)
		return text + sprintf(text, " 2:{%s}", wrapper);
	return text + sprintf(text,
			      " 2:{1:'type.googleapis.com/envoy.service.discovery.v3.Resource' "
			      "2:{%s}}", wrapper);
}

int peer_send(struct xds_session *session, enum xds_mode mode, enum xds_type type,
	      const char *version, const char *nonce, const struct peer_resource *resources,
	      size_t count, const char *removed, int64_t now_ms)
{
	static char text[PB_BUILD_MAX * 4];
	static uint8_t bytes[PB_BUILD_MAX];
	char *at = text;
	size_t length;
	uint8_t *copy;
	int err;

	at += sprintf(at, "1:'%s' 4:'type.googleapis.com/%s' 5:'%s'", version, messages[type], nonce);
	for (size_t i = 0; i < count; i++)
		at = write_resource(at, mode, type, &resources[i]);
	if (removed)
		sprintf(at, " 6:'%s'", removed);
	length = pb_build(text, bytes);
	copy = malloc(length);
	memcpy(copy, bytes, length);
	err = xds_session_receive(session, copy, length, now_ms);
	free(copy);
	return err;
}
