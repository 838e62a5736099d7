/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Follows a ring of events: asks the packet path to record them, and reads the records. */
#ifndef EVENT_RING_H
#define EVENT_RING_H

#include "parallax_abi.h"

struct event_ring;

enum event_ring_kind {
	EVENT_RING_FLOWS, /* `events`, records struct flow_event */
	EVENT_RING_DROPS, /* `drop_events`, records struct drop_event */
};

/* Called with each record; non-zero stops event_ring_poll() and is returned by it. */
typedef int (*event_ring_visit)(void *arg, const void *record);

/* Takes the lease on the ring. A field of `settings` is both the time until which the packet path
 * records and the lease of the only follower, taken and renewed by compare-and-swap, so that a dead
 * follower blocks the next one no longer than its lease. May wait that long. Earlier records are
 * dropped. Returns 0; -EBUSY when another follower is active; -ENOENT when nothing is pinned; or
 * another -errno. */
int event_ring_open(const char *pin_dir, enum event_ring_kind kind, event_ring_visit visit,
		    void *arg, struct event_ring **ret);

/* Waits up to `timeout_ms` for records, renews the lease and visits. Returns 0, -EBUSY when the
 * lease was lost, -ESTALE when another map or none is pinned there, what `visit` returned, or another -errno. */
int event_ring_poll(struct event_ring *ring, int timeout_ms);

/* Releases the lease. Accepts NULL. */
void event_ring_close(struct event_ring *ring);

#endif
