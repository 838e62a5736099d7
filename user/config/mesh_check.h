/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds CIDRs, registries, gateways and ids that two networks of meshNetworks share. */
#ifndef MESH_CHECK_H
#define MESH_CHECK_H

struct mesh_networks;
struct tree_node;
struct tree_walk;

/* `networks` is the node that `mesh` was read from, or NULL. `mesh` must be in the node's order: call
 * this before our own network is added and before sorting. */
void mesh_check(struct tree_walk *walk, const struct tree_node *networks,
		const struct mesh_networks *mesh);

/* Checks the network ids of the finished list. */
void mesh_check_ids(struct tree_walk *walk, const struct tree_node *networks,
		    const struct mesh_networks *mesh);

#endif
