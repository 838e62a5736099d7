/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How much stands in the kernel's tables, and how the services are. */
#include "map_usage.h"

#include <string.h>

#include "parallax_table.h"

static void count_service(const struct service *service, struct map_usage_sums *sums)
{
	sums->services.used++;
	sums->slots.used += BUCKET_SLOTS * (TABLE_BUCKETS(service->table) +
					      TABLE_BUCKETS(service->local_table));
	if (ip_is_none(&service->vip))
		return;
	sums->captured++;
	sums->refusing += !TABLE_BUCKETS(service->table);
	sums->panic += !!(service->flags & SERVICE_PANIC);
	sums->degraded += !!(service->flags & SERVICE_DEGRADED);
	sums->dropping += service->drop != 0;
}

static void count_backend(const struct backend *backend, struct map_usage_sums *sums)
{
	sums->backends.used++;
	if (backend->flags & BACKEND_DRAINING)
		sums->draining++;
	else if (backend->kind < MAP_USAGE_KINDS)
		sums->kinds[backend->kind]++;
}

void map_usage_sum(const struct snapshot *snapshot, struct map_usage_sums *ret)
{
	struct map_usage_sums sums = { .services.max = snapshot->service_count,
				 .backends.max = snapshot->backend_count,
				 .slots.max = snapshot->bucket_count * BUCKET_SLOTS };

	for (uint32_t row = 0; row < snapshot->service_count; row++)
		if (snapshot->services[row].flags & SERVICE_IN_USE)
			count_service(&snapshot->services[row], &sums);
	for (uint32_t row = 1; row < snapshot->backend_count; row++)
		if (snapshot->backends[row].generation)
			count_backend(&snapshot->backends[row], &sums);
	*ret = sums;
}
