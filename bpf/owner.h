/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inserting and deleting entries, and the senders that flows are counted for. A forward entry is
 * counted when it is inserted and when it is deleted: each happens once, whichever CPU wins. Closed
 * flows do not count. */
#ifndef OWNER_H
#define OWNER_H

#include "flow.h"
#include "usage.h"

INLINE struct owner *owner_get(__u32 row)
{
	return bpf_map_lookup_elem(&owners, &row);
}

INLINE void owner_count(__u32 row, bool is_embryonic, __s32 change)
{
	struct owner *owner = owner_get(row);

	if (owner)
		__sync_fetch_and_add(is_embryonic ? &owner->embryonic : &owner->flows, change);
}

/* Count the flow of the forward key in row `now` instead of `before`. */
SUBPROGRAM int owner_change(const struct flow_key *key, __u32 before, __u32 now)
{
	REQUIRE(key, -EINVAL);
	struct flow_key own = *key;
	struct flow *held;
	bool is_embryonic;

	if (before == now)
		return 0;
	held = flow_find(&own);
	if (held && held->state == FLOW_CLOSING)
		return 0;
	is_embryonic = !held;
	owner_count(before, is_embryonic, -1);
	owner_count(now, is_embryonic, 1);
	return 0;
}

/* Set the state of the forward entry of *key, if it stands in `flows`, and count the flow that closes or
 * opens again. Tag, state and action are one word, so that one CPU alone makes the change. */
SUBPROGRAM int owner_follow(const struct flow_key *key, __u8 state)
{
	REQUIRE(key, -EINVAL);
	struct flow_key own = *key;
	struct flow *flow = flow_find(&own);
	__u32 *word, before, now;

	if (!flow || (flow->state == FLOW_CLOSING) == (state == FLOW_CLOSING))
		return 0;
	word = (void *)&flow->tag;
	before = *(volatile __u32 *)word;
	now = (before & ~(0xffu << 16)) | (__u32)state << 16;
	if (__sync_val_compare_and_swap(word, before, now) == before)
		owner_count(flow_owner(&own, flow), false, state == FLOW_CLOSING ? -1 : 1);
	return 0;
}

/* Insert an entry. Returns 0 or -errno. */
INLINE int entry_insert(const struct flow_key *key, const struct flow *flow, bool is_embryonic)
{
	int err = is_embryonic ? bpf_map_update_elem(&embryonic, key, flow, BPF_NOEXIST) :
				 bpf_map_update_elem(&flows, key, flow, BPF_NOEXIST);

	if (!err && flow_is_forward(key))
		owner_count(flow_owner(key, flow), is_embryonic, 1);
	return err;
}

/* Delete one entry from `embryonic` or `flows`. Returns whether this CPU did it. Reply entries are counted
 * nowhere, so nothing is looked up for them. */
INLINE bool entry_delete(const struct flow_key *key, bool is_embryonic)
{
	struct flow *flow = !flow_is_forward(key) ? NULL :
			    is_embryonic	  ? flow_find_embryonic(key) :
						    flow_find(key);
	__u32 row = flow ? flow_owner(key, flow) : 0;
	bool counts = flow && (is_embryonic || flow->state != FLOW_CLOSING);
	bool gone = is_embryonic ? !bpf_map_delete_elem(&embryonic, key) :
				   !bpf_map_delete_elem(&flows, key);

	if (gone && counts)
		owner_count(row, is_embryonic, -1);
	return gone;
}

/* Delete both entries of a flow from `embryonic`, under scratch's keys `gone` and `other_gone`. */
SUBPROGRAM int embryonic_delete(void)
{
	struct flow_pair *end = scratch_get();

	if (!end)
		return -ENOSPC;
	entry_delete(&end->gone, true);
	entry_delete(&end->other_gone, true);
	return 0;
}

/* Delete both entries from either map. `flow` may be one of them. The CPU that deletes the forward
 * entry of an established flow adds it to `usage`. */
SUBPROGRAM int flow_delete(const struct flow_key *key, const struct flow *flow)
{
	REQUIRE(key && flow, -EINVAL);
	struct flow_pair *end = scratch_get();
	bool forward = flow_is_forward(key), counts, gone, other_gone;
	struct flow *held;

	if (!end)
		return -ENOSPC;
	end->gone = *key;
	flow_other_key(key, flow, &end->other_gone);
	held = flow_find(&end->other_gone);
	counts = usage_begin(key, flow, held);
	/* First: code that touches the other entry finds no pair. */
	gone = entry_delete(&end->gone, false);
	other_gone = entry_delete(&end->other_gone, false);
	embryonic_delete();
	return counts && (forward ? gone : other_gone) ? usage_end() : 0;
}

#endif
