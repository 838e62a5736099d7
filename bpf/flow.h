/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The flow table: look up, open, establish, close, reclaim.
 *
 * A flow is two halves, one per direction. The key of each is the tuple of the other after
 * rewriting, both ends swapped, so either half can find or re-create the other. */
#ifndef FLOW_H
#define FLOW_H

#include "count.h"

#define RECLAIM_PROBES 8 /* power of two */

INLINE struct flow *flow_confirm(struct flow *flow, const struct flow_key *key)
{
	return flow && flow->tag == flow_tag(key) ? flow : NULL;
}

INLINE struct flow *flow_find(const struct flow_key *key)
{
	return flow_confirm(bpf_map_lookup_elem(&flows, key), key);
}

INLINE struct flow *flow_find_half_open(const struct flow_key *key)
{
	return flow_confirm(bpf_map_lookup_elem(&half_open, key), key);
}

INLINE struct flow *flow_find_any(const struct flow_key *key)
{
	struct flow *flow = flow_find(key);

	return flow ? flow : flow_find_half_open(key);
}

INLINE bool flow_is_forward(const struct flow_key *key)
{
	__u32 role = FLOW_ROLE(key->scope);

	return role == FLOW_CLIENT || role == FLOW_GATEWAY;
}

/* Role of the other half. */
INLINE __u32 flow_other_scope(const struct flow_key *key, const struct flow *flow)
{
	__u32 role = FLOW_ROLE(key->scope);

	/* FLOW_GATEWAY alone is keyed by network, since two may use the same addresses. */
	return FLOW_SCOPE(role == FLOW_GATEWAY_REPLY ? flow->network : 0, role ^ 1,
			  FLOW_IS_UDP(key->scope));
}

INLINE bool flow_has_nat(const struct flow *flow)
{
	return flow->action != FLOW_ENCAP && flow->action != FLOW_DECAP;
}

INLINE void flow_other_key(const struct flow_key *key, const struct flow *flow,
			   struct flow_key *ret)
{
	bool nat = flow_has_nat(flow);

	ret->saddr = nat ? flow->nat.daddr : key->daddr;
	ret->daddr = nat ? flow->nat.saddr : key->saddr;
	ret->sport = nat ? flow->nat.dport : key->dport;
	ret->dport = nat ? flow->nat.sport : key->sport;
	ret->scope = flow_other_scope(key, flow);
}

INLINE __u8 flow_other_action(__u8 action)
{
	switch (action) {
	case FLOW_ENCAP:
		return FLOW_DECAP;
	case FLOW_DECAP:
		return FLOW_ENCAP;
	case FLOW_DECAP_NAT:
		return FLOW_NAT_ENCAP;
	case FLOW_NAT_ENCAP:
		return FLOW_DECAP_NAT;
	}
	return FLOW_NAT;
}

/* A new forward half, its action and where it goes left to the caller. */
INLINE void flow_init(struct flow *flow, const struct flow_key *key, __u16 service, __u32 backend,
		      __u16 generation)
{
	__builtin_memset(flow, 0, sizeof(*flow));
	flow->tag = flow_tag(key);
	flow->seen = now_ticks();
	flow->opened = flow->seen;
	flow->service = service;
	flow->backend = backend;
	flow->generation = generation;
}

/* Make the other half, under the key *other_key, from this one. */
INLINE void flow_other(const struct flow_key *key, const struct flow *flow,
		       const struct flow_key *other_key, struct flow *ret)
{
	*ret = *flow;
	ret->tag = flow_tag(other_key);
	ret->action = flow_other_action(flow->action);
	ret->bytes = 0;
	if (flow_has_nat(flow)) {
		ret->nat.saddr = key->daddr;
		ret->nat.daddr = key->saddr;
		ret->nat.sport = key->dport;
		ret->nat.dport = key->sport;
	}
}

INLINE __u32 flow_timeout(const struct flow_key *key, const struct flow *flow)
{
	__u32 role = FLOW_ROLE(key->scope);
	bool gateway = role == FLOW_GATEWAY || role == FLOW_GATEWAY_REPLY;

	if (flow->state == FLOW_CLOSING)
		return gateway ? TIMEOUT_GATEWAY_CLOSING : TIMEOUT_CLOSING;
	if (flow->state == FLOW_OPENING)
		return TIMEOUT_OPENING;
	return FLOW_IS_UDP(key->scope) ? TIMEOUT_UDP : TIMEOUT_ESTABLISHED;
}

INLINE bool flow_expired(const struct flow_key *key, const struct flow *flow, __u32 hz)
{
	return now_ticks() - flow->seen > flow_timeout(key, flow) * hz;
}

/* Remove both halves from wherever they are. `flow` may be one of them. */
SUBPROGRAM int flow_delete(const struct flow_key *key, const struct flow *flow)
{
	REQUIRE(key && flow);
	struct flow_key other;

	flow_other_key(key, flow, &other);
	bpf_map_delete_elem(&flows, &other);
	bpf_map_delete_elem(&half_open, &other);
	bpf_map_delete_elem(&flows, key);
	bpf_map_delete_elem(&half_open, key);
	return 0;
}

