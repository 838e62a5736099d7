/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pinned maps at one moment, as plain structs: the input of all reports. */
#ifndef MODEL_SNAPSHOT_H
#define MODEL_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "family_index.h"
#include "parallax_abi.h"
#include "parallax_reasons.h"

struct vip_entry {
	struct vip_key key;
	uint32_t row;
};

struct name_entry {
	struct name_key key;
	char text[256];
};

struct network_entry {
	uint32_t id;
	struct network network;
};

struct gateway_entry {
	struct gateway_key key;
	struct gateway gateway;
};

struct path_entry {
	struct ip_addr peer;
	struct path path;
};

struct network_drop_entry {
	struct network_drop_key key;
	uint64_t packets;
};

struct iface_entry {
	uint32_t ifindex;
	struct iface iface;
	char name[16]; /* of that index in the network namespace of the reader; "": none there */
};

struct flow_entry {
	struct flow_key key;
	struct flow flow;
	bool embryonic; /* in the map `embryonic`, else in `flows` */
};

/* Elements of a map. */
struct map_usage {
	uint32_t used, max;
};

/* Arrays are sorted by the fields named, and may be empty. */
struct snapshot {
	struct settings settings;
	uint64_t monotonic_ns; /* both clocks at the moment of reading */
	uint64_t realtime_ns;
	uint32_t jiffies; /* low 32 bits at that moment; valid with has_jiffies */
	bool has_jiffies;

	const struct service *services; /* by row */
	uint32_t service_count;
	const struct backend *backends; /* by row */
	uint32_t backend_count;
	const struct bucket *buckets; /* the slot arena */
	uint32_t bucket_count;
	const struct drops *drops; /* by row of services; NULL: none */
	const struct filters *filters;
	const struct owner *owners; /* by owner_row() */
	uint32_t owner_count;
	const struct gateway_health *health; /* by health_place() */
	uint32_t health_count;
	const struct peer *peers; /* IPv6 outer addresses, by row */
	uint32_t peer_count;

	struct vip_entry *vips; /* by address, port, protocol */
	size_t vip_count;
	struct name_entry *names; /* by kind, index */
	size_t name_count;
	struct network_entry *networks; /* by id */
	size_t network_count;
	struct gateway_entry *gateways; /* by network, address */
	size_t gateway_count;
	struct path_entry *paths; /* by address; those that were narrower than the uplink */
	size_t path_count;
	struct network_drop_entry *network_drops; /* by key */
	size_t network_drop_count;
	struct iface_entry *ifaces; /* by ifindex */
	size_t iface_count;
	struct flow_entry *flows; /* by key */
	size_t flow_count;
	struct map_usage flow_usage[FAMILIES], embryonic_usage[FAMILIES];

	struct counter counters[HOOK_COUNT][REASON_COUNT]; /* summed over the CPUs */

	uint32_t netns;     /* netns_number() of the reader; 0: unknown */
	json_t *status;     /* status of the agent, an object with `services`; NULL: none */
	bool agent_running; /* its process is there and started when it says */
	unsigned int programs; /* bit i: snapshot_program_names[i] is pinned */
};

#define SNAPSHOT_PROGRAMS 8
/* Names without the prefix "prog_", in the order of the bits of `programs`. */
extern const char *const snapshot_program_names[SNAPSHOT_PROGRAMS];

#endif
