/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decoded EDS: ClusterLoadAssignments as data (envoy/config/endpoint/v3/endpoint.proto). */
#ifndef MODEL_ASSIGNMENT_H
#define MODEL_ASSIGNMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

struct arena;

/* envoy.config.core.v3.HealthStatus, its numbers. */
enum health {
	HEALTH_UNKNOWN,
	HEALTH_HEALTHY,
	HEALTH_UNHEALTHY,
	HEALTH_DRAINING,
	HEALTH_TIMEOUT,
	HEALTH_DEGRADED,
};

struct socket_addr {
	struct addr addr;
	uint16_t port; /* host order; 0 is possible and unusable */
	uint8_t proto; /* IPPROTO_TCP (also when unset) or IPPROTO_UDP */
};

struct endpoint {
	struct socket_addr *addresses; /* `address` first, then additional_addresses */
	size_t address_count;          /* 0: an address of a kind we do not carry (internal, pipe) */
	uint32_t weight;               /* 1 when unset */
	enum health health;
	const char *network;  /* metadata istio.network, or NULL */
	const char *workload; /* metadata istio.workload, or NULL */
	const char *hostname; /* or NULL */
};

/* One LocalityLbEndpoints. */
struct locality {
	const char *region, *zone, *sub_zone; /* "" when unset */
	bool has_locality;
	bool has_weight;
	uint32_t weight;
	uint32_t priority;
	const char *network; /* metadata istio.network, or NULL */
	struct endpoint *endpoints;
	size_t endpoint_count;
};

/* Refused fraction = numerator / denominator. */
struct drop_overload {
	const char *category;
	uint32_t numerator, denominator;
};

struct assignment {
	const char *name;     /* cluster_name, e.g. outbound|5000||host */
	const char *rejected; /* reason, file:line:column included; or NULL. If set, name alone counts */
	struct locality *localities;
	size_t locality_count;
	struct drop_overload *drops;
	size_t drop_count;
	uint32_t overprovisioning; /* percent, 140 when unset */
	bool weighted_priority_health;
	uint64_t stale_after_ms; /* 0: never */
	uint64_t received_ns;    /* CLOCK_MONOTONIC, when it last came; 0: its source watches over it */
	uint64_t fingerprint;    /* assignment_fingerprint(); 0: unknown, equal to no other */
};

/* The contents of one file or response, in its order. Owns its arena. */
struct assignment_set {
	struct arena *arena;
	struct assignment *items;
	size_t count;
	const char *version; /* version_info, or "" */
};

/* Sorted by name. Borrowed. */
struct assignment_list {
	const struct assignment *const *items;
	size_t count;
};

/* The parts of a cluster name `outbound|port|subset|host` (istio: BuildSubsetKey). */
struct cluster_name {
	uint16_t port;
	char subset[256];
	char host[256]; /* lower case, no final dot */
};

#endif
