/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules that every decoded assignment keeps, from JSON, YAML or protobuf; the view relies on them. */
#ifndef ASSIGNMENT_RULES_H
#define ASSIGNMENT_RULES_H

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "assignment.h"
#include "eds_decode.h"

static inline void require(int condition)
{
	if (!condition)
		abort();
}

static inline void check_endpoint(const struct endpoint *endpoint)
{
	require(endpoint->weight >= 1 && endpoint->health <= HEALTH_DEGRADED);
	require(endpoint->address_count <= EDS_MAX_ADDRESSES);
	require(!endpoint->network || *endpoint->network);
	require(!endpoint->workload || *endpoint->workload);
	for (size_t i = 0; i < endpoint->address_count; i++) {
		const struct socket_addr *addr = &endpoint->addresses[i];

		require(addr->addr.family == 4 || addr->addr.family == 6);
		require(addr->proto == IPPROTO_TCP || addr->proto == IPPROTO_UDP);
	}
}

static inline void check_locality(const struct locality *locality)
{
	require(locality->region && locality->zone && locality->sub_zone);
	require(locality->priority <= 128);
	require(!locality->has_weight || locality->weight >= 1);
	for (size_t i = 0; i < locality->endpoint_count; i++)
		check_endpoint(&locality->endpoints[i]);
}

static inline void check_assignment(const struct assignment *item)
{
	require(item->name && *item->name && strlen(item->name) <= EDS_MAX_NAME);
	if (item->rejected) {
		require(*item->rejected && !item->locality_count && !item->drop_count);
		return;
	}
	require(item->overprovisioning >= 1);
	for (size_t i = 0; i < item->locality_count; i++)
		check_locality(&item->localities[i]);
	for (size_t i = 0; i < item->drop_count; i++)
		require(*item->drops[i].category && item->drops[i].denominator &&
			item->drops[i].numerator <= item->drops[i].denominator);
}

#endif
