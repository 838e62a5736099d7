/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Room for flows: shares of senders, and which flow gives way to a new one. */
#ifndef FLOW_ROOM_H
#define FLOW_ROOM_H

#include "flow_event.h"
#include "owner.h"
#include "peer.h"

#define RECLAIM_PROBES 8 /* power of two */
#define RECLAIM_STEPS 4

/* The worth of a slot to a new flow: the idle time of the flow that would give way, above it a bit if
 * that is done; or one of these. */
#define SLOT_NONE 0ULL         /* its flow stays */
#define SLOT_FREE (~0ULL)      /* it names no flow */
#define SLOT_FREED (~0ULL - 1) /* its flow had expired, or was closed, and is deleted */

/* The place of the next search. */
INLINE __u32 clock_advance(__u32 which, __u32 by)
{
	__u32 *clock = bpf_map_lookup_elem(&reclaim_clock, &which);

	return clock ? __sync_fetch_and_add(clock, by) : 0;
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

/* True if nothing more will come: a question and its answer within a second, as of DNS. */
INLINE bool is_exchange(const struct flow_key *key, const struct flow *flow)
{
	return FLOW_IS_UDP(key->zone) && flow->seen - flow->opened < settings.hz;
}

/* Seconds without a packet after which a flow gives way, where there is no room. */
INLINE __u32 crowded_timeout(const struct flow_key *key, const struct flow *flow)
{
	if (flow->state == FLOW_CLOSING)
		return closed_makes_room(key, flow) ? 0 : TIMEOUT_CLOSED;
	return FLOW_IS_UDP(key->zone) ? TIMEOUT_CROWDED_UDP : TIMEOUT_CROWDED;
}

/* Key of the flow that a slot names, or NULL: in *copy, or in scratch where the stack has no room. */
INLINE struct flow_key *slot_key(void *reclaims, __u32 index, struct flow_key *copy)
{
	struct flow_key *slot = bpf_map_lookup_elem(reclaims, &index);
	struct flow_pair *pair;

	if (FAMILY == 6) {
		pair = scratch_get();
		if (!pair)
			return NULL;
		CHECKED(pair); /* else clang adds to it before the check, which Linux 6.1 refuses */
		copy = &pair->held;
	}
	if (!slot)
		return NULL;
	*copy = *slot;
	return copy;
}

/* Weigh slot `index` of `reclaim` for a flow of the owner in `row`. A flow that has expired, or that is
 * closed and makes room, is deleted. */
SUBPROGRAM __u64 slot_weigh(__u32 index, __u32 row, bool full)
{
	struct flow_key copy, *key = slot_key(&reclaim, index, &copy);
	struct flow *flow;
	__s32 idle;
	bool done;

	if (!key)
		return SLOT_NONE;
	flow = addr_is_none(&key->daddr) ? NULL : flow_find(key);
	if (!flow)
		return SLOT_FREE;
	if (flow_expired(key, flow) || (full && closed_makes_room(key, flow))) {
		flow_delete(key, flow);
		return SLOT_FREED;
	}
	if (!may_displace(key, flow, row))
		return SLOT_NONE;
	idle = now_ticks() - flow->seen;
	if (idle < (__s32)(crowded_timeout(key, flow) * settings.hz))
		return SLOT_NONE;
	done = flow->state == FLOW_CLOSING || is_exchange(key, flow);
	return (__u64)done << 32 | (idle > 0 ? idle : 1);
}

/* Delete the live flow that slot `index` of `reclaim` names. */
SUBPROGRAM int slot_displace(__u32 index)
{
	struct flow_key copy, *key = slot_key(&reclaim, index, &copy);
	struct flow *flow = key ? flow_find(key) : NULL;
	struct owner *owner;

	if (!flow)
		return 0;
	owner = owner_get(flow_owner(key, flow));
	if (owner)
		__sync_fetch_and_add(&owner->displaced, 1);
	flow_event(key, flow, EVENT_CLOSE);
	return flow_delete(key, flow);
}

/* What flow_reserve() looks for: a slot for the flow whose forward entry is scratch's `other`; room in
 * a full table; room for a flow that is promoted later: the clock stays, so that it finds the same
 * slots then. */
#define RESERVE_OTHER (1u << 0)
#define RESERVE_FULL (1u << 1)
#define RESERVE_AHEAD (1u << 2)

/* Step number `step` of flow_reserve(). Every flow in `flows` owns one slot, there are twice as many slots as
 * flows, and each owner has twice as many as it may have flows. The clock moves RECLAIM_PROBES of the
 * owner's slots on: the flow takes a free one, and whatever has expired in the others is deleted, so
 * the packet path sweeps the table faster than it can fill, with or without the agent. An owner that
 * has all its flows, or meets a full table, displaces one that is done, or the one that was idle for
 * longest. Returns 0; -EDQUOT if the owner has all its flows, or -ENOSPC, and none that was met gives
 * way: a refusal, if it was the last step. */
SUBPROGRAM int reserve_step(__u32 how, __u32 step)
{
	__u32 by = how & RESERVE_AHEAD && !step ? 0 : RECLAIM_PROBES, row, at = 0, idlest = 0;
	__u32 clock = clock_advance(0, by) + (how & RESERVE_AHEAD ? by : 0);
	struct flow_pair *pair = scratch_get();
	bool other = how & RESERVE_OTHER, full = how & RESERVE_FULL;
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
			__sync_fetch_and_add(&owner->refused, step == RECLAIM_STEPS - 1);
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

/* Take a slot of `reclaim` for the flow in scratch; `how`: RESERVE_*. All owners move the clock: where
 * one meets no flow that gives way, it looks further. Returns as reserve_step(). */
INLINE int flow_reserve(__u32 how)
{
	int err = -ENOSPC;

	for (__u32 i = 0; i < RECLAIM_STEPS && err; i++)
		err = reserve_step(how, i);
	return err;
}

/* Weigh slot `index` of `reclaim_embryonic`: by the embryonic flows of its owner, then by age. */
SUBPROGRAM __u64 embryonic_weigh(__u32 index)
{
	struct flow_key copy, *key = slot_key(&reclaim_embryonic, index, &copy);
	struct owner *owner;
	struct flow *flow;

	if (!key)
		return SLOT_NONE;
	flow = addr_is_none(&key->daddr) ? NULL : flow_find_embryonic(key);
	if (!flow)
		return SLOT_FREE;
	if (flow->state == FLOW_CLOSING || flow_expired(key, flow))
		return SLOT_FREED;
	owner = owner_get(flow_owner(key, flow));
	return (__u64)(owner && owner->embryonic > 0 ? owner->embryonic : 1) << 32 |
	       (now_ticks() - flow->opened);
}

/* Take a slot of `reclaim_embryonic` for the flow in scratch. If the table is full, or all flows that
 * the clock meets are alive, one gives way: the oldest of the owner with the most embryonic flows,
 * so that who floods the table displaces his own. Returns 0 or -ENOSPC. */
SUBPROGRAM int embryonic_reserve(bool full)
{
	struct flow_pair *pair = scratch_get();
	__u32 clock = clock_advance(1, RECLAIM_PROBES), at = 0;
	__u64 best = SLOT_NONE, weight = SLOT_NONE;
	struct flow_key *slot;
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
	pair->gone = *slot;
	*slot = pair->key;
	flow = addr_is_none(&pair->gone.daddr) ? NULL : flow_find_embryonic(&pair->gone);
	if (!flow)
		return 0;
	flow_other_key(&pair->gone, flow, &pair->other_gone);
	return embryonic_delete(); /* not from `flows`: a flow that is promoted meanwhile stays */
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
	gateway = flow_is_foreign(pair->key.zone);
	owner = owner_get(flow_owner(&pair->key, &pair->flow));
	if (!owner)
		return -ENOSPC;
	owner->network = gateway ? pair->flow.network : 0;
	owner->ifindex = pair->flow.iface;
	if (gateway)
		peer_address(&pair->flow, &owner->addr);
	if (owner_is_full(owner))
		err = flow_reserve(RESERVE_AHEAD);
	return err ? err : embryonic_reserve(false);
}

/* The reason to drop a packet whose flow found no place. */
INLINE enum reason no_place(int err)
{
	return err == -EDQUOT ? REASON_FLOWS_SHARE :
	       err == -EEXIST ? REASON_PORTS_FULL :
				REASON_FLOWS_FULL;
}

#endif
