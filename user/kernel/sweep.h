/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Deletes flows that have been idle for too long. */
#ifndef SWEEP_H
#define SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash_reader.h"
#include "parallax_abi.h"

/* Whether this entry of a flow pair has been idle for longer than its state allows. `now` and
 * `flow->seen` are the low 32 bits of jiffies. Pure. */
bool sweep_expired(const struct flow_key *key, const struct flow *flow, uint32_t now, uint32_t hz);

/* An entry that the sweep met; `deleted`: it was deleted now. */
typedef void sweep_visit(void *arg, const struct flow_key *key, const struct flow *flow, bool deleted);

/* A walk over one map of flows that deletes expired entries, in steps of a fraction of a millisecond;
 * a million flows take a second. The packet path does the same when it needs room, so it does not
 * depend on the sweep. */
struct sweep {
	struct hash_walk walk;
	uint32_t now, hz;
	sweep_visit *visit;
	void *arg;
	uint32_t left; /* result: entries that stay, so far */
};

/* Calls `visit`, or NULL, with each entry. Call sweep_done() in any case. Returns 0, -ENOMEM, or -EINVAL
 * when hz is 0. */
int sweep_start(struct sweep *sweep, int fd, uint32_t now, uint32_t hz, sweep_visit *visit, void *arg);
/* Returns 1 while there is more, 0 at the end, or -errno. */
int sweep_step(struct sweep *sweep);
/* Accepts a sweep that never started. */
void sweep_done(struct sweep *sweep);

#endif
