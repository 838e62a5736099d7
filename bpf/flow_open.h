/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opening flows: claim both halves, keep room by reclaiming, tell who follows. */
#ifndef FLOW_OPEN_H
#define FLOW_OPEN_H

#include "filter.h"
#include "flow.h"

#define RECLAIM_PROBES 8 /* power of two */

SUBPROGRAM int flow_event(const struct flow_key *key, const struct flow *flow, __u32 kind)
{
	REQUIRE(key && flow, -EINVAL);
	const struct settings *s = settings_get();
	struct flow_event *event;
	struct flow_key other_key;
	struct flow *other;
	__u64 now;

	if (!s || !s->follow_until)
		return 0;
	now = bpf_ktime_get_ns();
	if (now >= s->follow_until)
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

/* May this place of `reclaim` be taken? Reclaims the flow it names when that has expired, or,
 * with `pressed`, has closed; SNAT ports rest all the same. */
INLINE bool flow_place_free(const struct flow_key *place, __u32 hz, bool pressed)
{
	struct flow_key key = *place;
	struct flow *flow;
	bool closed;

	if (!key.daddr)
		return true; /* of nobody */
	flow = flow_find(&key);
	if (!flow)
		return true;
	closed = pressed && flow->state == FLOW_CLOSING && FLOW_ROLE(key.zone) == FLOW_CLIENT;
	if (!closed && !flow_expired(&key, flow, hz))
		return false;
	flow_delete(&key, flow);
	return true;
}

/* Every flow in `flows` owns a place of `reclaim`, which has twice as many as there can be flows.
 * A new one looks at some from a moving hand, takes the first free one and reclaims whatever has
 * expired: the packet path sweeps the table faster than it fills, agent or no agent. Returns 0,
 * or -1: so many live flows that the new one is refused. */
SUBPROGRAM int flow_reserve(const struct flow_key *key, __u32 hz, bool pressed)
{
	REQUIRE(key, -EINVAL);
	__u32 zero = 0, hand = 0, *next = bpf_map_lookup_elem(&reclaim_hand, &zero);
	const struct flow_key none = {};
	int ret = -ENOSPC;

	if (next)
		hand = __sync_fetch_and_add(next, RECLAIM_PROBES);
	for (__u32 i = 0; i < RECLAIM_PROBES; i++) {
		__u32 index = (hand + i) & reclaim_mask;
		struct flow_key *place = bpf_map_lookup_elem(&reclaim, &index);

		if (!place || !flow_place_free(place, hz, pressed))
			continue;
		*place = ret ? *key : none;
		ret = 0;
	}
	return ret;
}

/* Insert scratch's flow, or its `other`, where it belongs; a full table is swept once more. Returns
 * 0 or -errno. */
SUBPROGRAM int flow_insert(const struct flow_key *key, bool other, bool half, __u32 hz)
{
	REQUIRE(key, -EINVAL);
	struct halves *halves = scratch_get();
	struct flow_key at = *key;
	struct flow *flow;
	int ret;

	if (!halves)
		return -ENOSPC;
	flow = other ? &halves->other : &halves->flow;
	if (half)
		return bpf_map_update_elem(&embryonic, &at, flow, BPF_NOEXIST);
	ret = bpf_map_update_elem(&flows, &at, flow, BPF_NOEXIST);
	if (ret != -E2BIG)
		return ret;
	flow_reserve(&at, hz, true);
	return bpf_map_update_elem(&flows, &at, flow, BPF_NOEXIST);
}

/* Does the reply half under *other_key belong to this very flow? Then its forward half was lost, or
 * another CPU opens the flow in this moment. */
INLINE bool flow_is_claimed(const struct flow_key *key, const struct flow_key *other_key)
{
	struct flow *holder = flow_find_any(other_key);

	return holder && flow_is_pair(key, other_key, holder);
}

/* The reply half's key is held: an expired holder gives way, and so does a half of this very flow
 * that stands where this one's belongs. That is written over in place: while an update or a
 * deletion frees it, the other CPU would find no flow, or go on with an element that is somebody
 * else's by then. -EALREADY: the forward half is there as well by now, since another CPU opened the
 * flow, or promoted it since it was looked for. */
INLINE int flow_contend(const struct flow_key *key, const struct flow_key *other_key,
			const struct flow *other, bool half, __u32 hz)
{
	struct flow *lasting = flow_find(other_key);
	struct flow *holder = lasting ? lasting : flow_find_embryonic(other_key);
	bool own = holder && flow_is_pair(key, other_key, holder);
	int ret;

	if (own && flow_find_any(key))
		return -EALREADY;
	if (own && !lasting == half) {
		*holder = *other;
		return 0;
	}
	if (holder && !own && !flow_expired(other_key, holder, hz))
		return -EEXIST;
	if (holder)
		flow_delete(other_key, holder);
	ret = flow_insert(other_key, true, half, hz);
	return ret == -EEXIST && flow_is_claimed(key, other_key) ? 0 : ret;
}

/* Insert the reply half, scratch's `other`. The insertion itself sees a holder in its own table,
 * hence one look-up in the other. Returns 0, -EEXIST, or another negative number when full. */
INLINE int flow_claim(const struct flow_key *key, const struct flow_key *other_key,
		      const struct flow *other, bool half, __u32 hz)
{
	struct flow *holder = half ? flow_find(other_key) : flow_find_embryonic(other_key);
	int ret = holder ? -EEXIST : flow_insert(other_key, true, half, hz);

	return ret == -EEXIST ? flow_contend(key, other_key, other, half, hz) : ret;
}

/* Make the tuple of replies known to the hooks that must stop them. */
INLINE void flow_announce(const struct flow_key *reply)
{
	struct filters *f = filters_get();

	if (f)
		filter_add(f->replies, reply_bit(reply->saddr, reply->sport));
}

/* Go on with `standing`, of which this packet is one too. */
INLINE int flow_join(struct flow *standing, struct flow *flow)
{
	standing->bytes += flow->bytes;
	*flow = *standing;
	return 0;
}

/* Another CPU opened the flow first. Its halves stand; ours goes, unless it is the same. */
INLINE int flow_yield(const struct flow_key *key, const struct flow_key *other_key,
		      struct flow *flow)
{
	struct flow *standing = flow_find_any(key);
	struct flow_key theirs;

	if (!standing)
		return -ENOSPC;
	flow_other_key(key, standing, &theirs);
	if (!flow_key_equal(&theirs, other_key)) {
		bpf_map_delete_elem(&flows, other_key);
		bpf_map_delete_elem(&embryonic, other_key);
	}
	return flow_join(standing, flow);
}

/* Open the flow whose forward half stands in scratch: claim the reply half, then the forward one.
 * What stands in scratch afterwards is the flow's, also where another CPU opened it.
 * `half`: it may wait for its reply among the half-open; only what can be recomputed may.
 * Returns 0; -EEXIST when another flow holds the reply's key; another negative number when full. */
SUBPROGRAM int flow_open(const struct flow_key *of, bool half, __u32 hz)
{
	REQUIRE(of, -EINVAL);
	struct flow_key own_key = *of, other_key, *key = &own_key;
	struct halves *halves = scratch_get();
	struct flow *standing = half ? flow_find(key) : NULL;
	int ret;

	if (halves && standing) /* promoted between the two look-ups that missed it */
		return flow_join(standing, &halves->flow);
	if (!halves || (!half && flow_reserve(key, hz, false)))
		return -ENOSPC;
	flow_other_key(key, &halves->flow, &other_key);
	flow_other(key, &halves->flow, &other_key, &halves->other);
	if (flow_has_nat(&halves->flow))
		flow_announce(&other_key);
	ret = flow_claim(key, &other_key, &halves->other, half, hz);
	if (ret && ret != -EALREADY)
		return ret;
	if (!ret)
		ret = flow_insert(key, false, half, hz);
	if (ret == -EEXIST || ret == -EALREADY)
		return flow_yield(key, &other_key, &halves->flow);
	if (ret)
		bpf_map_delete_elem(&flows, &other_key);
	else
		flow_event(key, &halves->flow, EVENT_OPEN);
	return ret;
}

#endif
