/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The start of a new flow, the same at the client and at the gateway: hash, walk, backend, half. */
#ifndef CHOOSE_H
#define CHOOSE_H

#include "flow.h"
#include "service.h"

/* Choose a backend from `table` of service row `row` and begin the flow's forward half in
 * scratch. Returns REASON_NONE with both, or why not. */
INLINE enum reason choose_backend(const struct packet *p, const struct service *service, __u32 row,
				  const table_desc *table, __u64 seed, struct flow **ret_flow,
				  struct backend **ret_backend)
{
	__u64 hash = service_hash(p, service, seed);
	struct halves *halves = scratch_get();
	struct backend *backend;
	__u32 backend_row = 0;
	enum reason reason;

	backend = service_choose(table, hash, service->id, &backend_row, &reason);
	if (!backend)
		return reason;
	if (!halves)
		return REASON_FLOWS_FULL;
	flow_init(&halves->flow, &p->key, row, backend_row, backend->generation);
	*ret_flow = &halves->flow;
	*ret_backend = backend;
	return REASON_NONE;
}

#endif
