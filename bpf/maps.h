/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All maps. Sizes are defaults; the agent sets them from `limits` before load. */
#ifndef MAPS_H
#define MAPS_H

#include "verdict.h"

/* A map: name, BPF_MAP_TYPE_*, flags, types of key and value, greatest number of elements. */
#define MAP(name, kind, flags, key_type, value_type, entries)                                      \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_##kind);                                                 \
		__uint(map_flags, flags);                                                          \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
		__uint(max_entries, entries);                                                      \
	} name SEC(".maps")

/* VIP:port/protocol -> row of services. */
MAP(vips, HASH, 0, struct vip_key, __u32, 2 * DEFAULT_SERVICES);

MAP(services, ARRAY, BPF_F_MMAPABLE, __u32, struct service, DEFAULT_SERVICES);
MAP(backends, ARRAY, BPF_F_MMAPABLE, __u32, struct backend, DEFAULT_BACKENDS);

/* The slot arena: all tables (parallax_table.h), a bucket to an element. */
MAP(slots, ARRAY, BPF_F_MMAPABLE, __u32, struct bucket, DEFAULT_SLOTS / BUCKET_SLOTS);

/* Drop overloads by row of services; read only when one refuses a connection. */
MAP(drops, ARRAY, BPF_F_MMAPABLE, __u32, struct drops, DEFAULT_SERVICES);

/* Service id -> row of services, for tunnel packets. */
MAP(service_ids, HASH, 0, struct service_id_key, __u32, DEFAULT_SERVICES);

/* Endpoint id -> row of backends, of a gateway of mode forward; takes memory only for its entries. */
MAP(endpoints, HASH, BPF_F_NO_PREALLOC, struct endpoint_key, __u32, DEFAULT_BACKENDS);

/* Entries of established flows. Not an LRU: their contents cannot be recomputed. */
MAP(flows, HASH, 0, struct flow_key, struct flow, DEFAULT_FLOWS);

/* Entries of embryonic flows, which one end has not confirmed yet: a flood can displace nothing
 * else, and displaces the flows of its sender first, see embryonic_reserve(). */
MAP(embryonic, HASH, 0, struct flow_key, struct flow, DEFAULT_FLOWS / EMBRYONIC_FRACTION);

/* Forward keys of all flows in `flows`, a slot to each; see flow_reserve(). */
MAP(reclaim, ARRAY, 0, __u32, struct flow_key, 2 * DEFAULT_FLOWS);

/* The same for `embryonic`. */
MAP(reclaim_embryonic, ARRAY, 0, __u32, struct flow_key, 2 * DEFAULT_FLOWS / EMBRYONIC_FRACTION);

/* Where the next search begins in `reclaim` and in `reclaim_embryonic`. */
MAP(reclaim_clock, ARRAY, 0, __u32, __u32, 2);

/* The senders of flows, by owner_row(). */
MAP(owners, ARRAY, BPF_F_MMAPABLE, __u32, struct owner, OWNER_ROWS);

/* Flow events for the access log; written only until settings.follow_until. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, EVENT_RING_BYTES);
} events SEC(".maps");

/* Dropped packets; written only until settings.drops_until. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, DROP_RING_BYTES);
} drop_events SEC(".maps");

MAP(networks, HASH, 0, __u32, struct network, MAX_NETWORKS);
MAP(gateways, HASH, 0, struct gateway_key, struct gateway, MAX_GATEWAYS);

/* Outer addresses whose path has a smaller MTU than the uplink; an LRU, for routers tell it again. */
MAP(paths, LRU_HASH, 0, struct ip_addr, struct path, MAX_PATHS);

/* Source ranges that may enter our gateway. */
MAP(allowed, LPM_TRIE, BPF_F_NO_PREALLOC, struct allowed_key, __u32, MAX_ALLOWED);

MAP(ifaces, HASH, 0, __u32, struct iface, MAX_IFACES);

MAP(next_hops, PERCPU_ARRAY, 0, __u32, struct next_hop, NEXT_HOP_SLOTS);

/* Texts for display; no program reads them. */
MAP(names, HASH, BPF_F_NO_PREALLOC, struct name_key, struct name, MAX_NAMES);

/* Connections, bytes and packets of flows that ended; takes memory only for its entries. */
MAP(usage, HASH, BPF_F_NO_PREALLOC, struct usage_key, struct usage, MAX_USAGE);

/* Packets dropped between networks; takes memory only for its entries. */
MAP(network_drops, HASH, BPF_F_NO_PREALLOC, struct network_drop_key, __u64, MAX_NETWORK_DROPS);

/* Maps of one element, read without a look-up; the agent pins them by the names of the variables. */
struct settings settings SEC(".data.settings") = {};
struct filters filters SEC(".data.filters") = {};

/* The agent's status, for the command line; takes memory only for its entries. */
MAP(status, HASH, BPF_F_NO_PREALLOC, struct status_key, struct status_part, 65536);

/* Layouts of these maps; no program reads it. */
MAP(layout, ARRAY, 0, __u32, struct layout_text, 1);

/* The packet in progress and the counters: struct packet. */
MAP(counters, PERCPU_ARRAY, 0, __u32, struct cpu, 1);

enum limit_index { LIMIT_DROP_EVENTS, LIMIT_COUNT };

/* Records generated in the current second. */
struct limit {
	__u32 second; /* jiffies at its start */
	__u32 taken;
	__u32 missed; /* drop events since the last one that was written */
};

MAP(limiter, PERCPU_ARRAY, 0, __u32, struct limit, LIMIT_COUNT);

/* Counts one more in this second; the caller compares limit->taken. */
INLINE struct limit *limit_take(__u32 index)
{
	struct limit *limit = bpf_map_lookup_elem(&limiter, &index);
	__u32 now = now_ticks();

	if (!limit)
		return NULL;
	if (now - limit->second >= settings.hz) {
		limit->second = now;
		limit->taken = 0;
	}
	limit->taken++;
	return limit;
}

#define CHECK_BYTES 512 /* that bpf_csum_diff() takes at once */

/* The flow that is being opened or promoted: both entries are too large for the stack beside the
 * frames of the callers. Programs of one CPU do not interrupt one another: all run with softirqs
 * disabled. */
struct flow_pair {
	struct flow_key key, other_key;
	struct flow flow, other;
	/* Of a flow that ends meanwhile: see flow_delete() and usage.h. */
	struct flow_key gone, other_gone;
	struct flow_key held;    /* of a slot that is looked at, see flow_room.h */
	__u8 bytes[CHECK_BYTES]; /* see check.h */
	struct usage_key ended;
	struct usage add;
};

MAP(scratch, PERCPU_ARRAY, 0, __u32, struct flow_pair, 1);

INLINE struct flow_pair *scratch_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratch, &zero);
}

#endif
