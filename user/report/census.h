/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How much stands in the kernel's tables, and how the services are. */
#ifndef CENSUS_H
#define CENSUS_H

#include "snapshot.h"

#define CENSUS_KINDS (BACKEND_PASSTHROUGH + 1)

struct census {
	struct map_usage services, backends, slots; /* rows, and slots that tables hold */
	/* Services with a virtual IP. */
	uint32_t taken;
	uint32_t refusing; /* nobody can be picked */
	uint32_t panic, degraded;
	uint32_t dropping; /* by drop overloads */
	/* Backends by enum backend_kind, and those that left and still have connections. */
	uint32_t kinds[CENSUS_KINDS], draining;
};

/* Pure. */
void census_take(const struct snapshot *snapshot, struct census *ret);

#endif
