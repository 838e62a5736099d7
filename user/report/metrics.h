/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Metrics in Prometheus' text format 0.0.4. */
#ifndef METRICS_H
#define METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "histogram.h"
#include "metrics_istio.h"
#include "process_stat.h"
#include "snapshot.h"
#include "source_status.h"
#include "usage_table.h"
#include "view.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* One type of resource on one stream to the control plane. */
struct metrics_xds {
	const char *network, *type; /* whose view; "cds" ... */
	uint64_t responses, rejects, resources, bytes;
	time_t last_ack; /* 0: never */
};

struct metrics_stream {
	const char *network;
	bool connected;
	uint64_t failures;
};

/* Figures of the agent that are not in the maps. Times are 0 for never. */
struct metrics {
	const struct snapshot *snapshot; /* with counters; usages with max 0 are excluded */
	const char *version;
	unsigned int abi; /* version of the maps */
	time_t last_update;
	uint64_t updates, services_built;
	size_t problems;
	size_t excluded[EXCLUDED_COUNT];
	const struct histogram *apply, *convergence;
	const struct process_stat *process; /* NULL: unknown */
	bool config_valid;
	time_t config_loaded;
	uint64_t config_hash;
	const char *network, *cluster; /* "": none */
	const struct usage_table *usage; /* NULL: no sweep is done yet */
	bool istio; /* also by Istio's names, with these workloads, sorted */
	const struct metrics_workload *workloads;
	size_t workload_count;
	enum source_kind source;
	bool source_connected;
	/* Of SOURCE_ADS alone. */
	const struct metrics_stream *streams;
	size_t stream_count;
	const struct metrics_xds *types;
	size_t type_count;
};

/* Pure but for `out`. Returns 0, -ENOMEM or -EIO. */
int metrics_write(const struct metrics *metrics, FILE *out);

#endif
