/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Moves flows from the maps of an older data plane into newer ones, while both process packets. */
#ifndef CARRY_FLOWS_H
#define CARRY_FLOWS_H

#include <stdint.h>

#include <linux/types.h>

#include "family_index.h"
#include "layout.h"
#include "rcu_sync.h"

struct flow_entry;

/* The two kinds of flow maps. */
enum { CARRY_FLOWS, CARRY_EMBRYONIC, CARRY_KINDS };

/* The way between the layouts of two flow maps. */
struct flow_ways {
	uint32_t *key, *value;         /* from the older one to ours */
	uint32_t *back;                /* of keys, from ours to the older one */
	uint32_t key_size, value_size; /* of the older one, bytes */
};

/* Returns 0, or the errors of layout_permute() with *ret_field. */
int flow_ways_open(const struct layout_map *older, const struct layout_map *ours,
		   struct flow_ways *ret, const char **ret_field);
void flow_ways_close(struct flow_ways *ways);

struct carry_flows {
	const struct flow_ways *ways;
	enum family_index family;
	int from[CARRY_KINDS], to[CARRY_KINDS];
	int reclaim, filters;   /* of the newer data plane */
	int owners;             /* if it is new, else -1: the count of an owner stays as it is */
	uint32_t carried, lost; /* entries */
	/* used by carry_flows() alone */
	__u64 *replies;
	struct owner *senders;
	uint32_t slots, visited;
	struct flow_entry *moved; /* in the newer map, and not yet deleted in the older one */
	size_t moved_count;
	struct rcu_sync sync;
};

/* Moves each flow: inserts both entries, which makes the newer programs responsible (bpf/handover.h), waits
 * until no older program works on them, and deletes the older ones. Entries for which the newer maps have no room are deleted in the end,
 * and counted as lost. Returns 0 or -errno; it can be called again. */
int carry_flows(struct carry_flows *carry);

/* Number of entries in a flow map, or -errno. */
int64_t carry_flows_count(int fd, const struct flow_ways *ways);

#endif
