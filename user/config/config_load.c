/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the configuration file, meshNetworks and the environment into struct config. */
#include "config_load.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <xxhash.h>

#include "arena.h"
#include "config_schema.h"
#include "mesh_networks.h"
#include "parallax_limits.h"

#define DEFAULT_TAKEOVER 86400
#define DEFAULT_PANIC 50
#define DEFAULT_CNI_CONF_DIR "/etc/cni/net.d"

static int config_new(const char *path, struct config **ret)
{
	struct config *config = calloc(1, sizeof(*config));

	if (!config)
		return -ENOMEM;
	config->host = true;
	config->profile = CNI_NONE;
	config->cni_conf_dir = DEFAULT_CNI_CONF_DIR;
	config->locality_weighted = true;
	config->panic_threshold = DEFAULT_PANIC;
	config->takeover_seconds = DEFAULT_TAKEOVER;
	config->log.level = LOG_INFO;
	config->probes = (struct config_probes){ 100, 1000, 3 };
	config->limits = (struct config_limits){DEFAULT_SERVICES, DEFAULT_BACKENDS, DEFAULT_FLOWS,
						DEFAULT_SLOTS};
	config->arena = arena_new(0);
	config->path = config->arena ? arena_strdup(config->arena, path) : NULL;
	if (!config->path) {
		config_free(config);
		return -ENOMEM;
	}
	*ret = config;
	return 0;
}

static int load_mesh_file(const struct config *config, struct mesh_networks **ret,
			  struct problems *problems)
{
	size_t length;
	char *text;
	int err = yaml_tree_read_file(config->mesh_networks_file, CONFIG_FILE_MAX, &text, &length,
				      problems);

	if (err)
		return err;
	err = mesh_networks_parse(config, config->mesh_networks_file, text, length, ret, problems);
	free(text);
	return err;
}

/* Names in transports, networkIds and flat must be networks of meshNetworks, but not of
 * meshNetworksFile, which changes independently: a network may leave it and come back. */
static int read_mesh(struct tree_walk *walk, const struct tree_node *root,
		     const struct tree_node *node, struct config *config)
{
	bool failed = walk->failed;
	int err;

	if (!config->network) /* already reported; find the other errors too */
		config->network = "";
	if (config->mesh_networks_file)
		return load_mesh_file(config, &config->mesh, walk->problems);
	walk->failed = false;
	err = mesh_networks_read(walk, node, config, &config->mesh);
	if (!err && !walk->failed)
		config_check_networks(walk, root, config->mesh);
	walk->failed |= failed;
	return err;
}

/* Clusters may use the same pod addresses. Without the name of our own, a pod of another cluster
 * would count as local. */
static void check_cluster(struct tree_walk *walk, const struct tree_node *root,
			  const struct config *config)
{
	const struct tree_node *source = tree_get(root, "source");

	if (config->ads.enabled && !config->cluster)
		tree_problem(walk, tree_get(source, "ads"), "expected together with cluster: it "
			     "distinguishes our pods from those of other clusters");
}

/* Lists alone mean what they say: without a profile nothing is added to them. */
static void choose_profile(struct config *config)
{
	if (config->profile == CNI_NONE && !config->pod_pattern_count &&
	    !config->uplink_pattern_count)
		config->profile = CNI_AUTO;
}

/* Reports all errors. Returns the first error other than -EINVAL, if there is one. */
static int read_tree(struct tree_walk *walk, const struct tree_node *root, struct config *config)
{
	const struct tree_node *mesh, *services;
	int err;

	config_schema_read(walk, root, config, &mesh);
	choose_profile(config);
	services = tree_get(root, "services");
	if (!walk->failed && !walk->out_of_memory && services)
		config_check_services(walk, services, config);
	if (!walk->failed && !walk->out_of_memory)
		check_cluster(walk, root, config);
	err = walk->out_of_memory ? -ENOMEM : read_mesh(walk, root, mesh, config);
	if (walk->out_of_memory)
		err = -ENOMEM;
	return err ? err : walk->failed ? -EINVAL : 0;
}

int config_load_text(const char *path, const char *text, size_t length, char *const *environment,
		     struct config **ret_config, struct problems *problems)
{
	struct tree_walk walk = {.file = path, .problems = problems};
	struct config *config = NULL;
	struct yaml_tree *tree = NULL;
	int err = yaml_tree_parse(path, text, length, &tree_limits_config, &tree, problems);

	if (!err)
		err = config_new(path, &config);
	if (err)
		goto cleanup;
	walk.arena = config->arena;
	config->hash = XXH3_64bits(text, length);
	config_env_apply(&walk, tree, environment);
	err = read_tree(&walk, tree->root, config);
	if (err)
		goto cleanup;
	*ret_config = config;
	config = NULL;
cleanup:
	config_free(config);
	yaml_tree_free(tree);
	return err;
}

int config_load(const char *path, struct config **ret_config, struct problems *problems)
{
	size_t length;
	char *text;
	int err = yaml_tree_read_file(path, CONFIG_FILE_MAX, &text, &length, problems);

	if (err)
		return err;
	err = config_load_text(path, text, length, environ, ret_config, problems);
	free(text);
	return err;
}

struct config *config_hold(struct config *config)
{
	config->holders++;
	return config;
}

void config_free(struct config *config)
{
	if (!config || config->holders--)
		return;
	mesh_networks_free(config->mesh);
	arena_free(config->arena);
	free(config);
}

int mesh_networks_load(const struct config *config, struct mesh_networks **ret,
		       struct problems *problems)
{
	struct config *fresh;
	int err;

	if (config->mesh_networks_file)
		return load_mesh_file(config, ret, problems);
	err = config_load(config->path, &fresh, problems);
	if (err)
		return err;
	*ret = fresh->mesh;
	fresh->mesh = NULL;
	config_free(fresh);
	return 0;
}
