/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opening flows: insert both entries, reclaim room, record events. */
#ifndef FLOW_OPEN_H
#define FLOW_OPEN_H

#include "filter.h"
#include "older.h"
#include "owner.h"

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

/* The worth of a slot to a new flow: the idle time of the flow that would give way, above it a bit if
 * that is closed; or one of these. */
#define SLOT_NONE 0ULL         /* its flow stays */
#define SLOT_FREE (~0ULL)      /* it names no flow */
#define SLOT_FREED (~0ULL - 1) /* its flow had expired, or was closed, and is deleted */

/* The place of the next search. */
INLINE __u32 clock_advance(__u32 which)
{
	__u32 *clock = bpf_map_lookup_elem(&reclaim_clock, &which);

	return clock ? __sync_fetch_and_add(clock, RECLAIM_PROBES) : 0;
}

/* Flows that an owner may have. */
INLINE __u32 owner_share(void)
{
	return settings.flows_per_owner ? settings.flows_per_owner : flows_per_owner;
}

INLINE bool owner_is_full(const struct owner *owner)
{
	return owner->flows >= (__s32)owner_share();
}

/* True if a flow may give way to one of the owner in `row`: it is of the same owner, or of one with
 * more flows. An owner that has all its flows gains nothing by one of another, nor by a closed one. */
INLINE bool may_displace(const struct flow_key *key, const struct flow *flow, __u32 row)
{
	__u32 held = flow_owner(key, flow);
	struct owner *owner = owner_get(row), *holder = owner_get(held);

	if (!owner || !holder)
		return false;
	if (owner_is_full(owner))
		return held == row && flow->state != FLOW_CLOSING;
	return held == row || holder->flows > owner->flows;
}

/* True if a closed flow makes room at once, in a full table. One that waits keeps the SNAT port at
 * first. */
INLINE bool closed_makes_room(const struct flow_key *key, const struct flow *flow)
{
	return flow->state == FLOW_CLOSING &&
	       (FLOW_ROLE(key->zone) == FLOW_CLIENT || !(flow->flags & FLOW_TIME_WAIT));
}

/* Weigh slot `index` of `reclaim` for a flow of the owner in `row`. A flow that has expired, or that is
 * closed and makes room, is deleted. */
SUBPROGRAM __u64 slot_weigh(__u32 index, __u32 row, bool full)
{
	struct flow_key *slot = bpf_map_lookup_elem(&reclaim, &index), key;
	struct flow *flow;
	__u32 idle, least;

	if (!slot)
		return SLOT_NONE;
	key = *slot;
	flow = key.daddr ? flow_find(&key) : NULL;
	if (!flow)
		return SLOT_FREE;
	if (flow_expired(&key, flow) || (full && closed_makes_room(&key, flow))) {
		flow_delete(&key, flow);
		return SLOT_FREED;
	}
	idle = now_ticks() - flow->seen;
	least = flow->state != FLOW_CLOSING   ? TIMEOUT_CROWDED :
		closed_makes_room(&key, flow) ? 0 :
						TIMEOUT_CLOSED;
	if ((__s32)idle < (__s32)(least * settings.hz) || !may_displace(&key, flow, row))
		return SLOT_NONE;
	return (__u64)(flow->state == FLOW_CLOSING) << 32 | ((__s32)idle > 0 ? idle : 1);
}

/* Delete the live flow that slot `index` of `reclaim` names. */
INLINE void slot_displace(__u32 index)
{
	struct flow_key *slot = bpf_map_lookup_elem(&reclaim, &index), key;
	struct owner *owner;
	struct flow *flow;

	if (!slot)
		return;
	key = *slot;
	flow = flow_find(&key);
	if (!flow)
		return;
	owner = owner_get(flow_owner(&key, flow));
	if (owner)
		__sync_fetch_and_add(&owner->displaced, 1);
	flow_event(&key, flow, EVENT_CLOSE);
	flow_delete(&key, flow);
}

/* Take a slot of `reclaim` for the flow in scratch; `other`: its forward entry is scratch's `other`.
 * Every flow in `flows` owns one slot, there are twice as many slots as flows, and each owner has
 * twice as many as it may have flows. The clock moves RECLAIM_PROBES of the owner's slots on: the
 * flow takes a free one, and whatever has expired in the others is deleted, so the packet path
 * sweeps the table faster than it can fill, with or without the agent. An owner that has all its
 * flows, or meets a full table, displaces a closed flow or the one that was idle for longest.
 * Returns 0; -EDQUOT if the owner has all its flows, or -ENOSPC, and none that was met gives way. */
