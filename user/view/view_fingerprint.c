/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The fingerprints of all inputs of views besides assignments. */
#include "view_fingerprint.h"

#include "fingerprint.h"
#include "reachability.h"

/* A new field must be added to the fingerprint, or a change to it would leave old views in use. */
#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct mesh_gateway) == 72, "mix_gateway()");
_Static_assert(sizeof(struct mesh_network) == 80, "mix_network()");
_Static_assert(sizeof(struct view_request) == 64, "view_inputs_fingerprint()");
#endif

static uint64_t mix_gateway(uint64_t seed, const struct mesh_gateway *gateway)
{
	seed = fingerprint_text(seed, gateway->address);
	seed = fingerprint_text(seed, gateway->registry_service);
	seed = fingerprint_text(seed, gateway->locality);
	return fingerprint_address(seed, &gateway->addr, gateway->port, gateway->plain);
}

static uint64_t mix_network(uint64_t seed, const struct mesh_network *network)
{
	seed = fingerprint_text(seed, network->name);
	seed = fingerprint_number(seed, network->id | (uint64_t)network->tunnel_port << 32);
	seed = fingerprint_number(seed, (uint64_t)network->transport << 3 |
						(uint64_t)network->encrypted << 2 |
						(uint64_t)network->own << 1 | network->flat);
	seed = fingerprint_number(seed, network->registry_count);
	for (size_t i = 0; i < network->registry_count; i++)
		seed = fingerprint_text(seed, network->registries[i]);
	seed = fingerprint_number(seed, network->cidr_count);
	for (size_t i = 0; i < network->cidr_count; i++)
		seed = fingerprint_address(seed, &network->cidrs[i].addr, network->cidrs[i].bits, 0);
	seed = fingerprint_number(seed, network->gateway_count);
	for (size_t i = 0; i < network->gateway_count; i++)
		seed = mix_gateway(seed, &network->gateways[i]);
	return seed;
}

uint64_t view_inputs_fingerprint(const struct view_request *request)
{
	const struct mesh_networks *mesh = request->mesh;
	uint64_t seed = fingerprint_number(0, mesh->count);

	for (size_t i = 0; i < mesh->count; i++)
		seed = mix_network(seed, &mesh->networks[i]);
	seed = fingerprint_text(seed, request->network);
	seed = fingerprint_text(seed, request->cluster);
	seed = fingerprint_number(seed, request->panic_threshold |
						(uint64_t)request->locality_weighted << 32 |
						(uint64_t)request->tunnels << 40);
	return seed;
}

uint64_t view_down_fingerprint(const struct view_request *request,
			       const struct mesh_network *network)
{
	uint64_t seed = fingerprint_number(0, network->gateway_count);

	for (size_t i = 0; i < network->gateway_count; i++) {
		const struct mesh_gateway *gateway = &network->gateways[i];

		seed = fingerprint_number(seed, reachability_is_down(request, &gateway->addr,
								     gateway->port));
	}
	return seed;
}
