/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads Istio's meshNetworks (istio/api mesh/v1alpha1/network.proto). */
#ifndef MESH_NETWORKS_H
#define MESH_NETWORKS_H

#include <stdbool.h>
#include <stdint.h>

struct config;
struct mesh_gateway;
struct mesh_network;
struct mesh_networks;
struct problems;
struct tree_node;
struct tree_walk;

/* Reads `node`, a mapping with `networks`, or NULL. Adds our own network and applies transports,
 * networkIds and flat of `config`. Sets walk->failed if there were errors. Returns 0 with *ret_mesh,
 * freed by mesh_networks_free(), even then; or -ENOMEM.
 *
 * Refused: overlapping CIDRs of two networks, a registry or gateway (address and port) of two
 * networks, a gateway twice in one, network ids that are 0 or equal. 0.0.0.0 may be repeated: it
 * stands for an address that is not known yet. */
int mesh_networks_read(struct tree_walk *walk, const struct tree_node *node,
		       const struct config *config, struct mesh_networks **ret_mesh);

/* The same from the text of meshNetworksFile. Returns -EINVAL with problems if anything is wrong. */
int mesh_networks_parse(const struct config *config, const char *label, const char *text,
			unsigned long length, struct mesh_networks **ret_mesh,
			struct problems *problems);

/* Accepts NULL. */
void mesh_networks_free(struct mesh_networks *mesh);

/* The network this node is in; NULL without one. Accepts NULL. */
const struct mesh_network *mesh_networks_own(const struct mesh_networks *mesh);

/* The network of this id; or NULL. */
const struct mesh_network *mesh_networks_by_id(const struct mesh_networks *mesh, uint32_t id);

/* Whether tunnels to this gateway of the network must lead by a device that encrypts. What a stock gateway
 * takes is encrypted before; where the address is not known, or leads to no other node, there are none. */
bool mesh_gateway_needs_encryption(const struct mesh_network *network,
				   const struct mesh_gateway *gateway);

#endif
