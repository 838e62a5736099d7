/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Parts of the page of metrics, a file to each. */
#ifndef METRICS_PARTS_H
#define METRICS_PARTS_H

#include "metrics.h"
#include "metrics_writer.h"

void metrics_write_maps(struct metrics_writer *writer, const struct snapshot *snapshot);
/* Returns 0 or -ENOMEM. */
int metrics_write_usage(struct metrics_writer *writer, const struct snapshot *snapshot,
			const struct usage_table *table);

#endif
