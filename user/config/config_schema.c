/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The configuration's top level and its small sections. */
#include "config_schema.h"

#include <stdlib.h>
#include <string.h>

#include "parallax_limits.h"

#define TAKEOVER_MAX (10u * 365 * 86400)
#define PATTERNS_MAX 256
#define PROBE_MS_MIN 20
#define PROBE_MS_MAX 60000

static const struct tree_field interfaces[] = {
	{ TREE_CHOICE("profile", "auto bridge flannel calico cilium kindnet aws-vpc azure gke",
		      struct config, profile) },
	{ TREE_LIST("pods", "a list of interface names", PATTERNS_MAX, config_read_name,
		    struct config, pod_patterns, pod_pattern_count) },
	{ TREE_LIST("uplinks", "a list of interface names", PATTERNS_MAX, config_read_name,
		    struct config, uplink_patterns, uplink_pattern_count) },
	{ TREE_CHOICE("attach", "auto tcx clsact", struct config, attach) },
	{ TREE_CHOICE("xdp", "auto always never send", struct config, xdp) },
	{ TREE_MEMBER("host", tree_read_bool, struct config, host) },
	{ TREE_MEMBER("cniConfDir", config_read_path, struct config, cni_conf_dir) },
};

/* Read after all other keys: see config_load.c. */
static void read_mesh_networks(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	tree_expect(walk, node, TREE_MAPPING, "a mapping with networks");
}

static const struct tree_field load_balancing[] = {
	{TREE_MEMBER("localityWeighted", tree_read_bool, struct config, locality_weighted)},
	{TREE_NUMBER("panicThreshold", 0, 100, struct config, panic_threshold)},
};

static const struct tree_field limits[] = {
	{ TREE_NUMBER("services", 1, MAX_SERVICES, struct config, limits.services) },
	/* Row 0 of the backends is never used. */
	{ TREE_NUMBER("backends", 2, MAX_BACKENDS, struct config, limits.backends) },
	{ TREE_NUMBER("flows", EMBRYONIC_FRACTION, MAX_FLOWS, struct config, limits.flows) },
	{ TREE_NUMBER("flowsPerPod", 1, MAX_FLOWS, struct config, flows_per_pod) },
	{ TREE_NUMBER("slots", BUCKET_SLOTS, MAX_SLOTS, struct config, limits.slots) },
};

/* "100ms" or "2s"; the target is a uint32_t. */
static void read_ms(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	size_t digits = node->kind == TREE_SCALAR ? strspn(node->text, "0123456789") : 0;
	uint32_t unit = 0;
	unsigned long value;

	if (digits && digits < 6)
		unit = !strcmp(node->text + digits, "ms") ? 1 :
		       !strcmp(node->text + digits, "s")  ? 1000 :
							    0;
	value = unit ? strtoul(node->text, NULL, 10) * unit : 0;
	if (value < PROBE_MS_MIN || value > PROBE_MS_MAX)
		tree_expected(walk, node, "a duration from 20ms to 60s");
	else
		*(uint32_t *)target = (uint32_t)value;
}

static const struct tree_field probes[] = {
	{ TREE_MEMBER("interval", read_ms, struct config, probes.interval_ms) },
	{ TREE_MEMBER("idle", read_ms, struct config, probes.idle_ms) },
	{ TREE_NUMBER("failures", 1, 100, struct config, probes.failures) },
};

static const struct tree_field tunnel[] = {
	{ TREE_MEMBER("keysFile", config_read_path, struct config, tunnel.keys_file) },
	{ TREE_CHOICE("admission", "require sign verify", struct config, tunnel.admission) },
	{ TREE_MEMBER("require", config_read_requirement, struct config, tunnel.require) },
};

static const struct tree_field log_fields[] = {
	{ TREE_CHOICE("format", "logfmt json", struct config, log.format) },
	{ TREE_CHOICE("level", "error warn info debug", struct config, log.level) },
};

void config_schema_read(struct tree_walk *walk, const struct tree_node *root,
			struct config *config, const struct tree_node **ret_mesh)
{
	static const struct tree_field fields[] = {
		{ TREE_MEMBER("network", config_read_name, struct config, network),
		  .required = true },
		{ TREE_MEMBER("cluster", config_read_name, struct config, cluster) },
		{ TREE_FIELDS("interfaces", "a mapping with profile, pods and uplinks",
			      interfaces) },
		{ TREE_FIELD("meshNetworks", read_mesh_networks) },
		{ TREE_MEMBER("meshNetworksFile", config_read_path, struct config,
			      mesh_networks_file) },
		{ TREE_FIELD("transports", config_read_transports) },
		{ TREE_FIELD("networkIds", config_read_network_ids) },
		{ TREE_LIST("flat", "a list of lists of networks", MAX_NETWORKS, config_read_flat,
			    struct config, flat, flat_count) },
		{ TREE_FIELD("source", config_read_source) },
		{ TREE_LIST("services", "a list of services", CONFIG_LIST_MAX, config_read_service,
			    struct config, services, service_count) },
		{ TREE_FIELDS("loadBalancing", "a mapping with localityWeighted and panicThreshold",
			      load_balancing) },
		{ TREE_CHOICE("delivery", "stack redirect", struct config, delivery) },
		{ TREE_CHOICE("capture", "multiNetwork all listed", struct config, capture) },
		{ TREE_CHOICE("draining", "keep reset", struct config, draining) },
		{ TREE_DURATION("takeover", 0, TAKEOVER_MAX, struct config, takeover_seconds) },
		{ TREE_FIELDS("limits", "a mapping of limits", limits) },
		{ TREE_FIELD("gateway", config_read_gateway) },
		{ TREE_FIELDS("probes", "a mapping with interval, idle and failures", probes) },
		{ TREE_FIELD("door", config_read_door) },
		{ TREE_FIELDS("tunnel", "a mapping with keysFile, admission and require", tunnel) },
		{ TREE_FIELD("admin", config_read_admin) },
		{ TREE_FIELD("metrics", config_read_metrics) },
		{ TREE_FIELDS("log", "a mapping with format and level", log_fields) },
	};
	const struct tree_node *file = tree_get(root, "meshNetworksFile");

	tree_fields(walk, root, "a mapping of the configuration's keys", fields, COUNT(fields),
		    config);
	config_check_gateway(walk, root, config);
	*ret_mesh = tree_get(root, "meshNetworks");
	if (file && *ret_mesh)
		tree_problem(walk, file, "expected either meshNetworks or meshNetworksFile");
	if (*ret_mesh && (*ret_mesh)->kind != TREE_MAPPING)
		*ret_mesh = NULL;
}
