/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "rtt_minute.h"

#include <stdbool.h>
#include <string.h>

const struct rtt_bound health_rtt_bounds[HEALTH_RTT_BOUNDS] = {
	{ "0.0001", 100 },  { "0.00025", 250 }, { "0.0005", 500 }, { "0.001", 1000 },
	{ "0.0025", 2500 }, { "0.005", 5000 },  { "0.01", 10000 }, { "0.025", 25000 },
	{ "0.1", 100000 },  { "0.5", 500000 },
};

/* ------------------------------------------------------------------ buckets */

/* Up to RTT_STEPS a bucket holds one value, above each power of two is divided into RTT_STEPS. */
static uint32_t bucket_of(uint64_t us)
{
	uint32_t shift = 0;

	while (us >> shift >= 2 * RTT_STEPS)
		shift++;
	us = shift * RTT_STEPS + (us >> shift);
	return us < RTT_BUCKETS ? (uint32_t)us : RTT_BUCKETS - 1;
}

/* The middle of a bucket. */
static uint32_t bucket_us(uint32_t bucket)
{
	uint32_t shift = bucket < 2 * RTT_STEPS ? 0 : bucket / RTT_STEPS - 1;
	uint32_t least = (bucket - shift * RTT_STEPS) << shift;

	return least + (shift ? 1u << (shift - 1) : 0);
}

/* ------------------------------------------------------------------ spans */

static bool is_recent(const struct rtt_span *span, int64_t now_us)
{
	return now_us / RTT_SPAN_US - span->number < RTT_SPANS;
}

static struct rtt_span *span_now(struct rtt_minute *minute, int64_t now_us)
{
	int64_t number = now_us / RTT_SPAN_US;
	struct rtt_span *span = &minute->spans[number % RTT_SPANS];

	if (span->number != number) {
		memset(span, 0, sizeof(*span));
		span->number = number;
	}
	return span;
}

void rtt_minute_add(struct rtt_minute *minute, uint64_t rtt_us, int64_t now_us)
{
	struct rtt_span *span = span_now(minute, now_us);
	uint16_t *count = &span->counts[bucket_of(rtt_us)];

	span->answered++;
	if (*count < UINT16_MAX)
		++*count;
}

void rtt_minute_lost(struct rtt_minute *minute, int32_t change, int64_t now_us)
{
	span_now(minute, now_us)->lost += change;
}

/* ------------------------------------------------------------------ summary */

/* The time that `part` of `total` answers took at most. */
static uint32_t quantile(const uint32_t *counts, uint64_t total, double part)
{
	uint64_t seen = 0;

	for (uint32_t i = 0; i < RTT_BUCKETS; i++) {
		seen += counts[i];
		if (counts[i] && (double)seen >= part * (double)total)
			return bucket_us(i) ? bucket_us(i) : 1;
	}
	return 0;
}

struct rtt_summary rtt_minute_summary(const struct rtt_minute *minute, int64_t now_us)
{
	struct rtt_summary summary = {};
	uint32_t counts[RTT_BUCKETS] = {};
	uint64_t answered = 0;
	int64_t lost = 0;

	for (int i = 0; i < RTT_SPANS; i++) {
		const struct rtt_span *span = &minute->spans[i];

		if (!is_recent(span, now_us))
			continue;
		answered += span->answered;
		lost += span->lost;
		for (uint32_t j = 0; j < RTT_BUCKETS; j++)
			counts[j] += span->counts[j];
	}
	summary.lost = lost > 0 ? (uint32_t)lost : 0;
	summary.sent = (uint32_t)answered + summary.lost;
	summary.p50_us = quantile(counts, answered, 0.5);
	summary.p99_us = quantile(counts, answered, 0.99);
	return summary;
}