SUBPROGRAM int flow_event(const struct flow_key *key, const struct flow *flow, __u32 kind)
{
	REQUIRE(key && flow);
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
	bpf_ringbuf_submit(event, 0);
	return 0;
}

/* May this place of `reclaim` be taken? Reclaims the flow it names when that has expired. */
INLINE bool flow_place_free(const struct flow_key *place, __u32 hz)
{
	struct flow_key key = *place;
	struct flow *flow = flow_find(&key);

	if (!flow)
		return true;
	if (!flow_expired(&key, flow, hz))
		return false;
	flow_delete(&key, flow);
	return true;
}

/* Every flow in `flows` owns a place of `reclaim`, which has twice as many. A new one looks at
 * some from a moving hand, takes the first free one and reclaims whatever has expired: the packet
 * path sweeps the table faster than it fills, agent or no agent. Returns 0, or -1: so many live
 * flows that the new one is refused. */
SUBPROGRAM int flow_reserve(const struct flow_key *key, __u32 hz)
{
	REQUIRE(key);
	__u32 zero = 0, hand = 0, *next = bpf_map_lookup_elem(&reclaim_hand, &zero);
	int ret = -1;

	if (next)
		hand = __sync_fetch_and_add(next, RECLAIM_PROBES);
	for (__u32 i = 0; i < RECLAIM_PROBES; i++) {
		__u32 index = (hand + i) & reclaim_mask;
		struct flow_key *place = bpf_map_lookup_elem(&reclaim, &index);

		if (!place || !flow_place_free(place, hz))
			continue;
		if (ret)
			*place = *key;
		ret = 0;
	}
	return ret;
}

/* Insert one half; an expired holder of the key gives way. Returns 0, -EEXIST, or another
 * negative number when the map is full. */
SUBPROGRAM int flow_claim(const struct flow_key *key, const struct flow *flow, bool half, __u32 hz)
{
	REQUIRE(key && flow);
	struct flow *holder = flow_find_any(key);

	if (holder && !flow_expired(key, holder, hz))
		return -EEXIST;
	if (holder)
		flow_delete(key, holder);
	if (half)
		return bpf_map_update_elem(&half_open, key, flow, BPF_NOEXIST);
	return bpf_map_update_elem(&flows, key, flow, BPF_NOEXIST);
}

/* Is the other half's key held by this very flow, left over when its forward half was lost? */
INLINE bool flow_is_other(const struct flow_key *key, const struct flow_key *other_key)
{
	struct flow *holder = flow_find_any(other_key);
	struct flow_key back;

	if (!holder)
		return false;
	flow_other_key(other_key, holder, &back);
	return back.saddr == key->saddr && back.daddr == key->daddr && back.sport == key->sport &&
	       back.dport == key->dport && back.scope == key->scope;
}

INLINE void filter_add(__u64 *words, __u32 bit)
{
	__u64 mask = 1ULL << (bit & 63);
	__u64 *word = &words[(bit / 64) & (FILTER_BITS / 64 - 1)];

	if (!(*word & mask))
		__sync_fetch_and_or(word, mask);
}

INLINE bool filter_has(const __u64 *words, __u32 bit)
{
	return words[(bit / 64) & (FILTER_BITS / 64 - 1)] >> (bit & 63) & 1;
}

INLINE struct filters *filters_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&filters, &zero);
}

/* Make the tuple of replies known to the hooks that must stop them. */
INLINE void flow_announce(const struct flow_key *reply)
{
	struct filters *f = filters_get();

	if (f)
		filter_add(f->replies, reply_bit(reply->saddr, reply->sport));
}

/* Open the flow whose forward half stands in scratch: claim the reply half, then the forward one.
 * `half`: it may wait for its reply among the half-open; only what can be recomputed may.
 * Returns 0; -EEXIST when another flow holds the reply's key; another negative number when full. */
SUBPROGRAM int flow_open(const struct flow_key *key, bool half, __u32 hz)
{
	REQUIRE(key);
	struct halves *halves = scratch_get();
	struct flow_key other_key;
	int ret;

	if (!halves || (!half && flow_reserve(key, hz)))
		return -1;
	flow_other_key(key, &halves->flow, &other_key);
	flow_other(key, &halves->flow, &other_key, &halves->other);
	if (flow_has_nat(&halves->flow))
		flow_announce(&other_key);
	if (flow_is_other(key, &other_key))
		flow_delete(&other_key, &halves->other);
	ret = flow_claim(&other_key, &halves->other, half, hz);
	if (ret == -E2BIG && !half && !flow_reserve(key, hz)) /* it reclaimed some more */
		ret = flow_claim(&other_key, &halves->other, half, hz);
	if (ret)
		return ret;
	ret = half ? bpf_map_update_elem(&half_open, key, &halves->flow, BPF_NOEXIST) :
		     bpf_map_update_elem(&flows, key, &halves->flow, BPF_NOEXIST);
	if (ret) { /* -EEXIST: another CPU opened it first, and its halves stand */
		bpf_map_delete_elem(&flows, &other_key);
		bpf_map_delete_elem(&half_open, &other_key);
		return ret == -EEXIST ? 0 : ret;
	}
	flow_event(key, &halves->flow, EVENT_OPEN);
	return 0;
}

