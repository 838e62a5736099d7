/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All maps. Sizes are defaults; the agent sets them from `limits` before load. */
#ifndef MAPS_H
#define MAPS_H

#include "verdict.h"

/* VIP:port/protocol -> row of services. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct vip_key);
	__type(value, __u32);
	__uint(max_entries, 2 * DEFAULT_SERVICES);
} vips SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct service);
	__uint(max_entries, DEFAULT_SERVICES);
} services SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct backend);
	__uint(max_entries, DEFAULT_BACKENDS);
} backends SEC(".maps");

/* The slot arena: all tables (parallax_table.h), a bucket to an element. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct bucket);
	__uint(max_entries, DEFAULT_SLOTS / BUCKET_SLOTS);
} slots SEC(".maps");

/* Drop overloads by row of services; read only when one refuses a connection. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct drops);
	__uint(max_entries, DEFAULT_SERVICES);
} drops SEC(".maps");

/* Service id -> row of services, for tunnel packets. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct service_id_key);
	__type(value, __u32);
	__uint(max_entries, DEFAULT_SERVICES);
} service_ids SEC(".maps");

/* Entries of flows that are established or hold a rewritten port. Not an LRU: their contents cannot
 * be recomputed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct flow_key);
	__type(value, struct flow);
	__uint(max_entries, DEFAULT_FLOWS);
} flows SEC(".maps");

/* Entries of embryonic flows, without a reply yet: a flood can evict nothing else. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct flow_key);
	__type(value, struct flow);
	__uint(max_entries, DEFAULT_FLOWS / EMBRYONIC_FRACTION);
} embryonic SEC(".maps");

/* Forward keys of all flows in `flows`, a slot to each; see flow_reserve(). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct flow_key);
	__uint(max_entries, 2 * DEFAULT_FLOWS);
} reclaim SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 1);
} reclaim_clock SEC(".maps");

/* Flow events for the access log; written only until settings.follow_until. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, EVENT_RING_BYTES);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, struct network);
	__uint(max_entries, MAX_NETWORKS);
} networks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct gateway_key);
	__type(value, struct gateway);
	__uint(max_entries, MAX_GATEWAYS);
} gateways SEC(".maps");

/* Source ranges that may enter our gateway. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct allowed_key);
	__type(value, __u32);
	__uint(max_entries, MAX_ALLOWED);
} allowed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, struct iface);
	__uint(max_entries, MAX_IFACES);
} ifaces SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct next_hop);
	__uint(max_entries, NEXT_HOP_SLOTS);
} next_hops SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct filters);
	__uint(max_entries, 1);
} filters SEC(".maps");

/* Texts for display; no program reads them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct name_key);
	__type(value, struct name);
	__uint(max_entries, MAX_NAMES);
} names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct settings);
	__uint(max_entries, 1);
} settings SEC(".maps");

/* The agent's status, for the command line; takes memory only for what stands in it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct status_key);
	__type(value, struct status_part);
	__uint(max_entries, 65536);
} status SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct cpu); /* struct packet */
	__uint(max_entries, 1);
} counters SEC(".maps");

/* RST and ICMP replies generated in the current second. */
struct limit {
	__u32 second; /* jiffies at its start */
	__u32 replies;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct limit);
	__uint(max_entries, 1);
} limiter SEC(".maps");

/* The flow that is being opened or promoted: both entries are too large for the stack beside the
 * frames of the callers. Programs of one CPU do not interrupt one another: all run with softirqs
 * disabled. */
struct flow_pair {
	struct flow_key key, other_key;
	struct flow flow, other;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct flow_pair);
	__uint(max_entries, 1);
} scratch SEC(".maps");

INLINE struct flow_pair *scratch_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratch, &zero);
}

INLINE const struct settings *settings_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&settings, &zero);
}

#endif
