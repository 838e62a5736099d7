/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Look-ups in a snapshot, each confirmed as the packet path confirms it. Pure. */
#include "snapshot_find.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "parallax_hash.h"
#include "parallax_path.h"
#include "parallax_table.h"

const char *const snapshot_program_names[SNAPSHOT_PROGRAMS] = {
	"px_from_pod",  "px_to_pod",       "px_uplink", "px_uplink_l3",
	"px_to_uplink", "px_to_uplink_l3", "px_xdp",    "px_now",
};

static int compare_u32(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

int snapshot_vip_compare(const void *a, const void *b)
{
	/* Address and port are big-endian. */
	return memcmp(&((const struct vip_entry *)a)->key, &((const struct vip_entry *)b)->key,
		      sizeof(struct vip_key));
}

int snapshot_name_compare(const void *a, const void *b)
{
	const struct name_key *x = &((const struct name_entry *)a)->key;
	const struct name_key *y = &((const struct name_entry *)b)->key;
	int order = compare_u32(x->kind, y->kind);

	return order ? order : compare_u32(x->index, y->index);
}

int snapshot_network_compare(const void *a, const void *b)
{
	return compare_u32(((const struct network_entry *)a)->id,
			   ((const struct network_entry *)b)->id);
}

int snapshot_gateway_compare(const void *a, const void *b)
{
	const struct gateway_key *x = &((const struct gateway_entry *)a)->key;
	const struct gateway_key *y = &((const struct gateway_entry *)b)->key;
	int order = compare_u32(x->network, y->network);

	return order ? order : memcmp(&x->addr, &y->addr, sizeof(x->addr));
}

int snapshot_path_compare(const void *a, const void *b)
{
	const struct path_entry *x = a, *y = b;

	return memcmp(&x->peer, &y->peer, sizeof(x->peer));
}

bool snapshot_path_is_narrow(const struct snapshot *snapshot, const struct path *path)
{
	const struct settings *settings = &snapshot->settings;

	return path_is_narrow(path, settings->mtu,
			      snapshot->has_jiffies ? snapshot->jiffies : path->stamp,
			      settings->hz);
}

const struct path *snapshot_path(const struct snapshot *snapshot, const struct ip_addr *peer)
{
	const struct path_entry key = { .peer = *peer }, *found = NULL;

	if (snapshot->path_count)
		found = bsearch(&key, snapshot->paths, snapshot->path_count, sizeof(key),
				snapshot_path_compare);
	return found && snapshot_path_is_narrow(snapshot, &found->path) ? &found->path : NULL;
}

int snapshot_network_drop_compare(const void *a, const void *b)
{
	return memcmp(&((const struct network_drop_entry *)a)->key,
		      &((const struct network_drop_entry *)b)->key,
		      sizeof(struct network_drop_key));
}

int snapshot_iface_compare(const void *a, const void *b)
{
	return compare_u32(((const struct iface_entry *)a)->ifindex,
			   ((const struct iface_entry *)b)->ifindex);
}

int snapshot_flow_compare(const void *a, const void *b)
{
	return memcmp(&((const struct flow_entry *)a)->key, &((const struct flow_entry *)b)->key,
		      sizeof(struct flow_key));
}

const char *snapshot_name(const struct snapshot *snapshot, enum name_kind kind, uint32_t index)
{
	struct name_entry wanted = { .key = { .kind = kind, .index = index } };
	struct name_entry *found;

	if (snapshot->name_count == 0)
		return NULL;
	found = bsearch(&wanted, snapshot->names, snapshot->name_count, sizeof(wanted),
			snapshot_name_compare);
	return found ? found->text : NULL;
}

int64_t snapshot_vip_row(const struct snapshot *snapshot, const struct ip_addr *addr, __be16 port,
			 uint8_t proto)
{
	struct vip_entry wanted = { .key = { .addr = *addr, .port = port, .proto = proto } };
	struct vip_entry *found;

	if (snapshot->vip_count == 0)
		return -1;
	found = bsearch(&wanted, snapshot->vips, snapshot->vip_count, sizeof(wanted),
			snapshot_vip_compare);
	return found ? (int64_t)found->row : -1;
}

bool snapshot_service_confirms(const struct service *service, const struct vip_key *key)
{
	return (service->flags & SERVICE_IN_USE) && ip_equal(&service->vip, &key->addr) &&
	       service->port == key->port && service->proto == key->proto;
}

bool snapshot_backend_of(const struct snapshot *snapshot, uint32_t backend, uint32_t service)
{
	const struct backend *row;

	if (backend == 0 || backend >= snapshot->backend_count ||
	    service >= snapshot->service_count)
		return false;
	row = &snapshot->backends[backend];
	return row->generation != 0 && row->service == service &&
	       row->service_id == snapshot->services[service].id;
}

const struct backend *snapshot_flow_backend(const struct snapshot *snapshot,
					    const struct flow *flow)
{
	const struct backend *row;

	if (flow->service == FLOW_NO_SERVICE || flow->backend == 0 ||
	    flow->backend >= snapshot->backend_count)
		return NULL;
	row = &snapshot->backends[flow->backend];
	return row->generation != 0 && row->generation == flow->generation ? row : NULL;
}

const struct service *snapshot_flow_service(const struct snapshot *snapshot,
					    const struct flow *flow)
{
	const struct service *row;

	if (flow->service >= snapshot->service_count)
		return NULL;
	row = &snapshot->services[flow->service];
	return row->flags & SERVICE_IN_USE ? row : NULL;
}

const struct ip_addr *snapshot_peer(const struct snapshot *snapshot, uint32_t row)
{
	return row < snapshot->peer_count ? &snapshot->peers[row].addr : NULL;
}

struct ip_addr snapshot_flow_peer(const struct snapshot *snapshot, const struct flow *flow)
{
	const struct ip_addr *peer = snapshot_peer(snapshot, flow->peer);

	if (!(flow->flags & FLOW_PEER6))
		return IP_V4(flow->peer);
	return peer ? *peer : (struct ip_addr){};
}

struct flow_key snapshot_reply_key(const struct flow_key *key, const struct flow *flow)
{
	bool udp = FLOW_IS_UDP(key->zone);
	struct flow_key reply = {
		.saddr = key->daddr,
		.daddr = key->saddr,
		.sport = key->dport,
		.dport = key->sport,
		.zone = FLOW_ZONE(0, FLOW_ROLE(key->zone) ^ 1, udp),
	};

	if (flow->action != FLOW_ENCAP && flow->action != FLOW_DECAP) {
		reply.saddr = flow->nat.daddr;
		reply.daddr = flow->nat.saddr;
		reply.sport = flow->nat.dport;
		reply.dport = flow->nat.sport;
	}
	return reply;
}

const struct flow_entry *snapshot_flow(const struct snapshot *snapshot, const struct flow_key *key)
{
	struct flow_entry wanted = { .key = *key };
	struct flow_entry *found;

	if (snapshot->flow_count == 0)
		return NULL;
	found = bsearch(&wanted, snapshot->flows, snapshot->flow_count, sizeof(wanted),
			snapshot_flow_compare);
	return found && found->flow.tag == flow_tag(key) ? found : NULL;
}

struct slot_arena snapshot_arena(const struct snapshot *snapshot)
{
	return (struct slot_arena){ snapshot->buckets, snapshot->bucket_count };
}

struct counting {
	uint64_t total;
	uint32_t *counts, rows;
};

static void count_entry(uint32_t row, uint32_t parts, void *data)
{
	struct counting *counting = data;

	counting->total += parts;
	if (counting->counts && row < counting->rows)
		counting->counts[row] += parts;
}

uint64_t snapshot_count_table(const struct snapshot *snapshot, table_desc table, uint32_t *counts)
{
	struct slot_arena arena = snapshot_arena(snapshot);
	struct counting counting = { .counts = counts, .rows = snapshot->backend_count };

	table_each(&arena, table, count_entry, &counting);
	return counting.total;
}

uint64_t *snapshot_table_totals(const struct snapshot *snapshot)
{
	uint64_t *totals = calloc(snapshot->service_count + 1u, sizeof(*totals));

	for (uint32_t row = 0; totals && row < snapshot->service_count; row++)
		if (snapshot->services[row].flags & SERVICE_IN_USE)
			totals[row] = snapshot_count_table(snapshot, snapshot->services[row].table,
							   NULL);
	return totals;
}

const struct gateway_health *snapshot_health(const struct snapshot *snapshot,
					     const struct ip_addr *addr, __be16 port)
{
	uint32_t hash = health_hash(addr, port);

	for (uint32_t i = 0; port && i < HEALTH_TRIES; i++) {
		uint32_t row = health_place(hash, i);

		if (row < snapshot->health_count && snapshot->health[row].port == port &&
		    ip_equal(&snapshot->health[row].addr, addr))
			return &snapshot->health[row];
	}
	return NULL;
}
