/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a VIP or a service id to a backend. Rows are reused, so each is checked against its key. */
#ifndef SERVICE_H
#define SERVICE_H

#include "count.h"
#include "health.h"
#include "table.h"

INLINE struct service *service_row(__u32 row)
{
	struct service *service = bpf_map_lookup_elem(&services, &row);

	return service && service->flags & SERVICE_IN_USE ? service : NULL;
}

/* The service of VIP daddr:dport, or NULL; *ret_stale: its row went to another service during the
 * look-up. */
INLINE struct service *service_find(struct packet *p, __u32 *ret_row, bool *ret_stale)
{
	struct vip_key key = { .addr = p->key.daddr, .port = p->key.dport, .proto = p->proto };
	__u32 *row = bpf_map_lookup_elem(&vips, &key);
	struct service *service;

	*ret_stale = false;
	if (!row)
		return NULL;
	*ret_row = *row;
	service = service_row(*ret_row);
	*ret_stale = !service || !ip_is(&service->vip, &p->key.daddr) ||
		     service->port != p->key.dport || service->proto != p->proto;
	return *ret_stale ? NULL : service;
}

/* True if any service has this VIP. For packets without readable ports. */
INLINE bool service_is_vip(const struct addr *addr)
{
	struct vip_key key = { .addr = *addr };

	return bpf_map_lookup_elem(&vips, &key) != NULL;
}

/* The service that a tunnel packet names, or NULL. */
INLINE struct service *service_find_id(__u64 id, __u32 *ret_row)
{
	struct service_id_key key = { .id = id, .family = FAMILY };
	__u32 *row = bpf_map_lookup_elem(&service_ids, &key);
	struct service *service;

	if (!row)
		return NULL;
	*ret_row = *row;
	service = service_row(*ret_row);
	return service && service->id == id ? service : NULL;
}

/* Count a connection that drop overload refused, by its category. */
SUBPROGRAM int service_count_drop(__u32 row, __u32 hash)
{
	struct drops *drop = bpf_map_lookup_elem(&drops, &row);

	if (!drop)
		return 0;
#pragma unroll
	for (int i = 0; i < DROP_CATEGORIES; i++) {
		if (hash < drop->upto[i] || i == DROP_CATEGORIES - 1) {
			__sync_fetch_and_add(&drop->refused[i], 1);
			return 0;
		}
	}
	return 0;
}

/* True if a drop overload refuses this new connection; counts it. */
INLINE bool service_drops(struct packet *p, const struct service *service, __u32 row)
{
	__u64 below = *(const volatile __u64 *)&service->drop;
	__u32 hash;

	if (likely(!below))
		return false;
	hash = drop_hash(&p->key, p->proto, service->id);
	if (hash >= below)
		return false;
	service_count_drop(row, hash);
	return true;
}

/* The backend of `hash` in a table, if it is one of service `id`. */
INLINE struct backend *service_slot(table_desc table, __u64 hash, __u64 id, __u32 *ret_row)
{
	struct backend *backend;

	*ret_row = TABLE_ENTRY_ROW(table_walk(table, hash));
	backend = bpf_map_lookup_elem(&backends, ret_row);
	return backend && backend->generation && backend->service_id == id ? backend : NULL;
}

/* The backend of `hash`. NULL with *ret_reason NO_BACKEND if the table is empty, or STALE_ROW if it was
 * replaced twice during the look-up: the sender's retry finds the new one. */
INLINE struct backend *service_first(const table_desc *table, __u64 hash, __u64 id, __u32 *ret_row,
				     enum reason *ret_reason)
{
	for (int i = 0; i < 2; i++) {
		table_desc desc = *(const volatile table_desc *)table;
		struct backend *backend;

		*ret_reason = REASON_NO_BACKEND;
		if (!TABLE_BUCKETS(desc))
			return NULL;
		backend = service_slot(desc, hash, id, ret_row);
		if (backend)
			return backend;
		*ret_reason = REASON_STALE_ROW;
	}
	return NULL;
}

#define CHOICES 16 /* of ten, of which nine are down, one is found in four of five cases */

/* The row of a backend that takes new flows, or 0. Each further hash chooses among all, so that the shares
 * of those left stay in proportion. */
SUBPROGRAM __u32 service_other(table_desc table, __u64 hash, __u64 id)
{
	for (int i = 0; i < CHOICES; i++) {
		struct backend *backend;
		__u32 row;

		hash = mix64(hash + 1);
		backend = service_slot(table, hash, id, &row);
		if (backend && backend_lives(backend, row))
			return row;
	}
	return 0;
}

/* Choose a backend as service_first() does. Gateways that are down or avoided are passed over, unless all
 * that is chosen is. */
INLINE struct backend *service_choose(const table_desc *table, __u64 hash, __u64 id, __u32 *ret_row,
				      enum reason *ret_reason)
{
	struct backend *backend = service_first(table, hash, id, ret_row, ret_reason), *other;
	__u32 row;

	if (!backend || backend->kind == BACKEND_LOCAL || health_is_well() ||
	    backend_lives(backend, *ret_row))
		return backend;
	row = service_other(*(const volatile table_desc *)table, hash, id);
	other = bpf_map_lookup_elem(&backends, &row);
	if (!row || !other || other->service_id != id)
		return backend;
	*ret_row = row;
	return other;
}

/* True if the backend of a flow left, or its row went to another backend. */
INLINE bool backend_left(const struct flow *flow)
{
	__u32 row = flow->backend;
	struct backend *backend;

	if (flow->service == FLOW_NO_SERVICE)
		return false;
	backend = bpf_map_lookup_elem(&backends, &row);
	return !backend || backend->generation != flow->generation ||
	       backend->flags & BACKEND_DRAINING;
}

#endif
