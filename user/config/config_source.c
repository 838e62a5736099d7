/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The section source: files, or a control plane by ADS. */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "config_schema.h"
#include "host_name.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#define ADDRESSES_MAX 16
#define METADATA_MAX 64
#define METADATA_VALUE_MAX 4096
#define FETCH_SECONDS 15
#define CONNECT_SECONDS 5
#define KEEPALIVE_SECONDS 30 /* istiod's servers end the stream for pings at less than 15 s */
#define SECONDS_MAX 3600
#define MESSAGE_BYTES (64u << 20)
#define MESSAGE_MIN (64u << 10)
#define MESSAGE_MAX (1u << 30)

/* ------------------------------------------------------------------ files */

static void read_path(struct tree_walk *walk, const struct tree_node *node,
		      const struct config *config, const char **ret)
{
	const char *path;

	if (!tree_text(walk, node, &path))
		*ret = config_path_from(walk, config->path, path);
}

static void read_file(struct tree_walk *walk, const struct tree_node *node,
		      const struct config *config, const char **ret, struct config_place *ret_at)
{
	read_path(walk, node, config, ret);
	*ret_at = (struct config_place){node->line, node->column};
}

static void read_files_path(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config *config = target;

	read_path(walk, node, config, &config->eds_path);
}

static void read_files(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {{"path", read_files_path, true}};

	tree_fields(walk, node, "a mapping with path", fields, COUNT(fields), target);
}

/* ------------------------------------------------------------------ ads: where */

static bool parse_port(const char *text, uint16_t *ret)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (*text < '1' || *text > '9' || *end || port > 65535)
		return false;
	*ret = (uint16_t)port;
	return true;
}

static bool parse_address(struct tree_walk *walk, const char *text,
			  struct config_ads_address *address)
{
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0;
	struct addr addr;
	char *host;

	if (!length || !parse_port(colon + 1, &address->port))
		return false;
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
	char found[TREE_FOUND_MAX];
	const char *text;

	if (!tree_text(walk, node, &text) && !parse_address(walk, text, target))
		tree_problem(walk, node, "expected HOST:PORT, found %s", tree_found(node, found));
}

static void read_addresses(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config_ads *ads = &((struct config *)target)->ads;

	ads->addresses = tree_list(walk, node, "a list of HOST:PORT", ADDRESSES_MAX,
				   sizeof(*ads->addresses), read_address, &ads->address_count);
	if (node->kind == TREE_SEQUENCE && !node->count)
		tree_problem(walk, node, "expected an address or more");
}

static void read_view(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const char *const names[] = {"rewritten", "perNetwork"};
	unsigned int choice = ADS_VIEW_REWRITTEN;

	tree_choice(walk, node, names, COUNT(names), &choice);
	((struct config *)target)->ads.view = choice;
}

static void read_mode(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const char *const names[] = {"delta", "sotw"};
	unsigned int choice = ADS_MODE_DELTA;

	tree_choice(walk, node, names, COUNT(names), &choice);
	((struct config *)target)->ads.mode = choice;
}

/* ------------------------------------------------------------------ ads: who they are, and we */

static void read_ca(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config_ads *ads = &((struct config *)target)->ads;

	read_file(walk, node, target, &ads->ca_file, &ads->ca_at);
}

static void read_server_name(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config *config = target;
	char found[TREE_FOUND_MAX];
	struct addr addr;
	const char *text;

	if (tree_text(walk, node, &text))
		return;
	if (addr_parse(text, &addr) && !host_name_valid(text))
		tree_problem(walk, node, "expected a host name or an address, found %s",
			     tree_found(node, found));
	else
		tree_keep(walk, node, &config->ads.server_name);
}

static void read_certificate(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config_ads *ads = &((struct config *)target)->ads;

	read_file(walk, node, target, &ads->certificate_file, &ads->certificate_at);
}

static void read_key(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config_ads *ads = &((struct config *)target)->ads;

	read_file(walk, node, target, &ads->key_file, &ads->key_at);
}

static void read_tls(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{"caFile", read_ca, false},
		{"serverName", read_server_name, false},
		{"certificateFile", read_certificate, false},
		{"keyFile", read_key, false},
	};
	struct config *config = target;

	config->ads.tls = true;
	tree_fields(walk, node, "a mapping with caFile, serverName, certificateFile and keyFile",
		    fields, COUNT(fields), config);
	if (node->kind == TREE_MAPPING &&
	    !tree_get(node, "certificateFile") != !tree_get(node, "keyFile"))
		tree_problem(walk, node, "expected certificateFile and keyFile together");
}

static void read_token(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config_ads *ads = &((struct config *)target)->ads;

	read_file(walk, node, target, &ads->token_file, &ads->token_at);
}

static void read_cluster_id(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	config_read_name(walk, node, &((struct config *)target)->ads.cluster_id);
}

/* ------------------------------------------------------------------ ads: node */

static void read_id(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	config_read_name(walk, node, &((struct config_ads_node *)target)->id);
}

