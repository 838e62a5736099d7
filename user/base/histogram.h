/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Durations counted in fixed buckets, as Prometheus' histograms have them. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BOUNDS 14

/* Upper bounds in seconds, as text for the label `le` and as nanoseconds; longer ones come last. */
extern const struct histogram_bound {
	const char *text;
	uint64_t ns;
} histogram_bounds[HISTOGRAM_BOUNDS];

/* Zero-initialised is valid and empty. */
struct histogram {
	uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* of each bucket alone */
	uint64_t sum_ns;
};

void histogram_add(struct histogram *histogram, uint64_t ns);

#endif
