/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counting reasons per hook, and the verdict that follows from one. */
#ifndef COUNT_H
#define COUNT_H

#include "maps.h"
#include "network_drops.h"

INLINE void count(struct packet *p, enum reason reason)
{
	__u64 index = COUNTER(p->hook, reason);

	/* Else clang combines the index with what led to the reason, and Linux 6.1 loses its
	 * bounds. */
	__asm__ volatile("" : "+r"(index));
	if (index >= HOOK_COUNT * REASON_COUNT)
		return;
	p->counters[index].packets++;
	p->counters[index].bytes += p->length;
}

/* The reasons behind which a packet has addresses, but no ports that could be read. */
INLINE bool has_ports(const struct packet *p, enum reason reason)
{
	return (p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP) && reason != REASON_FRAGMENT &&
	       reason != REASON_BAD_HEADER && reason != REASON_TRUNCATED;
}

INLINE void drop_event_fill(struct drop_event *event, const struct packet *p, enum reason reason)
{
	__builtin_memset(event, 0, sizeof(*event));
	event->at_ns = bpf_ktime_get_ns();
	event->hook = p->hook;
	event->reason = reason;
	event->proto = p->proto;
	event->length = p->length;
	if (p->proto) {
		event->key.saddr = p->key.saddr;
		event->key.daddr = p->key.daddr;
	}
	if (has_ports(p, reason)) {
		event->key.sport = p->key.sport;
		event->key.dport = p->key.dport;
		event->tcp_flags = p->tcp_flags;
	}
	if (p->hook == HOOK_UPLINK && p->outer.family) {
		event->outer_saddr = p->outer.saddr;
		event->outer_daddr = p->outer.daddr;
		event->vni = p->outer.vni;
	}
}

/* Record a dropped packet for `flows --drops`, as often as a second allows. */
INLINE void drop_event(const struct packet *p, enum reason reason)
{
	struct limit *limit = limit_take(LIMIT_DROP_EVENTS);
	struct drop_event *event = NULL;

	if (!limit || bpf_ktime_get_ns() >= settings.drops_until)
		return;
	if (limit->taken <= DROP_EVENTS_PER_SECOND)
		event = bpf_ringbuf_reserve(&drop_events, sizeof(*event), 0);
	if (!event) {
		limit->missed++;
		return;
	}
	drop_event_fill(event, p, reason);
	event->missed = limit->missed;
	limit->missed = 0;
	bpf_ringbuf_submit(event, 0);
}

/* The end of every packet that is not forwarded: dropped, or refused by an answer to its sender,
 * whose verdict then replaces this one. */
SUBPROGRAM enum verdict drop(struct packet *p, enum reason reason)
{
	REQUIRE(p, VERDICT_DROP);
	count(p, reason);
	count_network_drop(p, reason);
	if (unlikely(settings.drops_until))
		drop_event(p, reason);
	return VERDICT_DROP;
}

/* Count a packet as forwarded, unless the last step dropped it and counted that. */
INLINE enum verdict forwarded(struct packet *p, enum reason reason, enum verdict verdict)
{
	if (verdict != VERDICT_DROP)
		count(p, reason);
	return verdict;
}

INLINE enum verdict pass(struct packet *p, enum reason reason)
{
	count(p, reason);
	return VERDICT_NEXT;
}

#endif