SUBPROGRAM int flow_reserve(bool other, bool full)
{
	struct flow_pair *pair = scratch_get();
	__u32 row, clock = clock_advance(0), at = 0, idlest = 0;
	__u64 best = SLOT_NONE;
	struct flow_key *slot;
	struct owner *owner;
	bool found = false, freed = false;

	if (!pair)
		return -ENOSPC;
	row = other ? flow_owner(&pair->other_key, &pair->other) :
		      flow_owner(&pair->key, &pair->flow);
	for (__u32 i = 0; i < RECLAIM_PROBES; i++) {
		__u32 n = (clock + i) % (2 * owner_share());
		__u32 index = owner_slot(row, n) & reclaim_mask;
		__u64 weight = slot_weigh(index, row, full);

		freed |= weight == SLOT_FREED;
		if (weight >= SLOT_FREED) {
			found = true;
			at = index;
		} else if (weight > best) {
			best = weight;
			idlest = index;
		}
	}
	owner = owner_get(row);
	if (!owner)
		return -ENOSPC;
	if (owner_is_full(owner) || !found || (full && !freed)) {
		if (!best && owner_is_full(owner)) {
			__sync_fetch_and_add(&owner->refused, 1);
			return -EDQUOT;
		}
		if (!best)
			return -ENOSPC;
		slot_displace(idlest);
		at = idlest;
	}
	slot = bpf_map_lookup_elem(&reclaim, &at);
	if (slot)
		*slot = other ? pair->other_key : pair->key;
	return 0;
}

/* Weigh slot `index` of `reclaim_embryonic`: by the embryonic flows of its owner, then by age. */
SUBPROGRAM __u64 embryonic_weigh(__u32 index)
{
	struct flow_key *slot = bpf_map_lookup_elem(&reclaim_embryonic, &index), key;
	struct owner *owner;
	struct flow *flow;

	if (!slot)
		return SLOT_NONE;
	key = *slot;
	flow = key.daddr ? flow_find_embryonic(&key) : NULL;
	if (!flow)
		return SLOT_FREE;
	if (flow->state == FLOW_CLOSING || flow_expired(&key, flow))
		return SLOT_FREED;
	owner = owner_get(flow_owner(&key, flow));
	return (__u64)(owner && owner->embryonic > 0 ? owner->embryonic : 1) << 32 |
	       (now_ticks() - flow->opened);
}

/* Take a slot of `reclaim_embryonic` for the flow in scratch. If the table is full, or all flows that
 * the clock meets are alive, one gives way: the oldest of the owner with the most embryonic flows,
 * so that who floods the table displaces his own. Returns 0 or -ENOSPC. */
SUBPROGRAM int embryonic_reserve(bool full)
{
	struct flow_pair *pair = scratch_get();
	__u32 clock = clock_advance(1), at = 0;
	__u64 best = SLOT_NONE, weight = SLOT_NONE;
	struct flow_key *slot, held;
	struct flow *flow;

	for (__u32 i = 0; i < RECLAIM_PROBES && weight < SLOT_FREED; i++) {
		__u32 index = (clock + i) & reclaim_embryonic_mask;

		weight = embryonic_weigh(index);
		if (full && weight == SLOT_FREE)
			weight = SLOT_NONE;
		if (weight > best) {
			best = weight;
			at = index;
		}
	}
	slot = bpf_map_lookup_elem(&reclaim_embryonic, &at);
	if (!slot || !pair || !best)
		return -ENOSPC;
	held = *slot;
	*slot = pair->key;
	flow = held.daddr ? flow_find_embryonic(&held) : NULL;
	return flow ? flow_delete(&held, flow) : 0;
}

/* Insert scratch's flow, or its `other`, into `embryonic`; make room once if that is full. Returns 0
 * or -errno. */
SUBPROGRAM int embryonic_insert(bool other)
{
	struct flow_pair *pair = scratch_get();
	struct flow_key *key;
	struct flow *flow;
	int err;

	if (!pair)
		return -ENOSPC;
	key = other ? &pair->other_key : &pair->key;
	flow = other ? &pair->other : &pair->flow;
	err = entry_insert(key, flow, true);
	if (err != -E2BIG)
		return err;
	embryonic_reserve(true);
	return entry_insert(key, flow, true);
}

/* True if the entry under *other_key belongs to the flow of *key: its forward entry was lost, or
 * another CPU is opening the same flow. */
INLINE bool claimed_by_us(const struct flow_key *key, const struct flow_key *other_key)
{
	struct flow *holder = flow_find_any(other_key);

	return holder && flow_is_pair(key, other_key, holder);
}

/* True if the backend's TCP, which keeps scratch's `other_key` in TIME-WAIT, accepts the SYN of the
 * flow in scratch: it begins behind the old connection's last byte (RFC 9293 section 3.10.7.4). */
SUBPROGRAM bool wait_accepts(void)
{
	struct flow_pair *pair = scratch_get();
	struct flow *holder = pair ? flow_find(&pair->other_key) : NULL, *old;

	if (!pair || !holder || !pair->flow.seq)
		return false;
	flow_other_key(&pair->other_key, holder, &pair->gone);
	old = flow_find(&pair->gone);
	return old && (__s32)(pair->flow.seq - 1 - old->seq) > 0;
}

/* True if the holder of a key of replies makes room for another flow: it has expired, was refused
 * before it was established, or, at a gateway, is closed and the backend has forgotten it. */
