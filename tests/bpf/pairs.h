/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of reasons and hooks against all that the rows counted. */
#ifndef PAIRS_H
#define PAIRS_H

#include "world.h"

/* After each row: remember the counters that are not zero. */
void pairs_note(struct world *world);
/* After all rows: whether they agree with parallax_reasons.h. Prints each pair that does not. */
bool pairs_check(void);

#endif
