/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Puts overrides from the environment into the configuration's tree before it is read. */
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "config_schema.h"
#include "problem.h"
#include "suggest.h"

#define PREFIX "PARALLAX_"

struct variable {
	const char *name;
	const char *sections[3]; /* mappings that lead to the key, outermost first */
	const char *key;
	bool list;           /* comma-separated */
	const char *instead; /* a sibling that this variable replaces */
};

static const struct variable variables[] = {
	{ "PARALLAX_NETWORK", { 0 }, "network", false, NULL },
	{ "PARALLAX_CLUSTER", { 0 }, "cluster", false, NULL },
	{ "PARALLAX_MESH_NETWORKS_FILE", { 0 }, "meshNetworksFile", false, "meshNetworks" },
	{ "PARALLAX_DELIVERY", { 0 }, "delivery", false, NULL },
	{ "PARALLAX_CAPTURE", { 0 }, "capture", false, NULL },
	{ "PARALLAX_DRAINING", { 0 }, "draining", false, NULL },
	{ "PARALLAX_TAKEOVER", { 0 }, "takeover", false, NULL },
	{ "PARALLAX_INTERFACES_PROFILE", { "interfaces" }, "profile", false, NULL },
	{ "PARALLAX_INTERFACES_CNI_CONF_DIR", { "interfaces" }, "cniConfDir", false, NULL },
	{ "PARALLAX_INTERFACES_PODS", { "interfaces" }, "pods", true, NULL },
	{ "PARALLAX_INTERFACES_UPLINKS", { "interfaces" }, "uplinks", true, NULL },
	{ "PARALLAX_INTERFACES_ATTACH", { "interfaces" }, "attach", false, NULL },
	{ "PARALLAX_INTERFACES_XDP", { "interfaces" }, "xdp", false, NULL },
	{ "PARALLAX_INTERFACES_HOST", { "interfaces" }, "host", false, NULL },
	{ "PARALLAX_SOURCE_FILES_PATH", { "source", "files" }, "path", false, NULL },
	{ "PARALLAX_SOURCE_ADS_ADDRESSES", { "source", "ads" }, "addresses", true, NULL },
	{ "PARALLAX_SOURCE_ADS_CLUSTER_ID", { "source", "ads" }, "clusterId", false, NULL },
	{ "PARALLAX_SOURCE_ADS_TOKEN_FILE", { "source", "ads" }, "tokenFile", false, NULL },
	{ "PARALLAX_SOURCE_ADS_NODE_ID", { "source", "ads", "node" }, "id", false, NULL },
	{ "PARALLAX_SOURCE_ADS_NODE_IP", { "source", "ads", "node" }, "ip", false, NULL },
	{ "PARALLAX_SOURCE_ADS_NODE_NAME", { "source", "ads", "node" }, "name", false, NULL },
	{ "PARALLAX_SOURCE_ADS_NODE_NAMESPACE",
	  { "source", "ads", "node" },
	  "namespace",
	  false,
	  NULL },
	{ "PARALLAX_SOURCE_ADS_NODE_DOMAIN", { "source", "ads", "node" }, "domain", false, NULL },
	{ "PARALLAX_LOAD_BALANCING_LOCALITY_WEIGHTED",
	  { "loadBalancing" },
	  "localityWeighted",
	  false,
	  NULL },
	{ "PARALLAX_LOAD_BALANCING_PANIC_THRESHOLD",
	  { "loadBalancing" },
	  "panicThreshold",
	  false,
	  NULL },
	{ "PARALLAX_LIMITS_SERVICES", { "limits" }, "services", false, NULL },
	{ "PARALLAX_LIMITS_BACKENDS", { "limits" }, "backends", false, NULL },
	{ "PARALLAX_LIMITS_FLOWS", { "limits" }, "flows", false, NULL },
	{ "PARALLAX_LIMITS_FLOWS_PER_POD", { "limits" }, "flowsPerPod", false, NULL },
	{ "PARALLAX_LIMITS_SLOTS", { "limits" }, "slots", false, NULL },
	{ "PARALLAX_GATEWAY_LISTEN_INTERFACE",
	  { "gateway", "listen" },
	  "interface",
	  false,
	  "address" },
	{ "PARALLAX_GATEWAY_LISTEN_ADDRESS",
	  { "gateway", "listen" },
	  "address",
	  true,
	  "interface" },
	{ "PARALLAX_GATEWAY_LISTEN_PORT", { "gateway", "listen" }, "port", false, NULL },
	{ "PARALLAX_GATEWAY_SNAT", { "gateway" }, "snat", true, NULL },
	{ "PARALLAX_GATEWAY_ALLOW", { "gateway" }, "allow", true, NULL },
	{ "PARALLAX_TUNNEL_KEYS_FILE", { "tunnel" }, "keysFile", false, NULL },
	{ "PARALLAX_TUNNEL_ADMISSION", { "tunnel" }, "admission", false, NULL },
	{ "PARALLAX_TUNNEL_REQUIRE", { "tunnel" }, "require", false, NULL },
	{ "PARALLAX_ADMIN_ADDRESS", { "admin" }, "address", false, NULL },
	{ "PARALLAX_ADMIN_PORT", { "admin" }, "port", false, NULL },
	{ "PARALLAX_LOG_FORMAT", { "log" }, "format", false, NULL },
	{ "PARALLAX_LOG_LEVEL", { "log" }, "level", false, NULL },
	{ "PARALLAX_METRICS_ADDRESS", { "metrics" }, "address", false, NULL },
	{ "PARALLAX_METRICS_PORT", { "metrics" }, "port", false, NULL },
};

