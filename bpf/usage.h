/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections and bytes of each service, added when a flow ends: packets cost nothing. */
#ifndef USAGE_H
#define USAGE_H

#include "maps.h"
#include "parallax_usage.h"

/* Remember key and bytes of a flow that ends, by either entry. Returns false if it does not count. */
SUBPROGRAM bool usage_begin(const struct flow_key *key, const struct flow *flow, __u64 other_bytes)
{
	REQUIRE(key && flow, false);
	struct flow_pair *end = scratch_get();
	bool forward = flow_is_forward(key);
	__u32 row = flow->backend;

	if (!end || !usage_counts(flow))
		return false;
	usage_key_fill(&end->ended, key, flow, bpf_map_lookup_elem(&backends, &row), &settings);
	end->add.flows = 1;
	end->add.sent = forward ? flow->bytes : other_bytes;
	end->add.received = forward ? other_bytes : flow->bytes;
	return true;
}

/* Add what usage_begin() remembered to the counters of its key or, without room for one, to those of all
 * that has none. */
SUBPROGRAM int usage_end(void)
{
	struct flow_pair *end = scratch_get();
	struct usage *found;

	if (!end)
		return -ENOSPC;
	found = bpf_map_lookup_elem(&usage, &end->ended);
	if (!found && !bpf_map_update_elem(&usage, &end->ended, &end->add, BPF_NOEXIST))
		return 0;
	if (!found)
		found = bpf_map_lookup_elem(&usage, &end->ended); /* another CPU was faster */
	if (!found) {
		__builtin_memset(&end->ended, 0, sizeof(end->ended));
		found = bpf_map_lookup_elem(&usage, &end->ended);
	}
	if (!found)
		return -ENOSPC;
	__sync_fetch_and_add(&found->flows, end->add.flows);
	__sync_fetch_and_add(&found->sent, end->add.sent);
	__sync_fetch_and_add(&found->received, end->add.received);
	return 0;
}

#endif
