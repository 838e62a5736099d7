/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The section source: files, or a control plane by ADS. */
#include <string.h>

#include "arena.h"
#include "config_schema.h"
#include "decimal.h"
#include "host_name.h"

#define ADDRESSES_MAX 16
#define METADATA_MAX 64
#define METADATA_VALUE_MAX 4096
#define FETCH_SECONDS 15
#define CONNECT_SECONDS 5
#define KEEPALIVE_SECONDS 30 /* istiod closes connections that ping more often than every 15 s */
#define SECONDS_MAX 3600
#define MESSAGE_BYTES (64u << 20)
#define MESSAGE_MIN (64u << 10)
#define MESSAGE_MAX (1u << 30)

/* ------------------------------------------------------------------ ads: addresses */

static bool parse_address(struct tree_walk *walk, const char *text,
			  struct host_port *address)
{
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0;
	struct addr addr;
	uint64_t port;
	char *host;

	if (!length || !decimal_parse(colon + 1, strlen(colon + 1), 65535, &port) || !port)
		return false;
	address->port = (uint16_t)port;
	if (*text == '[' && text[length - 1] == ']')
		host = arena_text(walk->arena, text + 1, length - 2);
	else
		host = arena_text(walk->arena, text, length);
	walk->out_of_memory |= !host;
	address->host = host;
	if (!host)
		return true;
	if (*text == '[')
		return !addr_parse(host, &addr) && addr.family == 6;
	return (!addr_parse(host, &addr) && addr.family == 4) || host_name_valid(host);
}

static void read_address(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	const char *text;

	if (!tree_text(walk, node, &text) && !parse_address(walk, text, target))
		tree_expected(walk, node, "HOST:PORT");
}

/* ------------------------------------------------------------------ ads: TLS and token */

static void read_server_name(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config *config = target;
	struct addr addr;
	const char *text;

	if (tree_text(walk, node, &text))
		return;
	if (addr_parse(text, &addr) && !host_name_valid(text))
		tree_expected(walk, node, "a host name or an address");
	else
		tree_keep(walk, node, &config->ads.server_name);
}

static void read_tls(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_MEMBER("caFile", config_read_file, struct config, ads.ca)},
		{TREE_FIELD("serverName", read_server_name)},
		{TREE_MEMBER("certificateFile", config_read_file, struct config, ads.certificate)},
		{TREE_MEMBER("keyFile", config_read_file, struct config, ads.key)},
	};
	struct config *config = target;

	config->ads.tls = true;
	tree_fields(walk, node, "a mapping with caFile, serverName, certificateFile and keyFile",
		    fields, COUNT(fields), config);
	if (node->kind == TREE_MAPPING &&
	    !tree_get(node, "certificateFile") != !tree_get(node, "keyFile"))
		tree_problem(walk, node, "expected certificateFile and keyFile together");
}

/* ------------------------------------------------------------------ ads: node */

static void read_ip(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct addr addr;

	if (tree_addr(walk, node, &addr))
		return;
	if (!addr_is_usable(&addr))
		tree_expected(walk, node, "an address of this node");
	else
		tree_keep(walk, node, &((struct config_ads_node *)target)->ip);
}

/* In a node id '~' separates the parts, and the last dot separates name and namespace. */
static void read_part(struct tree_walk *walk, const struct tree_node *node, bool dots,
		      const char **ret)
{
	const char *text = NULL;

	config_read_name(walk, node, &text);
	if (text && (strchr(text, '~') || (!dots && strchr(text, '.'))))
		tree_expected(walk, node, "a name without '~'%s", dots ? "" : " and '.'");
	else
		*ret = text;
}

static void read_dotted(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	read_part(walk, node, true, target);
}

static void read_namespace(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	read_part(walk, node, false, target);
}

/* All values are sent as strings: istiod accepts no other kind. */
static bool read_value(struct tree_walk *walk, const struct tree_node *node,
		       struct config_metadata *entry)
{

	if (node->kind != TREE_SCALAR || node->count > METADATA_VALUE_MAX ||
	    (!node->quoted && tree_is_null(node))) {
		tree_expected(walk, node, "text");
		return false;
	}
	entry->key = arena_strdup(walk->arena, node->key);
	entry->value = arena_strdup(walk->arena, node->text);
	walk->out_of_memory |= !entry->key || !entry->value;
	return entry->key && entry->value;
}

