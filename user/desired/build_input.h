/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Everything a generation is built from, as plain data: no sockets, no files, no clock. */
#ifndef BUILD_INPUT_H
#define BUILD_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assignment.h"
#include "cluster_list.h"
#include "config.h"
#include "vip_input.h"

struct arena;
struct ledger;

/* Facts about this node, read from the kernel. */
struct node_facts {
	struct addr_pair address; /* the node's own, on its uplink */
	struct addr_pair source;  /* of tunnel packets */
	struct addr_pair listen;  /* of the gateway */
	uint32_t uplink;    /* ifindex; 0: no uplink yet */
	uint32_t uplink_mtu;
	size_t pods; /* interfaces of pods */
	uint32_t hz;
	bool snat_shared;         /* a gateway.snat address is also this node's own */
	uint32_t local_port_last; /* end of net.ipv4.ip_local_port_range; 0: not known */
};

struct build_input {
	const struct config *config;
	uint64_t config_loads; /* differs with every configuration */
	struct node_facts node;
	const struct ledger *ledger; /* record of the maps' contents */
	bool adopted;                /* the kernel's rows are older than this agent */
	bool ipv6;                   /* the programs of IPv6 are loaded, or may be */

	struct assignment_list assignments; /* of the source */
	struct cluster_list clusters;       /* those it names */
	uint64_t layout; /* differs whenever more than contents of assignments does */
	/* Collects clusters, hosts and listeners that name virtual IPs to be captured; called only where
	 * more than contents changed. Returns 0 or -ENOMEM. NULL: there are none. */
	int (*vip_input)(const void *source, struct arena *arena, struct vip_input *ret);
	const void *source;

	const struct socket_addr *down; /* gateways of meshNetworks that do not answer probes */
	size_t down_count;

	uint64_t now_ns; /* CLOCK_MONOTONIC */
};

/* The families that the packet path carries, and those in which tunnel packets can be sent: sets of
 * FAMILY_BIT(). */
static inline uint8_t build_input_families(const struct build_input *input)
{
	return (uint8_t)(input->ipv6 ? FAMILIES_BOTH : FAMILY_BIT(4));
}

static inline uint8_t build_input_tunnels(const struct build_input *input)
{
	return addr_pair_families(&input->node.source) & build_input_families(input);
}

static inline bool build_input_carries(const struct build_input *input, uint8_t family)
{
	return build_input_families(input) & FAMILY_BIT(family);
}

/* Whether this node is a gateway that sends packets on to the pods' nodes. */
static inline bool build_input_forwards(const struct build_input *input)
{
	return input->config->gateway.enabled && input->config->gateway.mode == GATEWAY_FORWARD;
}

/* Its addresses towards pods: those at which it listens, or else the node's own. */
static inline struct addr_pair build_input_inside(const struct build_input *input)
{
	struct addr_pair inside = input->node.listen;

	if (!inside.v4.family)
		inside.v4 = input->node.address.v4;
	if (!inside.v6.family)
		inside.v6 = input->node.address.v6;
	return inside;
}

#endif
