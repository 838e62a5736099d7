/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sections of the configuration, shared by the files that read them. */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "config.h"
#include "tree_walk.h"

#define CONFIG_NAME_MAX 255 /* bytes of a network, cluster, registry or interface pattern */
#define CONFIG_LIST_MAX 65536

/* Fills `config`, whose defaults are set, from the document. *ret_mesh is the node of meshNetworks,
 * not read yet, or NULL. */
void config_schema_read(struct tree_walk *walk, const struct tree_node *root,
			struct config *config, const struct tree_node **ret_mesh);

/* Puts the variables of `environment` into the tree. Accepts a NULL `environment`. */
void config_env_apply(struct tree_walk *walk, struct yaml_tree *tree, char *const *environment);

/* Readers of one top-level key into a struct config. */
tree_reader config_read_source, config_read_gateway, config_read_door, config_read_admin,
	config_read_metrics, config_read_transports, config_read_network_ids;
/* Reads "none" or "encrypted" into an enum requirement. */
tree_reader config_read_requirement;
/* Readers of an item of `services` and `flat`. */
tree_reader config_read_service, config_read_flat;

/* Reads a name into a const char *, copied into walk->arena: no white space, no control bytes, at
 * most CONFIG_NAME_MAX bytes. */
tree_reader config_read_name;

/* Reads a path into a const char *, or a struct config_file; relative paths start at the directory of
 * walk->file. */
tree_reader config_read_path, config_read_file;

/* Reports each VIP:port/protocol that two services list, and more of them than limits.services. */
void config_check_services(struct tree_walk *walk, const struct tree_node *services,
			   const struct config *config);

/* Reports a gateway that would be open to everybody, and what depends on keys without any. */
void config_check_gateway(struct tree_walk *walk, const struct tree_node *root,
			  const struct config *config);

/* Reports networks in transports, networkIds, services and flat that `mesh` does not have. */
void config_check_networks(struct tree_walk *walk, const struct tree_node *root,
			   const struct mesh_networks *mesh);

#endif
