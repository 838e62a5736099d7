/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The fingerprint of an assignment: equal fingerprints mean equal views. */
#include "assignment_fingerprint.h"

#include "fingerprint.h"

/* The fingerprint must cover every field: a view is reused while the fingerprint stays the same. */
#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct socket_addr) == 24, "fingerprint_address()");
_Static_assert(sizeof(struct endpoint) == 48, "mix_endpoint()");
_Static_assert(sizeof(struct locality) == 64, "mix_locality()");
_Static_assert(sizeof(struct drop_overload) == 16, "assignment_fingerprint()");
_Static_assert(sizeof(struct assignment) == 80, "assignment_fingerprint()");
#endif

static uint64_t mix_endpoint(uint64_t seed, const struct endpoint *endpoint)
{
	seed = fingerprint_number(seed, endpoint->weight | (uint64_t)endpoint->health << 32 |
				(uint64_t)endpoint->address_count << 40);
	for (size_t i = 0; i < endpoint->address_count; i++)
		seed = fingerprint_address(seed, &endpoint->addresses[i].addr, endpoint->addresses[i].port,
				   endpoint->addresses[i].proto);
	seed = fingerprint_text(seed, endpoint->network);
	seed = fingerprint_text(seed, endpoint->workload);
	return fingerprint_text(seed, endpoint->hostname);
}

static uint64_t mix_locality(uint64_t seed, const struct locality *locality)
{
	seed = fingerprint_number(seed, locality->has_locality | (uint64_t)locality->has_weight << 1);
	seed = fingerprint_number(seed, locality->weight | (uint64_t)locality->priority << 32);
	seed = fingerprint_number(seed, locality->endpoint_count);
	seed = fingerprint_text(seed, locality->region);
	seed = fingerprint_text(seed, locality->zone);
	seed = fingerprint_text(seed, locality->sub_zone);
	seed = fingerprint_text(seed, locality->network);
	for (size_t i = 0; i < locality->endpoint_count; i++)
		seed = mix_endpoint(seed, &locality->endpoints[i]);
	return seed;
}

uint64_t assignment_fingerprint(const struct assignment *assignment)
{
	uint64_t seed = fingerprint_text(0, assignment->name);

	seed = fingerprint_number(seed, assignment->overprovisioning |
				(uint64_t)assignment->weighted_priority_health << 32);
	seed = fingerprint_number(seed, assignment->stale_after_ms);
	seed = fingerprint_number(seed, assignment->drop_count);
	for (size_t i = 0; i < assignment->drop_count; i++) {
		seed = fingerprint_text(seed, assignment->drops[i].category);
		seed = fingerprint_number(seed, assignment->drops[i].numerator |
					(uint64_t)assignment->drops[i].denominator << 32);
	}
	seed = fingerprint_number(seed, assignment->locality_count);
	for (size_t i = 0; i < assignment->locality_count; i++)
		seed = mix_locality(seed, &assignment->localities[i]);
	return fingerprint_nonzero(seed);
}
