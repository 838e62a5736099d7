/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A small configuration and source that random edits change: the input of builds. Without cmocka, since
 * a fuzz target uses it too. */
#ifndef DESIRED_UNIVERSE_H
#define DESIRED_UNIVERSE_H

#include "build_input.h"

/* Choices from a seed, or, with `data`, from its bytes: 0 when there are no more. */
struct dice {
	uint64_t state;
	const uint8_t *data;
	size_t size, at;
};

uint32_t dice_pick(struct dice *dice, uint32_t below);

#define UNIVERSE_HOSTS 5
#define UNIVERSE_ENDPOINTS 4
#define UNIVERSE_SERVICES 3
#define UNIVERSE_NETWORKS 3
#define UNIVERSE_GATEWAYS (2 * UNIVERSE_NETWORKS)

/* Indices into the tables of desired_universe.c. */
struct random_endpoint {
	uint8_t address, more, port, network, health, weight, locality, proto;
};

/* One host: its cluster, its assignment and the addresses that the control plane names for it. */
struct random_host {
	bool assigned, listed, known;
	struct random_endpoint endpoints[UNIVERSE_ENDPOINTS];
	uint32_t endpoint_count;
	uint32_t priority, locality_weight; /* of the second locality */
	uint32_t drops;
	uint64_t stale_after_ms, received_ns;
	bool unknown;   /* its fingerprint */
	bool too_large; /* more endpoints than a view takes */
	struct addr addresses[2];
	size_t address_count;
};

struct random_service {
	struct addr addresses[2];
	struct service_port ports[2];
};

struct universe {
	struct dice *dice;
	struct arena *arena; /* of the input made last */
	struct config config;
	struct mesh_networks mesh;
	struct mesh_network networks[UNIVERSE_NETWORKS];
	struct mesh_gateway gateways[UNIVERSE_GATEWAYS]; /* two of each network */
	struct socket_addr down[UNIVERSE_GATEWAYS];
	uint32_t down_set; /* of `gateways` */
	struct prefix cidrs[2 * UNIVERSE_NETWORKS];
	struct config_service services[UNIVERSE_SERVICES];
	struct random_service parts[UNIVERSE_SERVICES];
	struct random_host hosts[UNIVERSE_HOSTS];
	bool named; /* the control plane names virtual IPs */
	struct vip_input vip_input;
	struct build_input input;
	char edits[256]; /* the names of those since the input made last */
};

void universe_new(struct universe *universe, struct dice *dice);
void universe_done(struct universe *universe);

/* Changes a thing or two. */
void universe_edit(struct universe *universe);
/* The input of the next build; invalidates all pointers of the previous one. NULL without memory. */
const struct build_input *universe_input(struct universe *universe);

/* Draws an address for a virtual IP. */
struct addr universe_vip(struct universe *universe);

#endif
