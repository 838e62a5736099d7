/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opening flows: both entries are inserted, and conflicts on the key of replies are resolved. */
#ifndef FLOW_OPEN_H
#define FLOW_OPEN_H

#include "filter.h"
#include "flow_room.h"
#include "older.h"

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
 * before it was established, or, at a gateway, is closed and the backend has forgotten it. Where
 * nothing else is left, so does an exchange by UDP that is over. */
INLINE bool gives_way(const struct flow_pair *pair, const struct flow *holder, bool is_embryonic,
		      bool resting)
{
	const struct flow_key *key = &pair->other_key;
	__s32 idle = now_ticks() - holder->seen;

	if (flow_expired(key, holder))
		return true;
	if (holder->state != FLOW_CLOSING)
		return resting && !is_embryonic && is_exchange(key, holder) &&
		       idle >= (__s32)(TIMEOUT_CROWDED_UDP * settings.hz);
	if (is_embryonic)
		return true;
	if (!flow_is_foreign(key->zone) || idle < (__s32)(TIMEOUT_CLOSED * settings.hz))
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
	own = holder && is_pair_of(&pair->key, &pair->other_key, holder);
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
	filter_add(filters.replies, reply_bit(&reply->saddr, reply->sport));
}

/* Make scratch's other entry of its flow, and announce it. */
SUBPROGRAM int pair_other(void)
{
	struct flow_pair *pair = scratch_get();

	if (!pair)
		return -ENOSPC;
	flow_other(&pair->key, &pair->flow, &pair->other_key, &pair->other);
	if (flow_has_nat(&pair->flow))
		announce_reply(&pair->other_key);
	return 0;
}

/* Continue with an existing flow, to which this packet belongs. */
INLINE int adopt_existing(struct flow *existing, struct flow *flow)
{
	existing->bytes += flow->bytes;
	existing->packets += flow->packets;
	*flow = *existing;
	return 0;
}

/* Another CPU opened the flow first: keep its entries, delete our reply entry unless it is
 * theirs. */
SUBPROGRAM int lost_race(void)
{
	struct flow_pair *pair = scratch_get();
	struct flow *existing = pair ? flow_find_any(&pair->key) : NULL;

	if (!pair || !existing)
		return -ENOSPC;
	flow_other_key(&pair->key, existing, &pair->held);
	if (!flow_key_equal(&pair->held, &pair->other_key)) {
		entry_delete(&pair->other_key, false);
		entry_delete(&pair->other_key, true);
	}
	return adopt_existing(existing, &pair->flow);
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
	pair_other();
	err = flow_claim(pair, resting);
	if (err && err != -EALREADY)
		return err;
	if (!err)
		err = embryonic_insert(false);
	if (err == -EEXIST || err == -EALREADY)
		return lost_race();
	if (err)
		entry_delete(&pair->other_key, true);
	else
		flow_event(&pair->key, &pair->flow, EVENT_OPEN);
	return err;
}

#endif
