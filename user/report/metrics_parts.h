/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Parts of the page of metrics, a file to each. */
#ifndef METRICS_PARTS_H
#define METRICS_PARTS_H

#include "metrics.h"
#include "metrics_writer.h"

void metrics_write_maps(struct metrics_writer *writer, const struct snapshot *snapshot);
void metrics_write_health(struct metrics_writer *writer, const struct snapshot *snapshot);
struct named_service {
	uint64_t id;
	uint32_t row;
};

/* Rows in use, sorted by their id, to be freed; NULL without memory. */
struct named_service *metrics_name_services(const struct snapshot *snapshot, size_t *ret_count);
/* The service of this id; or NULL. */
const struct named_service *metrics_find_service(const struct named_service *list, size_t count,
						 uint64_t id);

/* Returns 0 or -ENOMEM. */
int metrics_write_usage(struct metrics_writer *writer, const struct snapshot *snapshot,
			const struct usage_table *table);
/* Needs metrics->usage. Returns 0 or -ENOMEM. */
int metrics_write_istio(const struct metrics *metrics, FILE *out);

#endif
