/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Deletes flows that have been idle for too long, and those of pods that are gone. */
#ifndef SWEEP_H
#define SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "family_index.h"
#include "hash_reader.h"
#include "parallax_abi.h"
#include "pins.h"

/* Whether this entry of a flow pair has been idle for longer than its state allows. `now` and
 * `flow->seen` are the low 32 bits of jiffies. Pure. */
bool sweep_expired(const struct flow_key *key, const struct flow *flow, uint32_t now, uint32_t hz);

/* An entry that the sweep met; `deleted`: it was deleted now. */
typedef void sweep_visit(void *arg, const struct flow_key *key, const struct flow *flow, bool deleted);

/* Interfaces that were deleted: another one may have the number since. */
#define SWEEP_GONE 64

struct sweep_gone {
	uint32_t count; /* of all so far; the last ones are in `items` */
	struct {
		uint32_t ifindex, at; /* jiffies */
	} items[SWEEP_GONE];
};

struct sweep_options {
	int fd, owners;           /* a map of flows, or -1: there are none; `owners`, or -1 */
	enum family_index family; /* of the flows */
	bool embryonic; /* which of the two maps it is */
	uint32_t now, hz;
	const struct sweep_gone *gone; /* or NULL */
	sweep_visit *visit; /* called with each entry; or NULL */
	void *arg;
};

#define SWEEP_LINKS 64 /* power of two */

/* A walk over one map of flows that deletes expired entries, in steps of a fraction of a millisecond;
 * a million flows take a second. The packet path does the same when it needs room, so it does not
 * depend on the sweep. */
struct sweep {
	struct sweep_options options;
	struct hash_walk walk;
	struct pin_array owners;
	struct {
		uint32_t ifindex;
		bool gone;
	} links[SWEEP_LINKS]; /* looked up last */
	uint32_t left; /* result: entries that stay, so far */
};

/* Call sweep_done() in any case. Returns 0, -EINVAL when hz is 0, or another -errno. */
int sweep_start(struct sweep *sweep, const struct sweep_options *options);
/* Returns 1 while there is more, 0 at the end, or -errno. */
int sweep_step(struct sweep *sweep);
/* Accepts a sweep that never started. */
void sweep_done(struct sweep *sweep);

#endif
