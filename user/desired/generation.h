/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One generation: all rows, settings and problems built from one configuration and one set of
 * assignments. */
#ifndef GENERATION_H
#define GENERATION_H

#include "build_input.h"
#include "desired.h"
#include "service_rows.h"

#define GENERATION_PROBLEMS_MAX 64

struct generation {
	struct arena *arena; /* views and tables; freed once they are applied */
	struct arena *kept;  /* fingerprints and problems */
	struct desired desired;
	/* Of every input except the contents of assignments and the gateways that are down. */
	uint64_t inputs_fingerprint;
	uint64_t *content_fingerprints; /* by assignment; 0: not known, so equal to no other */
	size_t content_count;
	uint64_t *down_fingerprints; /* by network of the mesh: which of its gateways are down */
	size_t network_count;
	struct service_rows rows;
	uint32_t *changed; /* rows of the generation before that `rows` replace; NULL: all */
	size_t built;      /* services whose views were computed */
	uint64_t stale_at_ns; /* CLOCK_MONOTONIC: when the next assignment goes stale; 0: never */
	const char *problems[GENERATION_PROBLEMS_MAX];
	size_t problem_count;
};

/* Builds the next generation. `before` is the one that the kernel holds whole, or NULL: rows whose
 * inputs did not change since are not built again, and where only contents of assignments changed, or a
 * gateway went down or up, ret->rows holds the changed rows alone. Pure. Returns 0 or -ENOMEM. */
int desired_build(const struct build_input *input, const struct generation *before,
		  struct generation *ret);

/* Whether the programs of IPv6 are needed for it: for services of IPv6, or packets in tunnels over it. */
bool generation_has_ipv6(const struct generation *generation);

/* Fingerprint of the inputs that every view has, and of the capture mode. */
uint64_t desired_view_inputs(const struct config *config, uint8_t tunnels);

/* Records a problem that concerns no single service. */
void generation_problem(struct generation *generation, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Makes `next` the successor of *generation: takes over the rows that did not change. Returns whether
 * other rows may have a status than before. */
bool generation_replace(struct generation *generation, struct generation *next);
/* Frees views and tables, after they are applied. Returns how many bytes they were. */
size_t generation_trim(struct generation *generation);
void generation_done(struct generation *generation);

#endif
