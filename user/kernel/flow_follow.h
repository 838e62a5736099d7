/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Follows the ring `events`: asks the packet path to record flows, and reads the records. */
#ifndef FLOW_FOLLOW_H
#define FLOW_FOLLOW_H

#include "parallax_abi.h"

struct flow_follow;

/* Called with each event; non-zero stops flow_follow_poll() and is returned by it. */
typedef int (*flow_follow_visit)(void *arg, const struct flow_event *event);

/* Takes the lease on the ring. settings.follow_until is both the time until which the packet path
 * records and the lease of the only follower, taken and renewed by compare-and-swap, so that a dead
 * follower blocks the next one no longer than its lease. May wait that long. Earlier events are
 * dropped. Returns 0; -EBUSY when another follower is active; -ENOENT when nothing is pinned; or
 * another -errno. */
int flow_follow_open(const char *pin_dir, flow_follow_visit visit, void *arg,
		     struct flow_follow **ret);

/* Waits up to `timeout_ms` for events, renews the lease and visits. Returns 0, -EBUSY when the
 * lease was lost, what `visit` returned, or another -errno. */
int flow_follow_poll(struct flow_follow *follow, int timeout_ms);

/* Releases the lease. Accepts NULL. */
void flow_follow_close(struct flow_follow *follow);

#endif
