/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Deletes flows that have been idle for too long. */
#include "sweep.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "hash_reader.h"
#include "parallax_timeout.h"

bool sweep_expired(const struct flow_key *key, const struct flow *flow, uint32_t now, uint32_t hz)
{
	uint32_t idle = now - flow->seen;

	/* A packet came after `now` was read. */
	if (idle > UINT32_MAX / 2)
		return false;
	return idle / hz > flow_timeout(key, flow);
}

/* A packet may have come since the flow was read, which is read again. */
static bool still_expired(const struct sweep *sweep, const struct flow_key *key, struct flow *flow)
{
	return !bpf_map_lookup_elem(sweep->walk.fd, key, flow) &&
	       sweep_expired(key, flow, sweep->now, sweep->hz);
}

static int visit(void *arg, const void *key, const void *value)
{
	struct sweep *sweep = arg;
	struct flow_key copy;
	struct flow flow;
	bool deleted;

	memcpy(&copy, key, sizeof(copy));
	memcpy(&flow, value, sizeof(flow));
	deleted = sweep_expired(&copy, &flow, sweep->now, sweep->hz) &&
		  still_expired(sweep, &copy, &flow) &&
		  !bpf_map_delete_elem(sweep->walk.fd, &copy);
	sweep->left += !deleted;
	if (sweep->visit)
		sweep->visit(sweep->arg, &copy, &flow, deleted);
	return 0;
}

int sweep_start(struct sweep *sweep, int fd, uint32_t now, uint32_t hz, sweep_visit *visit_entry, void *arg)
{
	*sweep = (struct sweep){ .now = now, .hz = hz, .visit = visit_entry, .arg = arg };
	if (!hz)
		return -EINVAL;
	return hash_walk_start(&sweep->walk, fd, sizeof(struct flow_key), sizeof(struct flow));
}

int sweep_step(struct sweep *sweep)
{
	return hash_walk_step(&sweep->walk, visit, sweep);
}

void sweep_done(struct sweep *sweep)
{
	hash_walk_done(&sweep->walk);
	*sweep = (struct sweep){};
}
