/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The configuration's top level and its small sections. */
#include "config_schema.h"

#include "parallax_limits.h"

#define TAKEOVER_MAX (10ULL * 365 * 86400)
#define PATTERNS_MAX 256

static void read_pods(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config *config = target;

	config->pod_patterns = tree_list(walk, node, "a list of interface names", PATTERNS_MAX,
					 sizeof(char *), config_read_name,
					 &config->pod_pattern_count);
}

static void read_uplinks(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config *config = target;

	config->uplink_patterns = tree_list(walk, node, "a list of interface names", PATTERNS_MAX,
					    sizeof(char *), config_read_name,
					    &config->uplink_pattern_count);
}

static void read_interfaces(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_FIELD("pods", read_pods)},
		{TREE_FIELD("uplinks", read_uplinks)},
		{TREE_CHOICE("attach", "auto tcx clsact", struct config, attach)},
		{TREE_CHOICE("xdp", "auto always never", struct config, xdp)},
	};

	tree_fields(walk, node, "a mapping with pods and uplinks", fields, COUNT(fields), target);
}

/* Read after all other keys: see config_load.c. */
static void read_mesh_networks(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	(void)target;
	tree_expect(walk, node, TREE_MAPPING, "a mapping with networks");
}

static void read_mesh_networks_file(struct tree_walk *walk, const struct tree_node *node,
				    void *target)
{
	struct config *config = target;
	const char *path;

	if (!tree_text(walk, node, &path))
		config->mesh_networks_file = config_path_from(walk, config->path, path);
}

static void read_load_balancing(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_MEMBER("localityWeighted", tree_read_bool, struct config, locality_weighted)},
		{TREE_NUMBER("panicThreshold", 0, 100, struct config, panic_threshold)},
	};

	tree_fields(walk, node, "a mapping with localityWeighted and panicThreshold", fields,
		    COUNT(fields), target);
}

static void read_takeover(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	tree_duration(walk, node, TAKEOVER_MAX, &((struct config *)target)->takeover_seconds);
}

static void read_limits(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_NUMBER("services", 1, MAX_SERVICES, struct config_limits, services)},
		/* Row 0 of the backends is never used. */
		{TREE_NUMBER("backends", 2, MAX_BACKENDS, struct config_limits, backends)},
		{TREE_NUMBER("flows", EMBRYONIC_FRACTION, MAX_FLOWS, struct config_limits, flows)},
		{TREE_NUMBER("slots", BUCKET_SLOTS, MAX_SLOTS, struct config_limits, slots)},
	};

	tree_fields(walk, node, "a mapping of limits", fields, COUNT(fields),
		    &((struct config *)target)->limits);
}

void config_schema_read(struct tree_walk *walk, const struct tree_node *root,
			struct config *config, const struct tree_node **ret_mesh)
{
	static const struct tree_field fields[] = {
		{TREE_MEMBER("network", config_read_name, struct config, network), .required = true},
		{TREE_MEMBER("cluster", config_read_name, struct config, cluster)},
		{TREE_FIELD("interfaces", read_interfaces)},
		{TREE_FIELD("meshNetworks", read_mesh_networks)},
		{TREE_FIELD("meshNetworksFile", read_mesh_networks_file)},
		{TREE_FIELD("transports", config_read_transports)},
		{TREE_FIELD("networkIds", config_read_network_ids)},
		{TREE_FIELD("flat", config_read_flat)},
		{TREE_FIELD("source", config_read_source)},
		{TREE_FIELD("services", config_read_services)},
		{TREE_FIELD("loadBalancing", read_load_balancing)},
		{TREE_CHOICE("delivery", "stack redirect", struct config, delivery)},
		{TREE_CHOICE("capture", "multiNetwork all listed", struct config, capture)},
		{TREE_CHOICE("draining", "keep reset", struct config, draining)},
		{TREE_FIELD("takeover", read_takeover)},
		{TREE_FIELD("limits", read_limits)},
		{TREE_FIELD("gateway", config_read_gateway)},
		{TREE_FIELD("admin", config_read_admin)},
	};
	const struct tree_node *file = tree_get(root, "meshNetworksFile");

	tree_fields(walk, root, "a mapping of the configuration's keys", fields, COUNT(fields),
		    config);
	*ret_mesh = tree_get(root, "meshNetworks");
	if (file && *ret_mesh)
		tree_problem(walk, file, "expected either meshNetworks or meshNetworksFile");
	if (*ret_mesh && (*ret_mesh)->kind != TREE_MAPPING)
		*ret_mesh = NULL;
}
