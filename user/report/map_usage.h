/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How much stands in the kernel's tables, and how the services are. */
#ifndef MAP_USAGE_H
#define MAP_USAGE_H

#include "snapshot.h"

#define MAP_USAGE_KINDS (BACKEND_PASSTHROUGH + 1)

struct map_usage_sums {
	struct map_usage services, backends, slots; /* rows, and slots that tables hold */
	/* Services with a virtual IP. */
	uint32_t captured;
	uint32_t refusing; /* no endpoint can be picked */
	uint32_t panic, degraded;
	uint32_t dropping; /* by drop overloads */
	/* Backends by enum backend_kind, and those that left and still have connections. */
	uint32_t kinds[MAP_USAGE_KINDS], draining;
};

/* Pure. */
void map_usage_sum(const struct snapshot *snapshot, struct map_usage_sums *ret);

#endif
