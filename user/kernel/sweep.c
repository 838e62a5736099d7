/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Deletes flows that have been idle for too long, and those of pods that are gone. */
#include "sweep.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <bpf/bpf.h>

#include "flow_form.h"
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

/* An entry as the map holds it, and in the wide form. */
struct entry {
	const void *raw_key;
	struct flow_key key;
	struct flow flow;
};

static bool is_expired(const struct sweep *sweep, const struct entry *entry)
{
	return sweep_expired(&entry->key, &entry->flow, sweep->options.now, sweep->options.hz);
}

/* A packet may have come since the flow was read. */
static bool still_expired(const struct sweep *sweep, struct entry *entry)
{
	uint64_t raw[FLOW_MAX / 8];

	if (bpf_map_lookup_elem(sweep->walk.fd, entry->raw_key, raw))
		return false;
	flow_form(sweep->options.family)->widen_flow(raw, &entry->flow);
	return is_expired(sweep, entry);
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

/* The interface that the flow began at was deleted, and another one has its number. */
static bool was_gone(const struct sweep_gone *gone, const struct flow *flow)
{
	for (uint32_t i = 0; gone && i < gone->count && i < SWEEP_GONE; i++)
		if (gone->items[i].ifindex == flow->iface &&
		    (int32_t)(gone->items[i].at - flow->opened) > 0)
			return true;
	return false;
}

/* The flow of a pod whose interface was deleted: nobody can send its packets. */
static bool is_orphan(struct sweep *sweep, const struct entry *entry)
{
	return FLOW_ROLE(entry->key.zone) == FLOW_CLIENT && entry->flow.iface &&
	       (link_is_gone(sweep, entry->flow.iface) ||
		was_gone(sweep->options.gone, &entry->flow));
}

static bool delete(struct sweep *sweep, const struct entry *entry)
{
	struct owner *owners = sweep->owners.memory, *owner;

	if (bpf_map_delete_elem(sweep->walk.fd, entry->raw_key))
		return false;
	if (!owners || !flow_is_forward(&entry->key) ||
	    (!sweep->options.embryonic && entry->flow.state == FLOW_CLOSING))
		return true;
	owner = &owners[flow_owner(&entry->key, &entry->flow)];
	__atomic_fetch_sub(sweep->options.embryonic ? &owner->embryonic : &owner->flows, 1,
			   __ATOMIC_RELAXED);
	return true;
}

static void delete_other(const struct sweep *sweep, const struct entry *entry)
{
	uint64_t raw[FLOW_KEY_MAX / 8];
	struct flow_key other;

	flow_other_key(&entry->key, &entry->flow, &other);
	flow_form(sweep->options.family)->narrow_key(&other, raw);
	bpf_map_delete_elem(sweep->walk.fd, raw);
}

static int visit(void *arg, const void *key, const void *value)
{
	struct sweep *sweep = arg;
	const struct flow_form *form = flow_form(sweep->options.family);
	struct entry entry = { .raw_key = key };
	bool orphan, deleted;

	form->widen_key(key, &entry.key);
	form->widen_flow(value, &entry.flow);
	orphan = is_orphan(sweep, &entry);
	deleted = (orphan || (is_expired(sweep, &entry) && still_expired(sweep, &entry))) &&
		  delete (sweep, &entry);
	if (orphan)
		delete_other(sweep, &entry);
	sweep->left += !deleted;
	if (sweep->options.visit)
		sweep->options.visit(sweep->options.arg, &entry.key, &entry.flow, deleted);
	return 0;
}

int sweep_start(struct sweep *sweep, const struct sweep_options *options)
{
	int err = options->hz ? 0 : -EINVAL;

	*sweep = (struct sweep){ .options = *options };
	if (options->fd < 0)
		return 0;
	if (!err && options->owners >= 0)
		err = pins_mmap(options->owners, true, &sweep->owners);
	return err ? err :
		     hash_walk_start(&sweep->walk, options->fd,
				     flow_form(options->family)->key_size,
				     flow_form(options->family)->flow_size);
}

int sweep_step(struct sweep *sweep)
{
	return sweep->options.fd < 0 ? 0 : hash_walk_step(&sweep->walk, visit, sweep);
}

void sweep_done(struct sweep *sweep)
{
	hash_walk_done(&sweep->walk);
	pins_unmap(&sweep->owners);
	*sweep = (struct sweep){};
}
