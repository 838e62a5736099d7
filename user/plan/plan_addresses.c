/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the plan: marks that tell the packet path which addresses are virtual when a packet's ports
 * cannot be read. */
#include "plan_state.h"

#include <stdlib.h>

/* The wanted virtual addresses, sorted. */
static struct ip_addr *wanted_addresses(struct plan_state *state, size_t *ret_count)
{
	const struct desired *desired = state->desired;
	struct ip_addr *list = plan_alloc(state, (desired->service_count + 1) * sizeof(*list));
	size_t count = 0;

	for (size_t i = 0; list && i < desired->service_count; i++)
		if (desired->services[i].key.vip.family)
			list[count++] = desired->services[i].key.vip.ip;
	if (count)
		qsort(list, count, sizeof(*list), ledger_compare_addresses);
	*ret_count = count;
	return list;
}

static void add_missing(struct plan_state *state, const struct ip_addr *wanted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((!i || !ip_equal(&wanted[i], &wanted[i - 1])) &&
		    !ledger_has_address(state->ledger, &wanted[i]))
			plan_add(state, &(struct change){ .kind = CHANGE_ADDRESS_ADD,
							  .address = wanted[i] });
}

static void remove_unwanted(struct plan_state *state, const struct ip_addr *wanted, size_t count)
{
	const struct ip_addr *held = state->ledger->addresses.items;

	for (size_t i = 0; i < state->ledger->addresses.count; i++)
		if (!bsearch(&held[i], wanted, count, sizeof(*wanted), ledger_compare_addresses))
			plan_add(state, &(struct change){ .kind = CHANGE_ADDRESS_REMOVE,
							  .address = held[i] });
}

void plan_addresses(struct plan_state *state, enum change_kind kind)
{
	size_t count = 0;
	struct ip_addr *wanted = wanted_addresses(state, &count);

	if (!wanted)
		return;
	if (kind == CHANGE_ADDRESS_ADD)
		add_missing(state, wanted, count);
	else if (!state->desired->keep_missing)
		remove_unwanted(state, wanted, count);
}
