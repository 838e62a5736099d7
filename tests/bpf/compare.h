/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Comparing the result of a step with its row; a difference is printed and returned as false. */
#ifndef COMPARE_H
#define COMPARE_H

#include "run.h"

/* Print why a row fails; returns false. */
bool fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The frame `got` with `want`; ports that were not bound yet are read from it. */
bool compare_frame(const struct pkt *want, struct port_values *ports, struct frame *got);

/* IP bytes of the packet the flow carries, which belong in the counter. */
uint32_t counted_bytes(const struct step *step, const struct frame *frame);

bool compare_counts(const struct step *step, const struct counts *before,
		    const struct counts *after, uint32_t ip_bytes);
bool compare_tables(struct world *world, const struct step *step);

/* Whether the element of `usage` is `want`; one that is missing is nothing. */
bool usage_is(struct world *world, const struct usage_key *key, struct usage want);

#endif