INLINE bool gives_way(const struct flow_pair *pair, const struct flow *holder, bool is_embryonic,
		      bool resting)
{
	const struct flow_key *key = &pair->other_key;
	__u32 idle = now_ticks() - holder->seen;

	if (flow_expired(key, holder))
		return true;
	if (holder->state != FLOW_CLOSING)
		return false;
	if (is_embryonic)
		return true;
	if (FLOW_ROLE(key->zone) != FLOW_GATEWAY_REPLY ||
	    (__s32)idle < (__s32)(TIMEOUT_CLOSED * settings.hz))
		return false;
	return !(holder->flags & FLOW_TIME_WAIT) || (resting && wait_accepts());
}

/* Resolve a conflict on the key of replies, scratch's `other_key`. A holder that gives way is deleted.
 * An embryonic entry of this same flow is overwritten in place: an update or a deletion would free
 * it, and another CPU would find no flow or go on with an element that has a new owner. Returns 0 if
 * the key is free now; CLAIMED; -EEXIST if another flow holds the key; -EALREADY if the forward entry
 * exists by now, because another CPU opened or promoted the flow. */
#define CLAIMED 1
SUBPROGRAM int claim_conflict(bool resting)
{
	struct flow_pair *pair = scratch_get();
	struct flow *established, *holder;
	bool own;

	if (!pair)
		return -EEXIST;
	established = flow_find(&pair->other_key);
	holder = established ? established : flow_find_embryonic(&pair->other_key);
	own = holder && flow_is_pair(&pair->key, &pair->other_key, holder);
	if (own && flow_find_any(&pair->key))
		return -EALREADY;
	if (own && !established) {
		*holder = pair->other;
		return CLAIMED;
	}
	if (holder && !own && !gives_way(pair, holder, !established, resting))
		return -EEXIST;
	if (holder)
		flow_delete(&pair->other_key, holder);
	return 0;
}

/* Insert the reply entry, scratch's `other`. The insertion finds a holder in `embryonic`, so only
 * `flows` is looked up first. Returns 0, -EEXIST, -EALREADY, or another negative number if full. */
INLINE int flow_claim(const struct flow_pair *pair, bool resting)
{
	int err;

	if (older_holds(&pair->other_key))
		return -EEXIST;
	err = flow_find(&pair->other_key) ? -EEXIST : embryonic_insert(true);
	if (err != -EEXIST)
		return err;
	err = claim_conflict(resting);
	if (err)
		return err == CLAIMED ? 0 : err;
	err = embryonic_insert(true);
	return err == -EEXIST && claimed_by_us(&pair->key, &pair->other_key) ? 0 : err;
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
		entry_delete(&pair->other_key, false);
		entry_delete(&pair->other_key, true);
	}
	return adopt_existing(existing, &pair->flow);
}

/* Before flow_open(): admit the flow in scratch, whose owner has a place for it or can make one.
 * Returns 0, -EDQUOT or -ENOSPC. */
SUBPROGRAM int flow_admit(const struct flow_key *key)
{
	REQUIRE(key, -EINVAL);
	struct flow_pair *pair = scratch_get();
	struct owner *owner;
	bool gateway;
	int err = 0;

	if (!pair)
		return -ENOSPC;
	pair->key = *key;
	gateway = FLOW_ROLE(pair->key.zone) == FLOW_GATEWAY;
	owner = owner_get(flow_owner(&pair->key, &pair->flow));
	if (!owner)
		return -ENOSPC;
	owner->network = gateway ? pair->flow.network : 0;
	owner->id = gateway ? pair->flow.peer : pair->flow.iface;
	if (owner_is_full(owner))
		err = flow_reserve(false, false);
	return err ? err : embryonic_reserve(false);
}

/* Open the flow whose forward entry is in scratch: claim the reply entry, then the forward one, both
 * in `embryonic`. Afterwards scratch holds the flow that counts, which may be one that another CPU
 * opened. `resting`: even with a tuple of replies that the backend's TCP may keep in TIME-WAIT.
 * Returns 0; -EEXIST if another flow holds the key of replies; another negative number if the table
 * is full. */
SUBPROGRAM int flow_open(const struct flow_key *key, bool resting)
{
	REQUIRE(key, -EINVAL);
	struct flow_pair *pair = scratch_get();
	struct flow *existing;
	int err;

	if (!pair)
		return -ENOSPC;
	pair->key = *key;
	existing = flow_find(&pair->key);
	if (existing) /* promoted between the two look-ups */
		return adopt_existing(existing, &pair->flow);
	flow_other(&pair->key, &pair->flow, &pair->other_key, &pair->other);
	if (flow_has_nat(&pair->flow))
		announce_reply(&pair->other_key);
	err = flow_claim(pair, resting);
	if (err && err != -EALREADY)
		return err;
	if (!err)
		err = embryonic_insert(false);
	if (err == -EEXIST || err == -EALREADY)
		return lost_race(pair);
	if (err)
		entry_delete(&pair->other_key, true);
	else
		flow_event(&pair->key, &pair->flow, EVENT_OPEN);
	return err;
}

/* The reason to drop a packet whose flow found no place. */
INLINE enum reason no_place(int err)
{
	return err == -EDQUOT ? REASON_FLOWS_SHARE :
	       err == -EEXIST ? REASON_PORTS_FULL :
				REASON_FLOWS_FULL;
}

#endif
