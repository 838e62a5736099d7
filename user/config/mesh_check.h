/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What no two networks of meshNetworks may share. */
#ifndef MESH_CHECK_H
#define MESH_CHECK_H

struct mesh_networks;
struct tree_node;
struct tree_walk;

/* `networks` is the node that `mesh` was read from, value by value in its order, or NULL; to be
 * called before our own network is added and before sorting. */
void mesh_check(struct tree_walk *walk, const struct tree_node *networks,
		const struct mesh_networks *mesh);

/* Network ids, on the finished list. */
void mesh_check_ids(struct tree_walk *walk, const struct tree_node *networks,
		    const struct mesh_networks *mesh);

#endif
