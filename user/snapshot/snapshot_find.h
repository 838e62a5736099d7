/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Look-ups in a snapshot, each confirmed as the packet path confirms it. Pure. */
#ifndef SNAPSHOT_FIND_H
#define SNAPSHOT_FIND_H

#include "addr.h"
#include "snapshot.h"
#include "table_walk.h"

/* Name of a cluster (index: row), network (id) or locality; or NULL. */
const char *snapshot_name(const struct snapshot *snapshot, enum name_kind kind, uint32_t index);

/* Row of VIP:port/proto (network order) in `vips`, whether or not the row confirms it; -1 when there
 * is none. */
int64_t snapshot_vip_row(const struct snapshot *snapshot, const struct ip_addr *addr, __be16 port,
			 uint8_t proto);

/* Whether the row repeats this key of `vips`. */
bool snapshot_service_confirms(const struct service *service, const struct vip_key *key);

/* Whether the backend row is live and belongs to this service row. */
bool snapshot_backend_of(const struct snapshot *snapshot, uint32_t backend, uint32_t service);

/* The backend row of a flow, or NULL when the row has been reused since. */
const struct backend *snapshot_flow_backend(const struct snapshot *snapshot,
					    const struct flow *flow);

/* The service row of a flow, or NULL when it is no longer in use. */
const struct service *snapshot_flow_service(const struct snapshot *snapshot,
					    const struct flow *flow);

/* The address in a row of `peers`, or NULL. */
const struct ip_addr *snapshot_peer(const struct snapshot *snapshot, uint32_t row);

/* Outer address of the flow's other end. */
struct ip_addr snapshot_flow_peer(const struct snapshot *snapshot, const struct flow *flow);

/* Key of the flow pair's other entry. */
struct flow_key snapshot_reply_key(const struct flow_key *key, const struct flow *flow);

/* The entry with this key and the matching tag, or NULL. */
const struct flow_entry *snapshot_flow(const struct snapshot *snapshot, const struct flow_key *key);

/* Adds each backend's part of the table to counts[row], in units of TABLE_WHOLE to an entry; `counts`
 * may be NULL. Returns the sum. */
uint64_t snapshot_count_table(const struct snapshot *snapshot, table_desc table, uint32_t *counts);

/* That sum for the client table of each service row; to be freed. NULL without memory. */
uint64_t *snapshot_table_totals(const struct snapshot *snapshot);

/* The slot arena. */
struct slot_arena snapshot_arena(const struct snapshot *snapshot);

/* Whether the path is narrower than the uplink, as path_mtu() of the programs has it. */
bool snapshot_path_is_narrow(const struct snapshot *snapshot, const struct path *path);
/* The narrow path to an outer address; NULL: it carries what the uplink does. */
const struct path *snapshot_path(const struct snapshot *snapshot, const struct ip_addr *peer);

/* What is known of the gateway at this outer address and port (network order); or NULL. */
const struct gateway_health *snapshot_health(const struct snapshot *snapshot,
					     const struct ip_addr *addr, __be16 port);

/* qsort orders of the snapshot's arrays. */
int snapshot_vip_compare(const void *a, const void *b);
int snapshot_name_compare(const void *a, const void *b);
int snapshot_network_compare(const void *a, const void *b);
int snapshot_gateway_compare(const void *a, const void *b);
int snapshot_path_compare(const void *a, const void *b);
int snapshot_network_drop_compare(const void *a, const void *b);
int snapshot_iface_compare(const void *a, const void *b);
int snapshot_flow_compare(const void *a, const void *b);

#endif
