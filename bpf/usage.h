/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections, bytes and packets of each service, added when a flow ends, packets also while it lives, many
 * at a time: each of them costs next to nothing. */
#ifndef USAGE_H
#define USAGE_H

#include "maps.h"
#include "parallax_flow.h"

/* Find the key of a flow, by either entry. Returns false if the flow does not count. */
INLINE bool usage_find(struct flow_pair *end, const struct flow_key *key, const struct flow *flow)
{
	__u32 row = flow->backend;

	if (!end || !usage_counts(flow))
		return false;
	usage_key_fill(&end->ended, key, flow, bpf_map_lookup_elem(&backends, &row), &settings);
	__builtin_memset(&end->add, 0, sizeof(end->add));
	return true;
}

/* Remember key, bytes and packets of a flow that ends, by either entry and the other one, which may be
 * NULL. Returns false if it does not count. */
SUBPROGRAM bool usage_begin(const struct flow_key *key, const struct flow *flow,
			    const struct flow *other)
{
	REQUIRE(key && flow, false);
	struct flow_pair *end = scratch_get();
	bool forward = flow_is_forward(key);
	const struct flow *to = forward ? flow : other, *from = forward ? other : flow;

	if (!usage_find(end, key, flow))
		return false;
	end->add.flows = 1;
	if (to) {
		end->add.sent = to->bytes;
		end->add.sent_packets = to->packets;
	}
	if (from) {
		end->add.received = from->bytes;
		end->add.received_packets = from->packets;
	}
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
	__sync_fetch_and_add(&found->sent_packets, end->add.sent_packets);
	__sync_fetch_and_add(&found->received_packets, end->add.received_packets);
	return 0;
}

/* Add the packets of an entry whose own counter is full. */
SUBPROGRAM int usage_packets(const struct flow_key *key, const struct flow *flow)
{
	REQUIRE(key && flow, -EINVAL);
	struct flow_pair *end = scratch_get();

	if (!usage_find(end, key, flow))
		return 0;
	if (flow_is_forward(key))
		end->add.sent_packets = USAGE_PACKETS;
	else
		end->add.received_packets = USAGE_PACKETS;
	return usage_end();
}

#endif
