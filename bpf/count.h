/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counting reasons per hook, and the verdict that follows from one. */
#ifndef COUNT_H
#define COUNT_H

#include "maps.h"
#include "parse.h"

INLINE void count(enum hook hook, enum reason reason, __u32 bytes)
{
	__u32 index = COUNTER(hook, reason);
	struct counter *counter = bpf_map_lookup_elem(&counters, &index);

	if (counter) {
		counter->packets++;
		counter->bytes += bytes;
	}
}

INLINE enum verdict drop(const struct packet *p, enum reason reason)
{
	count(p->hook, reason, p->length);
	return VERDICT_DROP;
}

/* Count a packet as forwarded, unless the last step dropped it and counted that. */
INLINE enum verdict forwarded(const struct packet *p, enum reason reason, enum verdict verdict)
{
	if (verdict != VERDICT_DROP)
		count(p->hook, reason, p->length);
	return verdict;
}

INLINE enum verdict pass(const struct packet *p, enum reason reason)
{
	count(p->hook, reason, p->length);
	return VERDICT_NEXT;
}

#endif