static void read_metadata(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config_ads_node *ads_node = target;

	if (!tree_expect(walk, node, TREE_MAPPING, "a mapping of texts"))
		return;
	if (node->count > METADATA_MAX) {
		tree_problem(walk, node, "expected at most %u entries", METADATA_MAX);
		return;
	}
	ads_node->metadata = arena_array(walk->arena, node->count, sizeof(*ads_node->metadata));
	walk->out_of_memory |= !ads_node->metadata;
	for (node = node->child; ads_node->metadata && node; node = node->next)
		ads_node->metadata_count +=
			read_value(walk, node, &ads_node->metadata[ads_node->metadata_count]);
}

static void check_id(struct tree_walk *walk, const struct tree_node *node)
{
	static const char *const parts[] = {"ip", "name", "namespace", "domain"};

	for (size_t i = 0; tree_get(node, "id") && i < COUNT(parts); i++)
		if (tree_get(node, parts[i]))
			tree_problem(walk, tree_get(node, parts[i]),
				     "expected either id or its parts");
}

static void read_node(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_MEMBER("id", config_read_name, struct config_ads_node, id)},
		{TREE_FIELD("ip", read_ip)},
		{TREE_MEMBER("name", read_dotted, struct config_ads_node, name)},
		{TREE_MEMBER("namespace", read_namespace, struct config_ads_node, namespace)},
		{TREE_MEMBER("domain", read_dotted, struct config_ads_node, domain)},
		{TREE_FIELD("metadata", read_metadata)},
	};

	tree_fields(walk, node, "a mapping with id, or ip, name, namespace and domain, and metadata",
		    fields, COUNT(fields), &((struct config *)target)->ads.node);
	if (node->kind == TREE_MAPPING)
		check_id(walk, node);
}

/* ------------------------------------------------------------------ top level */

static const struct tree_field timeouts[] = {
	{TREE_DURATION("initialFetch", 1, SECONDS_MAX, struct config, ads.initial_fetch_seconds)},
	{TREE_DURATION("connect", 1, SECONDS_MAX, struct config, ads.connect_seconds)},
	{TREE_DURATION("keepalive", KEEPALIVE_SECONDS, SECONDS_MAX, struct config,
		       ads.keepalive_seconds)},
};

static void read_ads(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_LIST("addresses", "a list of HOST:PORT", ADDRESSES_MAX, read_address,
			   struct config, ads.addresses, ads.address_count),
		 .some = "an address", .required = true},
		{TREE_CHOICE("view", "rewritten perNetwork", struct config, ads.view)},
		{TREE_CHOICE("mode", "delta sotw", struct config, ads.mode)},
		{TREE_FIELD("tls", read_tls)},
		{TREE_MEMBER("tokenFile", config_read_file, struct config, ads.token)},
		{TREE_MEMBER("clusterId", config_read_name, struct config, ads.cluster_id)},
		{TREE_FIELD("node", read_node)},
		{TREE_FIELDS("timeouts", "a mapping with initialFetch, connect and keepalive", timeouts)},
		{TREE_NUMBER("maxMessageBytes", MESSAGE_MIN, MESSAGE_MAX, struct config, ads.max_message)},
	};
	struct config_ads *ads = &((struct config *)target)->ads;

	*ads = (struct config_ads){.enabled = true, .initial_fetch_seconds = FETCH_SECONDS,
				   .connect_seconds = CONNECT_SECONDS,
				   .keepalive_seconds = KEEPALIVE_SECONDS,
				   .max_message = MESSAGE_BYTES};
	tree_fields(walk, node, "a mapping with addresses", fields, COUNT(fields), target);
	if (node->kind == TREE_MAPPING && ads->token.path && !tree_get(node, "tls"))
		tree_problem(walk, tree_get(node, "tokenFile"),
			     "expected together with tls only: a token is not sent in the clear");
}

static void read_eds_path(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config *config = target;

	config_read_path(walk, node, &config->eds_path);
	config->eds_line = node->line;
	config->eds_column = node->column;
}

void config_read_source(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field files[] = {
		{ TREE_FIELD("path", read_eds_path), .required = true },
	};
	static const struct tree_field fields[] = {
		{TREE_FIELDS("files", "a mapping with path", files)},
		{TREE_FIELD("ads", read_ads)},
	};

	tree_fields(walk, node, "a mapping with files or ads", fields, COUNT(fields), target);
	if (node->kind == TREE_MAPPING && !tree_get(node, "files") == !tree_get(node, "ads"))
		tree_problem(walk, node, "expected either files or ads");
}
