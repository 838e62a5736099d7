/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Deletes flows that have been idle for too long. */
#ifndef SWEEP_H
#define SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash_reader.h"
#include "parallax_abi.h"

/* Whether nothing was seen of this half for as long as its state allows. `now` and `flow->seen` are
 * the low 32 bits of jiffies. Pure. */
bool sweep_expired(const struct flow_key *key, const struct flow *flow, uint32_t now, uint32_t hz);

/* A walk over one map of flows that deletes expired halves, in steps of a fraction of a millisecond:
 * a million flows take a second. The packet path does the same where it needs room, so that nothing
 * depends on it. */
struct sweep {
	struct hash_walk walk;
	uint32_t now, hz;
	uint32_t left;            /* result: halves that stay, so far */
	struct flow_key *expired; /* of this step: a batch does not bear deletions under it */
	size_t expired_count, expired_room;
};

/* Returns 0, -ENOMEM, or -EINVAL when hz is 0; the sweep is to be freed in any case. */
int sweep_start(struct sweep *sweep, int fd, uint32_t now, uint32_t hz);
/* Returns 1 when there is more to come, 0 at the end, or -errno. */
int sweep_step(struct sweep *sweep);
/* Accepts a sweep that never started. */
void sweep_done(struct sweep *sweep);

#endif
