/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Envoy's load-balancing arithmetic: the part of the traffic each host gets, without regard to
 * networks and gateways. Part of view_build.
 *
 * Source: envoy source/extensions/load_balancing_policies/common/load_balancer_impl.cc and
 * source/common/upstream/upstream_impl.cc.
 */
#ifndef SHARES_H
#define SHARES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view.h"

struct arena;

/* The highest priority that EDS allows. */
#define MAX_PRIORITY 128

/* Worst first: a host has the best health of its copies. */
enum host_health { HOST_UNHEALTHY, HOST_EXCLUDED, HOST_DEGRADED, HOST_HEALTHY };

/* One address:port of one priority. */
struct share_host {
	uint32_t priority;
	enum host_health health;
	uint64_t weight; /* over all localities of the priority */
	double share;    /* result */
};

/* A host in one locality; a host may be in several. */
struct share_entry {
	uint32_t host;
	uint32_t locality;
	uint64_t weight;
};

/* One locality of one priority. */
struct share_locality {
	uint32_t priority;
	uint64_t weight;       /* 0 when unset */
	uint64_t kept, listed; /* weights of endpoints: those that take part, all that EDS lists */
};

struct share_input {
	struct share_host *hosts;
	size_t host_count;
	struct share_entry *entries;
	size_t entry_count;
	struct share_locality *localities;
	size_t locality_count;
	uint32_t priority_count;   /* 1 or more, gaps included; at most MAX_PRIORITY + 1 */
	uint32_t overprovisioning; /* percent */
	uint32_t panic_threshold;  /* percent */
	bool weighted_priority_health;
	bool locality_weighted;
};

/* Fills in the hosts' shares, which sum to 1, or to 0 when no host can be picked, and
 * `ret_priorities` (priority_count elements). The order of hosts and entries is the order of
 * summation, hence decides the last bit. Returns 0 or -ENOMEM. */
int shares_compute(struct arena *scratch, struct share_input *input,
		   struct view_priority *ret_priorities);

#endif
