/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The configuration's top level and its small sections. */
#include "config_schema.h"

#include <string.h>

#include "arena.h"
#include "parallax_limits.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#define TAKEOVER_MAX (10ULL * 365 * 86400)
#define PATTERNS_MAX 256

static bool is_name(const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
			return false;
	return length && length <= CONFIG_NAME_MAX;
}

void config_read_name(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	char found[TREE_FOUND_MAX];
	const char *text;

	if (tree_text(walk, node, &text))
		return;
	if (!is_name(text))
		tree_problem(walk, node, "expected a name without white space, found %s",
			     tree_found(node, found));
	else
		tree_keep(walk, node, target);
}

static void read_network(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	config_read_name(walk, node, &((struct config *)target)->network);
}

static void read_cluster(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	config_read_name(walk, node, &((struct config *)target)->cluster);
}

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

static void read_attach(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const char *const names[] = {"auto", "tcx", "clsact"};
	unsigned int choice = ATTACH_AUTO;

	tree_choice(walk, node, names, COUNT(names), &choice);
	((struct config *)target)->attach = choice;
}

static void read_xdp(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const char *const names[] = {"auto", "always", "never"};
	unsigned int choice = XDP_AUTO;

	tree_choice(walk, node, names, COUNT(names), &choice);
	((struct config *)target)->xdp = choice;
}

static void read_interfaces(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{"pods", read_pods, false},
		{"uplinks", read_uplinks, false},
		{"attach", read_attach, false},
		{"xdp", read_xdp, false},
	};

	tree_fields(walk, node, "a mapping with pods and uplinks", fields, COUNT(fields), target);
}

/* Looked at once everything else is known: see config_load.c. */
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

static void read_locality_weighted(struct tree_walk *walk, const struct tree_node *node,
				   void *target)
{
	tree_bool(walk, node, &((struct config *)target)->locality_weighted);
}

static void read_panic_threshold(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config *config = target;
	uint64_t percent = config->panic_threshold;

	tree_number(walk, node, 0, 100, &percent);
	config->panic_threshold = (uint32_t)percent;
}

static void read_load_balancing(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{"localityWeighted", read_locality_weighted, false},
		{"panicThreshold", read_panic_threshold, false},
	};

	tree_fields(walk, node, "a mapping with localityWeighted and panicThreshold", fields,
		    COUNT(fields), target);
}

static void read_delivery(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const char *const names[] = {"stack", "redirect"};
	unsigned int choice = DELIVERY_STACK;

	tree_choice(walk, node, names, COUNT(names), &choice);
	((struct config *)target)->delivery = choice;
}

static void read_capture(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const char *const names[] = {"multiNetwork", "all", "listed"};
	unsigned int choice = CAPTURE_MULTI_NETWORK;

	tree_choice(walk, node, names, COUNT(names), &choice);
	((struct config *)target)->capture = choice;
}

static void read_draining(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const char *const names[] = {"keep", "reset"};
	unsigned int choice = DRAINING_KEEP;

	tree_choice(walk, node, names, COUNT(names), &choice);
	((struct config *)target)->draining = choice;
}

static void read_takeover(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	tree_duration(walk, node, TAKEOVER_MAX, &((struct config *)target)->takeover_seconds);
}

static void read_limit(struct tree_walk *walk, const struct tree_node *node, uint64_t min,
		       uint64_t max, uint32_t *ret)
{
	uint64_t value = *ret;

	tree_number(walk, node, min, max, &value);
	*ret = (uint32_t)value;
}

static void read_max_services(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	read_limit(walk, node, 1, MAX_SERVICES, &((struct config_limits *)target)->services);
}

/* Row 0 of the backends is never used. */
static void read_max_backends(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	read_limit(walk, node, 2, MAX_BACKENDS, &((struct config_limits *)target)->backends);
}

static void read_max_flows(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	read_limit(walk, node, EMBRYONIC_FRACTION, MAX_FLOWS,
		   &((struct config_limits *)target)->flows);
}

static void read_max_slots(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	read_limit(walk, node, BUCKET_SLOTS, MAX_SLOTS, &((struct config_limits *)target)->slots);
}

static void read_limits(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{"services", read_max_services, false},
		{"backends", read_max_backends, false},
		{"flows", read_max_flows, false},
		{"slots", read_max_slots, false},
	};

	tree_fields(walk, node, "a mapping of limits", fields, COUNT(fields),
		    &((struct config *)target)->limits);
}

void config_schema_read(struct tree_walk *walk, const struct tree_node *root,
			struct config *config, const struct tree_node **ret_mesh)
{
	static const struct tree_field fields[] = {
		{"network", read_network, true},
		{"cluster", read_cluster, false},
		{"interfaces", read_interfaces, false},
		{"meshNetworks", read_mesh_networks, false},
		{"meshNetworksFile", read_mesh_networks_file, false},
		{"transports", config_read_transports, false},
		{"networkIds", config_read_network_ids, false},
		{"flat", config_read_flat, false},
		{"source", config_read_source, false},
		{"services", config_read_services, false},
		{"loadBalancing", read_load_balancing, false},
		{"delivery", read_delivery, false},
		{"capture", read_capture, false},
		{"draining", read_draining, false},
		{"takeover", read_takeover, false},
		{"limits", read_limits, false},
		{"gateway", config_read_gateway, false},
		{"admin", config_read_admin, false},
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

const char *config_path_from(struct tree_walk *walk, const char *config_path, const char *path)
{
	const char *slash = strrchr(config_path, '/');
	const char *joined;

	if (*path == '/' || !slash)
		joined = arena_strdup(walk->arena, path);
	else
		joined = arena_printf(walk->arena, "%.*s/%s", (int)(slash - config_path),
				      config_path, path);
	walk->out_of_memory |= !joined;
	return joined;
}
