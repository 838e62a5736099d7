/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opening flows: insert both entries, reclaim room, record events. */
#ifndef FLOW_OPEN_H
#define FLOW_OPEN_H

#include "filter.h"
#include "flow.h"
#include "older.h"

#define RECLAIM_PROBES 8 /* power of two */

SUBPROGRAM int flow_event(const struct flow_key *key, const struct flow *flow, __u32 kind)
{
	REQUIRE(key && flow, -EINVAL);
	struct flow_event *event;
	struct flow_key other_key;
	struct flow *other;
	__u64 now;

	if (!settings.follow_until)
		return 0;
	now = bpf_ktime_get_ns();
	if (now >= settings.follow_until)
		return 0;
	flow_other_key(key, flow, &other_key);
	other = flow_find_any(&other_key);
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	event->at_ns = now;
	event->kind = kind;
	event->zero = 0;
	if (flow_is_forward(key) || !other) {
		event->key = *key;
		event->flow = *flow;
		event->reply_bytes = other ? other->bytes : 0;
	} else {
		event->key = other_key;
		event->flow = *other;
		event->reply_bytes = flow->bytes;
	}
	if (kind == EVENT_OPEN)
		event->flow.bytes = 0; /* the packet that opens is counted already, or is not yet */
	bpf_ringbuf_submit(event, 0);
	return 0;
}

/* True if a new flow may take this slot of `reclaim`. Deletes the flow that the slot names if it
 * has expired or, in a full table, closed; closed gateway flows keep their SNAT ports until they
 * expire. */
INLINE bool reclaim_slot(const struct flow_key *slot, bool full)
{
	struct flow_key key = *slot;
	struct flow *flow;
	bool closed;

	if (!key.daddr)
		return true; /* never used */
	flow = flow_find(&key);
	if (!flow)
		return true;
	closed = full && flow->state == FLOW_CLOSING && FLOW_ROLE(key.zone) == FLOW_CLIENT;
	if (!closed && !flow_expired(&key, flow))
		return false;
	flow_delete(&key, flow);
	return true;
}

/* Take a slot of `reclaim` for a new flow. Every flow in `flows` owns one slot, and there are twice
 * as many slots as flows. The clock moves RECLAIM_PROBES slots on: the flow takes the first free
 * one, and whatever has expired in the others is deleted, so the packet path sweeps the table
 * faster than it can fill, with or without the agent. Returns 0, or -ENOSPC if all probed flows are
 * alive. */
SUBPROGRAM int flow_reserve(const struct flow_key *key, bool full)
{
	REQUIRE(key, -EINVAL);
	__u32 zero = 0, clock = 0, *next = bpf_map_lookup_elem(&reclaim_clock, &zero);
	int err = -ENOSPC;

	if (next)
		clock = __sync_fetch_and_add(next, RECLAIM_PROBES);
	for (__u32 i = 0; i < RECLAIM_PROBES; i++) {
		__u32 index = (clock + i) & reclaim_mask;
		struct flow_key *slot = bpf_map_lookup_elem(&reclaim, &index);

		if (!slot || !reclaim_slot(slot, full))
			continue;
		if (err)
			*slot = *key;
		else
			__builtin_memset(slot, 0, sizeof(*slot));
		err = 0;
	}
	return err;
}

/* Insert scratch's flow, or its `other`, into `embryonic` or `flows`; reclaim once if `flows` is
 * full. Returns 0 or -errno. */
SUBPROGRAM int flow_insert(bool other, bool is_embryonic)
{
	struct flow_pair *pair = scratch_get();
	struct flow_key *key;
	struct flow *flow;
	int err;

	if (!pair)
		return -ENOSPC;
	key = other ? &pair->other_key : &pair->key;
	flow = other ? &pair->other : &pair->flow;
	if (is_embryonic)
		return bpf_map_update_elem(&embryonic, key, flow, BPF_NOEXIST);
	err = bpf_map_update_elem(&flows, key, flow, BPF_NOEXIST);
	if (err != -E2BIG)
		return err;
	flow_reserve(key, true);
	return bpf_map_update_elem(&flows, key, flow, BPF_NOEXIST);
}

/* True if the entry under *other_key belongs to the flow of *key: its forward entry was lost, or
 * another CPU is opening the same flow. */
INLINE bool claimed_by_us(const struct flow_key *key, const struct flow_key *other_key)
{
	struct flow *holder = flow_find_any(other_key);

	return holder && flow_is_pair(key, other_key, holder);
}

