/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a VIP or a service id to a backend. Nothing read is believed until it confirms itself. */
#ifndef SERVICE_H
#define SERVICE_H

#include "count.h"
#include "table.h"

INLINE struct service *service_row(__u32 row)
{
	struct service *service = bpf_map_lookup_elem(&services, &row);

	return service && service->flags & SERVICE_IN_USE ? service : NULL;
}

/* The service of VIP daddr:dport. NULL where that is none, and, with *ret_stale, where its row was
 * given to another while we looked. */
INLINE struct service *service_find(const struct packet *p, __u32 *ret_row, bool *ret_stale)
{
	struct vip_key key = { .addr = p->key.daddr, .port = p->key.dport, .proto = p->proto };
	__u32 *row = bpf_map_lookup_elem(&vips, &key);
	struct service *service;

	*ret_stale = false;
	if (!row)
		return NULL;
	*ret_row = *row;
	service = service_row(*ret_row);
	*ret_stale = !service || service->vip.v4 != p->key.daddr || service->port != p->key.dport ||
		     service->proto != p->proto;
	return *ret_stale ? NULL : service;
}

/* Is this any VIP? For packets whose ports cannot be read. */
INLINE bool service_is_vip(__be32 addr)
{
	struct vip_key key = { .addr = addr };

	return bpf_map_lookup_elem(&vips, &key) != NULL;
}

/* The service a tunnel packet names, or NULL. */
INLINE struct service *service_find_id(__u64 id, __u32 *ret_row)
{
	struct service_id_key key = { .id = id, .family = 4 };
	__u32 *row = bpf_map_lookup_elem(&service_ids, &key);
	struct service *service;

	if (!row)
		return NULL;
	*ret_row = *row;
	service = service_row(*ret_row);
	return service && service->id == id ? service : NULL;
}

/* Where the walk over the service's table begins. */
INLINE __u64 service_hash(const struct packet *p, const struct service *service, __u64 seed)
{
	if (service->flags & SERVICE_AFFINITY)
		return walk_hash(p->key.saddr, 0, 0, 0, 0, service->id ^ seed);
	return walk_hash(p->key.saddr, p->key.daddr, p->key.sport, p->key.dport, p->proto,
			 service->id ^ seed);
}

/* Count a refused connection for its category. */
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

/* Does a drop overload refuse this new connection? */
INLINE bool service_drops(const struct packet *p, const struct service *service, __u32 row)
{
	__u64 below = *(const volatile __u64 *)&service->drop;
	__u32 hash;

	if (likely(!below))
		return false;
	hash = drop_hash(p->key.saddr, p->key.daddr, p->key.sport, p->key.dport, p->proto,
			 service->id);
	if (hash >= below)
		return false;
	service_count_drop(row, hash);
	return true;
}

/* The backend of `hash` in the table `word`, if it confirms that it is one of service `id`. */
INLINE struct backend *service_slot(table_desc word, __u64 hash, __u64 id, __u32 *ret_row)
{
	struct backend *backend;

	*ret_row = TABLE_ENTRY_ROW(table_walk(word, hash));
	backend = bpf_map_lookup_elem(&backends, ret_row);
	return backend && backend->generation && backend->service_id == id ? backend : NULL;
}

/* Choose a backend. NULL with *ret_reason NO_BACKEND when the table is empty; STALE_ROW when it
 * was replaced under us twice in a row, and the sender's retry will find the new one. */
INLINE struct backend *service_choose(const table_desc *table, __u64 hash, __u64 id, __u32 *ret_row,
				      enum reason *ret_reason)
{
	for (int i = 0; i < 2; i++) {
		table_desc word = *(const volatile table_desc *)table;
		struct backend *backend;

		*ret_reason = REASON_NO_BACKEND;
		if (!TABLE_BUCKETS(word))
			return NULL;
		backend = service_slot(word, hash, id, ret_row);
		if (backend)
			return backend;
		*ret_reason = REASON_STALE_ROW;
	}
	return NULL;
}

/* Has the backend a flow was opened with left, or was its row given to another? */
INLINE bool backend_is_out(const struct flow *flow)
{
	__u32 row = flow->backend;
	struct backend *backend;

	if (flow->service == FLOW_NO_SERVICE)
		return false;
	backend = bpf_map_lookup_elem(&backends, &row);
	return !backend || backend->generation != flow->generation || backend->flags & BACKEND_DRAINING;
}

#endif
