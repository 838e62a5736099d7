/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How much stands in the kernel's tables, and how the services are. */
#include "census.h"

#include <string.h>

#include "parallax_table.h"

static void count_service(const struct service *service, struct census *census)
{
	static const union ip_addr none;

	census->services.used++;
	census->slots.used += BUCKET_SLOTS * (TABLE_BUCKETS(service->table) +
					      TABLE_BUCKETS(service->local_table));
	if (!memcmp(&service->vip, &none, sizeof(none)))
		return;
	census->taken++;
	census->refusing += !TABLE_BUCKETS(service->table);
	census->panic += !!(service->flags & SERVICE_PANIC);
	census->degraded += !!(service->flags & SERVICE_DEGRADED);
	census->dropping += service->drop != 0;
}

static void count_backend(const struct backend *backend, struct census *census)
{
	census->backends.used++;
	if (backend->flags & BACKEND_OUT)
		census->draining++;
	else if (backend->kind < CENSUS_KINDS)
		census->kinds[backend->kind]++;
}

void census_take(const struct snapshot *snapshot, struct census *ret)
{
	struct census census = { .services.max = snapshot->service_count,
				 .backends.max = snapshot->backend_count,
				 .slots.max = snapshot->bucket_count * BUCKET_SLOTS };

	for (uint32_t row = 0; row < snapshot->service_count; row++)
		if (snapshot->services[row].flags & SERVICE_IN_USE)
			count_service(&snapshot->services[row], &census);
	for (uint32_t row = 1; row < snapshot->backend_count; row++)
		if (snapshot->backends[row].generation)
			count_backend(&snapshot->backends[row], &census);
	*ret = census;
}