/* Resolve a conflict on the key of replies. An expired holder is deleted. An entry of this same
 * flow in the same map is overwritten in place: an update or a deletion would free it, and another
 * CPU would find no flow or go on with an element that has a new owner. Returns 0; -EEXIST if
 * another flow holds the key; -EALREADY if the forward entry exists by now, because another CPU
 * opened or promoted the flow; another negative number if the table is full. */
INLINE int claim_conflict(const struct flow_pair *pair, bool is_embryonic)
{
	const struct flow_key *key = &pair->key, *other_key = &pair->other_key;
	struct flow *established = flow_find(other_key);
	struct flow *holder = established ? established : flow_find_embryonic(other_key);
	bool own = holder && flow_is_pair(key, other_key, holder);
	int err;

	if (own && flow_find_any(key))
		return -EALREADY;
	if (own && !established == is_embryonic) {
		*holder = pair->other;
		return 0;
	}
	if (holder && !own && !flow_expired(other_key, holder))
		return -EEXIST;
	if (holder)
		flow_delete(other_key, holder);
	err = flow_insert(true, is_embryonic);
	return err == -EEXIST && claimed_by_us(key, other_key) ? 0 : err;
}

/* Insert the reply entry, scratch's `other`. The insertion finds a holder in its own map, so only
 * the other map is looked up first. Returns 0, -EEXIST, -EALREADY, or another negative number if
 * full. */
INLINE int flow_claim(const struct flow_pair *pair, bool is_embryonic)
{
	struct flow *holder = is_embryonic ? flow_find(&pair->other_key) :
					     flow_find_embryonic(&pair->other_key);
	int err;

	if (older_holds(&pair->other_key))
		return -EEXIST;
	err = holder ? -EEXIST : flow_insert(true, is_embryonic);
	return err == -EEXIST ? claim_conflict(pair, is_embryonic) : err;
}

/* Announce the tuple of replies to the filter of the hooks that translate them. */
INLINE void announce_reply(const struct flow_key *reply)
{
	struct filters *f = filters_get();

	if (f)
		filter_add(f->replies, reply_bit(reply->saddr, reply->sport));
}

/* Continue with an existing flow, to which this packet belongs. */
INLINE int adopt_existing(struct flow *existing, struct flow *flow)
{
	existing->bytes += flow->bytes;
	*flow = *existing;
	return 0;
}

/* Another CPU opened the flow first: keep its entries, delete our reply entry unless it is
 * theirs. */
INLINE int lost_race(struct flow_pair *pair)
{
	struct flow *existing = flow_find_any(&pair->key);
	struct flow_key theirs;

	if (!existing)
		return -ENOSPC;
	flow_other_key(&pair->key, existing, &theirs);
	if (!flow_key_equal(&theirs, &pair->other_key)) {
		bpf_map_delete_elem(&flows, &pair->other_key);
		bpf_map_delete_elem(&embryonic, &pair->other_key);
	}
	return adopt_existing(existing, &pair->flow);
}

/* Open the flow whose forward entry is in scratch: claim the reply entry, then the forward one.
 * Afterwards scratch holds the flow that counts, which may be one that another CPU opened.
 * `is_embryonic`: wait for the reply in `embryonic`; only for what can be recomputed. Returns
 * 0; -EEXIST if another flow holds the key of replies; another negative number if the table is
 * full. */
SUBPROGRAM int flow_open(const struct flow_key *key, bool is_embryonic)
{
	REQUIRE(key, -EINVAL);
	struct flow_pair *pair = scratch_get();
	struct flow *existing;
	int err;

	if (!pair)
		return -ENOSPC;
	pair->key = *key;
	existing = is_embryonic ? flow_find(&pair->key) : NULL;
	if (existing) /* promoted between the two look-ups */
		return adopt_existing(existing, &pair->flow);
	if (!is_embryonic && flow_reserve(&pair->key, false))
		return -ENOSPC;
	flow_other(&pair->key, &pair->flow, &pair->other_key, &pair->other);
	if (flow_has_nat(&pair->flow))
		announce_reply(&pair->other_key);
	err = flow_claim(pair, is_embryonic);
	if (err && err != -EALREADY)
		return err;
	if (!err)
		err = flow_insert(false, is_embryonic);
	if (err == -EEXIST || err == -EALREADY)
		return lost_race(pair);
	if (err)
		bpf_map_delete_elem(&flows, &pair->other_key);
	else
		flow_event(&pair->key, &pair->flow, EVENT_OPEN);
	return err;
}

#endif