/* The first reply: both halves leave the half-open table. */
SUBPROGRAM int flow_promote(const struct flow_key *key, const struct flow *half, __u32 hz)
{
	REQUIRE(key && half);
	struct halves *halves = scratch_get();
	struct flow_key other_key;
	struct flow *held;

	if (!halves)
		return -1;
	halves->flow = *half;
	halves->flow.state = FLOW_ESTABLISHED;
	halves->flow.seen = now_ticks();
	flow_other_key(key, half, &other_key);
	flow_other(key, &halves->flow, &other_key, &halves->other);
	held = flow_find_half_open(&other_key);
	if (held)
		halves->other.bytes = held->bytes;
	if (flow_reserve(flow_is_forward(key) ? key : &other_key, hz) ||
	    bpf_map_update_elem(&flows, &other_key, &halves->other, BPF_ANY))
		return -1;
	if (bpf_map_update_elem(&flows, key, &halves->flow, BPF_ANY)) {
		bpf_map_delete_elem(&flows, &other_key);
		return -1;
	}
	bpf_map_delete_elem(&half_open, key);
	bpf_map_delete_elem(&half_open, &other_key);
	return 0;
}

/* Once a second per flow: keep the other half as young as this one, or make it anew. */
SUBPROGRAM int flow_touch(const struct flow_key *key, struct flow *flow)
{
	REQUIRE(key && flow);
	struct flow_key other_key;
	struct flow *held, other;

	flow->seen = now_ticks();
	flow_other_key(key, flow, &other_key);
	held = flow_find_any(&other_key);
	if (held) {
		held->seen = flow->seen;
		return 0;
	}
	flow_other(key, flow, &other_key, &other);
	if (flow_find(key))
		return bpf_map_update_elem(&flows, &other_key, &other, BPF_NOEXIST);
	return bpf_map_update_elem(&half_open, &other_key, &other, BPF_NOEXIST);
}

/* Set state and flags of both halves. */
SUBPROGRAM int flow_set_state(const struct flow_key *key, struct flow *flow, __u8 state, __u8 flags)
{
	REQUIRE(key && flow);
	bool closing = state == FLOW_CLOSING && flow->state != FLOW_CLOSING;
	struct flow_key other_key;
	struct flow *other;

	flow_other_key(key, flow, &other_key);
	other = flow_find_any(&other_key);
	flow->state = state;
	flow->flags = flags;
	if (other) {
		other->state = state;
		other->flags = flags;
	}
	if (closing)
		flow_event(key, flow, EVENT_CLOSE);
	return 0;
}

INLINE void flow_follow_tcp(const struct flow_key *key, struct flow *flow, __u8 tcp_flags)
{
	const __u8 both = FLOW_FIN_FORWARD | FLOW_FIN_REPLY;
	__u8 flags = flow->flags;
	__u8 state = flow->state;

	if (tcp_flags & TCP_FIN)
		flags |= flow_is_forward(key) ? FLOW_FIN_FORWARD : FLOW_FIN_REPLY;
	if (tcp_flags & TCP_RST || (flags & both) == both)
		state = FLOW_CLOSING;
	if (flags != flow->flags || state != flow->state)
		flow_set_state(key, flow, state, flags);
}

/* A packet of this half passed. */
INLINE void flow_seen(const struct flow_key *key, struct flow *flow, const struct packet *p,
		      __u32 hz)
{
	flow->bytes += p->length;
	if (unlikely(now_ticks() - flow->seen >= hz))
		flow_touch(key, flow);
	if (unlikely(p->tcp_flags & (TCP_FIN | TCP_RST)))
		flow_follow_tcp(key, flow, p->tcp_flags);
}

/* The half of a reply, with the flow established by it. NULL: no such flow, or no room for it
 * (*ret_full). */
INLINE struct flow *flow_find_reply(const struct flow_key *key, __u32 hz, bool *ret_full)
{
	struct flow *flow = flow_find(key);

	*ret_full = false;
	if (likely(flow)) {
		if (unlikely(flow->state == FLOW_OPENING))
			flow_set_state(key, flow, FLOW_ESTABLISHED, flow->flags);
		return flow;
	}
	flow = flow_find_half_open(key);
	if (!flow)
		return NULL;
	*ret_full = flow_promote(key, flow, hz) != 0;
	return *ret_full ? NULL : flow_find(key);
}

#endif
