/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The flow maps of an older data plane, while the agent carries their flows over (handover.h). */
#ifndef OLDER_H
#define OLDER_H

#include "maps.h"

#define OLDER_KEY_MAX 64

/* A slot for a flow map of any layout, empty but during a handover. */
#define OLDER_MAP(name, kind)                                                                      \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                                          \
		__uint(max_entries, 1);                                                            \
		__type(key, __u32);                                                                \
		__array(                                                                           \
			values, struct {                                                           \
				__uint(type, BPF_MAP_TYPE_##kind);                                 \
				__type(key, struct flow_key);                                      \
				__type(value, struct flow);                                        \
				__uint(max_entries, 1);                                            \
			});                                                                        \
	} name SEC(".maps")

OLDER_MAP(older_flows, HASH);
OLDER_MAP(older_embryonic, HASH);

/* Byte i of a key there is byte older_key[i] of ours; bytes from sizeof(struct flow_key) on are
 * zero. Set before load. */
const volatile __u32 older_key_bytes = sizeof(struct flow_key);
const volatile __u8 older_key[OLDER_KEY_MAX] = {};

struct older_key {
	__u8 ours[256], theirs[OLDER_KEY_MAX];
};

MAP(older_keys, PERCPU_ARRAY, 0, __u32, struct older_key, 1);

/* True if an older flow that is not carried over yet has this key. */
SUBPROGRAM int older_holds(const struct flow_key *key)
{
	REQUIRE(key, 0);
	__u32 zero = 0;
	void *older = bpf_map_lookup_elem(&older_flows, &zero);
	struct older_key *copy;

	if (likely(!older))
		return 0;
	copy = bpf_map_lookup_elem(&older_keys, &zero);
	if (!copy)
		return 0;
	*(struct flow_key *)copy->ours = *key;
	for (__u32 i = 0; i < OLDER_KEY_MAX; i++)
		if (i < older_key_bytes)
			copy->theirs[i] = copy->ours[older_key[i]];
	if (bpf_map_lookup_elem(older, copy->theirs))
		return 1;
	older = bpf_map_lookup_elem(&older_embryonic, &zero);
	return older && bpf_map_lookup_elem(older, copy->theirs);
}

#endif
