/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the plan: endpoint ids of rows, and the entries of `endpoints` by which gateways find them. */
#include "plan_state.h"

/* An entry stays as long as its row: packets of flows name an endpoint that left, too. */
static void add_entry(struct plan_state *state, enum change_kind kind, uint32_t row,
		      uint64_t service_id, uint32_t endpoint, uint32_t family)
{
	plan_add(state, &(struct change){ .kind = kind,
					  .row = row,
					  .endpoint = { service_id, endpoint, family } });
}

void plan_set_endpoint(struct plan_state *state, const struct wanted_service *service,
		       const struct wanted_backend *wanted)
{
	const struct backend *row = &state->ledger->memory.backends[wanted->row];
	const struct service_key *key = &service->want->key;
	bool held = !wanted->fresh && state->ledger->backends[wanted->row].in_endpoints;

	if (!wanted->endpoint)
		return;
	if (!wanted->fresh && row->endpoint != wanted->endpoint)
		add_entry(state, CHANGE_BACKEND_ENDPOINT, wanted->row, 0, wanted->endpoint, 0);
	if (!held)
		add_entry(state, CHANGE_ENDPOINT_SET, wanted->row, key->id, wanted->endpoint,
			  key->family);
}

void plan_drop_endpoint(struct plan_state *state, uint32_t b)
{
	const struct backend *row = &state->ledger->memory.backends[b];

	if (state->ledger->backends[b].in_endpoints)
		add_entry(state, CHANGE_ENDPOINT_REMOVE, b, row->service_id, row->endpoint,
			  ip_is_v4(&row->addr) ? 4 : 6);
}

void plan_drop_stray_endpoints(struct plan_state *state)
{
	const struct endpoint_key *strays = state->ledger->stray_endpoints.items;

	for (size_t i = 0; i < state->ledger->stray_endpoints.count; i++)
		plan_add(state, &(struct change){ .kind = CHANGE_ENDPOINT_REMOVE,
						  .row = NO_ROW,
						  .endpoint = strays[i] });
}
