/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Round-trip times and losses of the last minute. */
#ifndef RTT_MINUTE_H
#define RTT_MINUTE_H

#include <stdint.h>

#include "parallax_health.h"

/* Upper bounds of the buckets of gateway_health.rtt_counts, as text for the label `le` and in microseconds;
 * longer times come last. */
extern const struct rtt_bound {
	const char *text;
	uint32_t us;
} health_rtt_bounds[HEALTH_RTT_BOUNDS];

#define RTT_SPAN_US 10000000 /* of one of the spans that make up the minute */
#define RTT_SPANS 6
#define RTT_STEPS 8                  /* buckets by which a time doubles: exact to a tenth */
#define RTT_BUCKETS (23 * RTT_STEPS) /* up to 2^23 us */

struct rtt_span {
	int64_t number; /* of spans since time 0 */
	int32_t lost;
	uint32_t answered;
	uint16_t counts[RTT_BUCKETS];
};

/* Zero-initialised is valid and empty. */
struct rtt_minute {
	struct rtt_span spans[RTT_SPANS];
};

void rtt_minute_add(struct rtt_minute *minute, uint64_t rtt_us, int64_t now_us);
/* `change`: one more, or -1 for one that was answered late. */
void rtt_minute_lost(struct rtt_minute *minute, int32_t change, int64_t now_us);

struct rtt_summary {
	uint32_t p50_us, p99_us; /* 0: none was answered */
	uint32_t lost, sent;     /* of those that were answered or are no longer waited for */
};

struct rtt_summary rtt_minute_summary(const struct rtt_minute *minute, int64_t now_us);

#endif
