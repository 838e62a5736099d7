/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections, bytes and packets of each service, added when a flow ends, packets also while it lives, many
 * at a time: each of them costs next to nothing. */
#ifndef USAGE_H
#define USAGE_H

#include "parallax_flow.h"
#include "peer.h"

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

/* Remember the key of a flow, by either entry. Returns false if the flow does not count. */
SUBPROGRAM bool usage_find(const struct flow_key *key, const struct flow *flow)
{
	REQUIRE(key && flow, false);
	struct flow_pair *end = scratch_get();
	bool door = flow_is_at_door(key->zone);
	__u32 row = flow->backend, gateway = usage_gateway(key, flow);

	if (!end || !usage_counts(key, flow))
		return false;
	usage_key_fill(&end->ended, key, flow,
		       door ? NULL : bpf_map_lookup_elem(&backends, &row),
		       door ? bpf_map_lookup_elem(&peers, &row) : NULL,
		       bpf_map_lookup_elem(&peers, &gateway), &settings);
	return true;
}

/* Remember bytes and packets of a flow, by either entry and the other one, which may be NULL. */
SUBPROGRAM int usage_sum(const struct flow_key *key, const struct flow *flow,
			 const struct flow *other)
{
	REQUIRE(key && flow, -EINVAL);
	struct flow_pair *end = scratch_get();
	bool forward = flow_is_forward(key);
	const struct flow *to = forward ? flow : other, *from = forward ? other : flow;

	if (!end)
		return -ENOSPC;
	end->add = (struct usage){ .flows = 1 };
	if (to) {
		end->add.sent = to->bytes;
		end->add.sent_packets = to->packets;
	}
	if (from) {
		end->add.received = from->bytes;
		end->add.received_packets = from->packets;
	}
	return 0;
}

/* Remember key, bytes and packets of a flow that ends. Returns false if it does not count. Two calls side by
 * side: eight frames may be nested. */
INLINE bool usage_begin(const struct flow_key *key, const struct flow *flow,
			const struct flow *other)
{
	return usage_find(key, flow) && !usage_sum(key, flow, other);
}

/* Take from the counters of the flow's key what usage_begin() remembered, and usage_end() added to another: it
 * will be added once more, at the end, with the rest of the flow. */
SUBPROGRAM int usage_take(const struct flow_key *key, const struct flow *flow)
{
	REQUIRE(key && flow, -EINVAL);
	struct flow_pair *end = scratch_get();

	if (!end || !usage_find(key, flow))
		return 0;
	end->add.flows = -end->add.flows;
	end->add.sent = -end->add.sent;
	end->add.received = -end->add.received;
	end->add.sent_packets = -end->add.sent_packets;
	end->add.received_packets = -end->add.received_packets;
	return usage_end();
}

/* Add the packets of an entry whose own counter is full. */
SUBPROGRAM int usage_packets(const struct flow_key *key, const struct flow *flow)
{
	REQUIRE(key && flow, -EINVAL);
	struct flow_pair *end = scratch_get();

	if (!end || !usage_find(key, flow))
		return 0;
	end->add = (struct usage){};
	if (flow_is_forward(key))
		end->add.sent_packets = USAGE_PACKETS;
	else
		end->add.received_packets = USAGE_PACKETS;
	return usage_end();
}

#endif
