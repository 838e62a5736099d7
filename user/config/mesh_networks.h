/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Istio's meshNetworks (istio/api mesh/v1alpha1/network.proto) as struct mesh_networks. */
#ifndef MESH_NETWORKS_H
#define MESH_NETWORKS_H

struct config;
struct mesh_networks;
struct problems;
struct tree_node;
struct tree_walk;

/* Read `node`, a mapping with `networks`, or NULL for none; our own network is added, and
 * transports, networkIds and flat of `config` are applied. walk->failed tells errors. Returns 0
 * with *ret_mesh, to be freed by mesh_networks_free(), also when there were errors; or -ENOMEM.
 *
 * Refused: CIDRs of two networks that overlap, a registry or a gateway (address and port) of two
 * networks, a gateway twice in one, network ids that are 0 or clash. 0.0.0.0 may recur: it is no
 * address yet. */
int mesh_networks_read(struct tree_walk *walk, const struct tree_node *node,
		       const struct config *config, struct mesh_networks **ret_mesh);

/* The same from the text of meshNetworksFile. -EINVAL with problems when anything is wrong. */
int mesh_networks_parse(const struct config *config, const char *label, const char *text,
			unsigned long length, struct mesh_networks **ret_mesh,
			struct problems *problems);

/* Accepts NULL. */
void mesh_networks_free(struct mesh_networks *mesh);

#endif
