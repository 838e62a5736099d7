/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Deletes flows that have been idle for too long, and those of pods that are gone. */
#include "sweep.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <bpf/bpf.h>

#include "hash_reader.h"
#include "parallax_flow.h"

bool sweep_expired(const struct flow_key *key, const struct flow *flow, uint32_t now, uint32_t hz)
{
	uint32_t idle = now - flow->seen;

	/* A packet came after `now` was read. */
	if (idle > UINT32_MAX / 2)
		return false;
	return idle / hz > flow_timeout(key, flow);
}

/* A packet may have come since the flow was read. */
static bool still_expired(const struct sweep *sweep, const struct flow_key *key, struct flow *flow)
{
	return !bpf_map_lookup_elem(sweep->walk.fd, key, flow) &&
	       sweep_expired(key, flow, sweep->options.now, sweep->options.hz);
}

static bool link_is_gone(struct sweep *sweep, uint32_t ifindex)
{
	typeof(&sweep->links[0]) link = &sweep->links[ifindex % SWEEP_LINKS];
	char name[IF_NAMESIZE];

	if (link->ifindex != ifindex) {
		link->ifindex = ifindex;
		link->gone = !if_indextoname(ifindex, name) && errno == ENXIO;
	}
	return link->gone;
}

/* The flow of a pod whose interface was deleted: nobody can send its packets. */
static bool is_orphan(struct sweep *sweep, const struct flow_key *key, const struct flow *flow)
{
	return FLOW_ROLE(key->zone) == FLOW_CLIENT && flow->iface &&
	       link_is_gone(sweep, flow->iface);
}

static bool delete(struct sweep *sweep, const struct flow_key *key, const struct flow *flow)
{
	struct owner *owners = sweep->owners.memory, *owner;

	if (bpf_map_delete_elem(sweep->walk.fd, key))
		return false;
	if (!owners || !flow_is_forward(key) ||
	    (!sweep->options.embryonic && flow->state == FLOW_CLOSING))
		return true;
	owner = &owners[flow_owner(key, flow)];
	__atomic_fetch_sub(sweep->options.embryonic ? &owner->embryonic : &owner->flows, 1,
			   __ATOMIC_RELAXED);
	return true;
}

static int visit(void *arg, const void *key, const void *value)
{
	struct sweep *sweep = arg;
	struct flow_key copy, other;
	bool orphan, deleted;
	struct flow flow;

	memcpy(&copy, key, sizeof(copy));
	memcpy(&flow, value, sizeof(flow));
	orphan = is_orphan(sweep, &copy, &flow);
	deleted = (orphan || (sweep_expired(&copy, &flow, sweep->options.now, sweep->options.hz) &&
			      still_expired(sweep, &copy, &flow))) &&
		  delete (sweep, &copy, &flow);
	if (orphan) {
		flow_other_key(&copy, &flow, &other);
		bpf_map_delete_elem(sweep->walk.fd, &other);
	}
	sweep->left += !deleted;
	if (sweep->options.visit)
		sweep->options.visit(sweep->options.arg, &copy, &flow, deleted);
	return 0;
}

int sweep_start(struct sweep *sweep, const struct sweep_options *options)
{
	int err = options->hz ? 0 : -EINVAL;

	*sweep = (struct sweep){ .options = *options };
	if (!err && options->owners >= 0)
		err = pins_mmap(options->owners, true, &sweep->owners);
	return err ? err :
		     hash_walk_start(&sweep->walk, options->fd, sizeof(struct flow_key),
				     sizeof(struct flow));
}

int sweep_step(struct sweep *sweep)
{
	return hash_walk_step(&sweep->walk, visit, sweep);
}

void sweep_done(struct sweep *sweep)
{
	hash_walk_done(&sweep->walk);
	pins_unmap(&sweep->owners);
	*sweep = (struct sweep){};
}
