/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counting reasons per hook, and the verdict that follows from one. */
#ifndef COUNT_H
#define COUNT_H

#include "maps.h"
#include "parse.h"

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

INLINE enum verdict drop(struct packet *p, enum reason reason)
{
	count(p, reason);
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