static void read_ip(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	char found[TREE_FOUND_MAX];
	struct addr addr;

	if (tree_addr(walk, node, &addr))
		return;
	if (!addr_is_usable(&addr))
		tree_problem(walk, node, "expected an address of this node, found %s",
			     tree_found(node, found));
	else
		tree_keep(walk, node, &((struct config_ads_node *)target)->ip);
}

/* The parts of an id are told apart by '~', name and namespace by the last dot. */
static void read_part(struct tree_walk *walk, const struct tree_node *node, bool dots,
		      const char **ret)
{
	char found[TREE_FOUND_MAX];
	const char *text = NULL;

	config_read_name(walk, node, &text);
	if (text && (strchr(text, '~') || (!dots && strchr(text, '.'))))
		tree_problem(walk, node, "expected a name without '~'%s, found %s",
			     dots ? "" : " and '.'", tree_found(node, found));
	else
		*ret = text;
}

static void read_node_name(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	read_part(walk, node, true, &((struct config_ads_node *)target)->name);
}

static void read_namespace(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	read_part(walk, node, false, &((struct config_ads_node *)target)->namespace);
}

static void read_domain(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	read_part(walk, node, true, &((struct config_ads_node *)target)->domain);
}

/* Values go out as strings whatever they look like: istiod takes nothing else. */
static bool read_value(struct tree_walk *walk, const struct tree_node *node,
		       struct config_metadata *entry)
{
	char found[TREE_FOUND_MAX];

	if (node->kind != TREE_SCALAR || node->count > METADATA_VALUE_MAX ||
	    (!node->quoted && tree_is_null(node))) {
		tree_problem(walk, node, "expected text, found %s", tree_found(node, found));
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
		{"id", read_id, false},
		{"ip", read_ip, false},
		{"name", read_node_name, false},
		{"namespace", read_namespace, false},
		{"domain", read_domain, false},
		{"metadata", read_metadata, false},
	};

	tree_fields(walk, node, "a mapping with id, or ip, name, namespace and domain, and metadata",
		    fields, COUNT(fields), &((struct config *)target)->ads.node);
	if (node->kind == TREE_MAPPING)
		check_id(walk, node);
}

/* ------------------------------------------------------------------ ads: limits */

static void read_seconds(struct tree_walk *walk, const struct tree_node *node, uint32_t min,
			 uint32_t *ret)
{
	char found[TREE_FOUND_MAX];
	uint64_t seconds = *ret;

	if (tree_duration(walk, node, SECONDS_MAX, &seconds))
		return;
	if (seconds < min)
		tree_problem(walk, node, "expected at least %us, found %s", min,
			     tree_found(node, found));
	*ret = (uint32_t)seconds;
}

static void read_initial_fetch(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	read_seconds(walk, node, 1, &((struct config_ads *)target)->initial_fetch_seconds);
}

static void read_connect(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	read_seconds(walk, node, 1, &((struct config_ads *)target)->connect_seconds);
}

static void read_keepalive(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	read_seconds(walk, node, KEEPALIVE_SECONDS,
		     &((struct config_ads *)target)->keepalive_seconds);
}

static void read_timeouts(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{"initialFetch", read_initial_fetch, false},
		{"connect", read_connect, false},
		{"keepalive", read_keepalive, false},
	};

	tree_fields(walk, node, "a mapping with initialFetch, connect and keepalive", fields,
		    COUNT(fields), &((struct config *)target)->ads);
}

static void read_max_message(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config *config = target;
	uint64_t bytes = config->ads.max_message;

	tree_number(walk, node, MESSAGE_MIN, MESSAGE_MAX, &bytes);
	config->ads.max_message = (uint32_t)bytes;
}

/* ------------------------------------------------------------------ all of it */

static void read_ads(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{"addresses", read_addresses, true},
		{"view", read_view, false},
		{"mode", read_mode, false},
		{"tls", read_tls, false},
		{"tokenFile", read_token, false},
		{"clusterId", read_cluster_id, false},
		{"node", read_node, false},
		{"timeouts", read_timeouts, false},
		{"maxMessageBytes", read_max_message, false},
	};
	struct config_ads *ads = &((struct config *)target)->ads;

	*ads = (struct config_ads){.enabled = true, .initial_fetch_seconds = FETCH_SECONDS,
				   .connect_seconds = CONNECT_SECONDS,
				   .keepalive_seconds = KEEPALIVE_SECONDS,
				   .max_message = MESSAGE_BYTES};
	tree_fields(walk, node, "a mapping with addresses", fields, COUNT(fields), target);
	if (node->kind == TREE_MAPPING && ads->token_file && !tree_get(node, "tls"))
		tree_problem(walk, tree_get(node, "tokenFile"),
			     "expected together with tls only: a token is not sent in the clear");
}

void config_read_source(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{"files", read_files, false},
		{"ads", read_ads, false},
	};

	tree_fields(walk, node, "a mapping with files or ads", fields, COUNT(fields), target);
	if (node->kind == TREE_MAPPING && !tree_get(node, "files") == !tree_get(node, "ads"))
		tree_problem(walk, node, "expected either files or ads");
}
