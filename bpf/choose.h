/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The start of a new flow, the same at the client and at the gateway: hash, walk, backend,
 * entry. */
#ifndef CHOOSE_H
#define CHOOSE_H

#include "flow.h"
#include "service.h"

/* Choose a backend from `table` of service row `row` and begin the flow's forward entry in
 * scratch. */
INLINE enum reason choose_backend(struct packet *p, const struct service *service, __u32 row,
				  const table_desc *table, __u64 seed, struct flow **ret_flow,
				  struct backend **ret_backend)
{
	__u64 hash = service_hash(service, &p->key, p->proto, seed);
	struct flow_pair *pair = scratch_get();
	struct backend *backend;
	__u32 backend_row = 0;
	enum reason reason;

	backend = service_choose(table, hash, service->id, &backend_row, &reason);
	if (!backend)
		return reason;
	if (!pair)
		return REASON_FLOWS_FULL;
	flow_init(&pair->flow, p, row, backend_row, backend->generation);
	*ret_flow = &pair->flow;
	*ret_backend = backend;
	return REASON_NONE;
}

#endif