/* The mapping of the key, made if it is missing; NULL if the file has another kind of value there,
 * which the schema reports. */
static struct tree_node *open_section(struct yaml_tree *tree, const struct variable *variable)
{
	struct tree_node *at = tree->root, *next;

	for (size_t i = 0; i < COUNT(variable->sections) && variable->sections[i]; i++) {
		next = tree_get(at, variable->sections[i]);
		if (!next) {
			next = tree_made(tree, variable->name, TREE_MAPPING, NULL);
			if (!next)
				return NULL;
			tree_set(at, variable->sections[i], next);
		}
		if (next->kind != TREE_MAPPING)
			return NULL;
		at = next;
	}
	return at;
}

static struct tree_node *make_scalar(struct yaml_tree *tree, const char *label, const char *text,
				     size_t length)
{
	const char *copy = arena_text(tree->arena, text, length);

	return copy ? tree_made(tree, label, TREE_SCALAR, copy) : NULL;
}

static struct tree_node *make_list(struct yaml_tree *tree, const char *label, const char *text)
{
	struct tree_node *list = tree_made(tree, label, TREE_SEQUENCE, NULL), *item;
	size_t length;

	for (; list; text += length + 1) {
		text += strspn(text, " ");
		length = strcspn(text, ",");
		item = make_scalar(tree, label, text, length);
		if (!item)
			return NULL;
		tree_append(list, item);
		if (!text[length])
			break;
	}
	return list;
}

static void apply(struct tree_walk *walk, struct yaml_tree *tree, const struct variable *variable,
		  const char *text)
{
	struct tree_node *section = open_section(tree, variable), *node;

	if (!section)
		return;
	node = variable->list ? make_list(tree, variable->name, text)
			      : make_scalar(tree, variable->name, text, strlen(text));
	walk->out_of_memory |= !node;
	if (!node)
		return;
	tree_set(section, variable->key, node);
	if (variable->instead)
		tree_remove(section, variable->instead);
}

static bool is_called(const char *entry, size_t length, const char *name)
{
	return strlen(name) == length && !strncmp(entry, name, length);
}

/* Kubernetes sets PARALLAX_..._SERVICE_HOST, _SERVICE_PORT and _PORT=tcp://... in pods for
 * each Service whose name starts with parallax. */
static bool is_from_kubernetes(const char *name, const char *value)
{
	return strstr(name, "_SERVICE_HOST") || strstr(name, "_SERVICE_PORT") ||
	       strstr(value, "://");
}

static void check_unknown(struct tree_walk *walk, const char *name)
{
	struct suggestion near = {.word = name};

	for (size_t i = 0; i < COUNT(variables); i++)
		suggest_offer(&near, variables[i].name);
	if (!near.name)
		return;
	walk->failed = true;
	problems_add(walk->problems, name, 0, 0,
		     "unknown variable of the environment, did you mean %s?", near.name);
}

static void apply_entry(struct tree_walk *walk, struct yaml_tree *tree, const char *entry)
{
	const char *equals = strchr(entry, '=');
	char name[128];
	size_t length;

	if (!equals || !equals[1])
		return;
	length = (size_t)(equals - entry);
	snprintf(name, sizeof(name), "%.*s", (int)length, entry);
	if (is_from_kubernetes(name, equals + 1))
		return;
	for (size_t i = 0; i < COUNT(variables); i++) {
		if (is_called(entry, length, variables[i].name)) {
			apply(walk, tree, &variables[i], equals + 1);
			return;
		}
	}
	check_unknown(walk, name);
}

void config_env_apply(struct tree_walk *walk, struct yaml_tree *tree, char *const *environment)
{
	if (!environment || tree->root->kind != TREE_MAPPING)
		return;
	for (; *environment; environment++)
		if (!strncmp(*environment, PREFIX, sizeof(PREFIX) - 1))
			apply_entry(walk, tree, *environment);
}
