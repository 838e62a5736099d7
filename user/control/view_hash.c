/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fingerprints of what a view is made from: equal ones give an equal view. */
#include "view_hash.h"

#include <string.h>

#include <xxhash.h>

/* A field more belongs in the hash, or a view made before it changed would be kept. */
#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct socket_addr) == 24, "mix_address()");
_Static_assert(sizeof(struct endpoint) == 48, "mix_endpoint()");
_Static_assert(sizeof(struct locality) == 64, "mix_locality()");
_Static_assert(sizeof(struct drop_overload) == 16, "assignment_hash()");
_Static_assert(sizeof(struct assignment) == 80, "assignment_hash()");
_Static_assert(sizeof(struct mesh_gateway) == 48, "mix_gateway()");
_Static_assert(sizeof(struct mesh_network) == 72, "mix_network()");
_Static_assert(sizeof(struct view_request) == 64, "view_surroundings_hash()");
#endif

#define NO_TEXT 0x9e3779b97f4a7c15ull

static uint64_t mix_number(uint64_t seed, uint64_t number)
{
	return XXH3_64bits_withSeed(&number, sizeof(number), seed);
}

static uint64_t mix_text(uint64_t seed, const char *text)
{
	/* The zero byte tells "a" "bc" from "ab" "c". */
	return text ? XXH3_64bits_withSeed(text, strlen(text) + 1, seed) : mix_number(seed, NO_TEXT);
}

static uint64_t mix_address(uint64_t seed, const struct addr *addr, uint16_t port, uint8_t proto)
{
	struct {
		union ip_addr ip;
		uint64_t rest;
	} key = { addr->ip, addr->family | (uint64_t)port << 8 | (uint64_t)proto << 24 };

	return XXH3_64bits_withSeed(&key, sizeof(key), seed);
}

static uint64_t never_0(uint64_t hash)
{
	return hash ? hash : 1;
}

/* ------------------------------------------------------------------ assignments */

static uint64_t mix_endpoint(uint64_t seed, const struct endpoint *endpoint)
{
	seed = mix_number(seed, endpoint->weight | (uint64_t)endpoint->health << 32 |
				(uint64_t)endpoint->address_count << 40);
	for (size_t i = 0; i < endpoint->address_count; i++)
		seed = mix_address(seed, &endpoint->addresses[i].addr, endpoint->addresses[i].port,
				   endpoint->addresses[i].proto);
	seed = mix_text(seed, endpoint->network);
	seed = mix_text(seed, endpoint->workload);
	return mix_text(seed, endpoint->hostname);
}

static uint64_t mix_locality(uint64_t seed, const struct locality *locality)
{
	seed = mix_number(seed, locality->has_locality | (uint64_t)locality->has_weight << 1);
	seed = mix_number(seed, locality->weight | (uint64_t)locality->priority << 32);
	seed = mix_number(seed, locality->endpoint_count);
	seed = mix_text(seed, locality->region);
	seed = mix_text(seed, locality->zone);
	seed = mix_text(seed, locality->sub_zone);
	seed = mix_text(seed, locality->network);
	for (size_t i = 0; i < locality->endpoint_count; i++)
		seed = mix_endpoint(seed, &locality->endpoints[i]);
	return seed;
}

uint64_t assignment_hash(const struct assignment *assignment)
{
	uint64_t seed = mix_text(0, assignment->name);

	seed = mix_number(seed, assignment->overprovisioning |
				(uint64_t)assignment->weighted_priority_health << 32);
	seed = mix_number(seed, assignment->stale_after_ms);
	seed = mix_number(seed, assignment->drop_count);
	for (size_t i = 0; i < assignment->drop_count; i++) {
		seed = mix_text(seed, assignment->drops[i].category);
		seed = mix_number(seed, assignment->drops[i].numerator |
					(uint64_t)assignment->drops[i].denominator << 32);
	}
	seed = mix_number(seed, assignment->locality_count);
	for (size_t i = 0; i < assignment->locality_count; i++)
		seed = mix_locality(seed, &assignment->localities[i]);
	return never_0(seed);
}

/* ------------------------------------------------------------------ what is around them */

static uint64_t mix_gateway(uint64_t seed, const struct mesh_gateway *gateway)
{
	seed = mix_text(seed, gateway->address);
	seed = mix_text(seed, gateway->registry_service);
	seed = mix_text(seed, gateway->locality);
	return mix_address(seed, &gateway->addr, gateway->port, 0);
}

static uint64_t mix_network(uint64_t seed, const struct mesh_network *network)
{
	seed = mix_text(seed, network->name);
	seed = mix_number(seed, network->id | (uint64_t)network->tunnel_port << 32);
	seed = mix_number(seed, (uint64_t)network->transport << 2 | (uint64_t)network->own << 1 |
				network->flat);
	seed = mix_number(seed, network->registry_count);
	for (size_t i = 0; i < network->registry_count; i++)
		seed = mix_text(seed, network->registries[i]);
	seed = mix_number(seed, network->cidr_count);
	for (size_t i = 0; i < network->cidr_count; i++)
		seed = mix_address(seed, &network->cidrs[i].addr, network->cidrs[i].bits, 0);
	seed = mix_number(seed, network->gateway_count);
	for (size_t i = 0; i < network->gateway_count; i++)
		seed = mix_gateway(seed, &network->gateways[i]);
	return seed;
}

uint64_t view_surroundings_hash(const struct view_request *request)
{
	const struct mesh_networks *mesh = request->mesh;
	uint64_t seed = mix_number(0, mesh->count);

	for (size_t i = 0; i < mesh->count; i++)
		seed = mix_network(seed, &mesh->networks[i]);
	seed = mix_text(seed, request->network);
	seed = mix_text(seed, request->cluster);
	seed = mix_number(seed, request->panic_threshold |
				(uint64_t)request->locality_weighted << 32);
	seed = mix_number(seed, request->down_count);
	for (size_t i = 0; i < request->down_count; i++)
		seed = mix_address(seed, &request->down[i].addr, request->down[i].port, 0);
	return seed;
}
