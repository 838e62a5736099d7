/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* "Did you mean": the known name nearest to a misspelt word. */
#ifndef SUGGEST_H
#define SUGGEST_H

struct suggestion {
	const char *word;      /* the misspelt word */
	const char *name;      /* nearest name offered so far; NULL while none is near */
	unsigned int distance; /* edits between the two */
};

/* Takes `name`, which is borrowed, if it is nearer than all before it. Near are names within one
 * edit for every three letters of the shorter of the two, and two edits at most. An edit inserts,
 * removes or replaces a letter, or swaps two neighbours; upper and lower case are the same. */
void suggest_offer(struct suggestion *suggestion, const char *name);

#endif
