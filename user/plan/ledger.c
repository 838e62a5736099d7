/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Contents of the kernel's maps: finding rows, and recording each change. */
#include "ledger.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_list.h"
#include "parallax_hash.h"
#include "parallax_table.h"

bool ledger_rested(const struct ledger *ledger, uint32_t since)
{
	return since < ledger->epoch;
}

/* ------------------------------------------------------------------ finding rows */

static uint64_t id_hash(uint64_t id, uint8_t family)
{
	return mix64(id ^ family);
}

static uint64_t key_hash(const struct ip_addr *vip, __be16 port, uint8_t proto, uint64_t id)
{
	uint64_t high = (uint64_t)vip->word[0] << 32 | vip->word[1];
	uint64_t low = (uint64_t)vip->word[2] << 32 | vip->word[3];

	/* Rows with a VIP must share a chain by VIP; the others are found by id. */
	return mix64(mix64(high) ^ mix64(low + 1) ^ ((uint64_t)port << 8 | proto) ^
		     (high | low ? 0 : mix64(id)));
}

static uint64_t row_hash(const struct service *row)
{
	return key_hash(&row->vip, row->port, row->proto, row->id);
}

static bool same_vip(const struct service *row, const struct service_key *key)
{
	return row->family == key->family && row->proto == key->proto &&
	       row->port == htons(key->port) &&
	       !memcmp(&row->vip, &key->vip.ip, sizeof(row->vip));
}

static uint32_t first_of_key(const struct ledger *ledger, const struct service_key *key)
{
	uint64_t hash = key_hash(&key->vip.ip, htons(key->port), key->proto, key->id);

	return ledger->key_heads[hash & ledger->head_mask];
}

uint32_t ledger_find_service(const struct ledger *ledger, const struct service_key *key)
{
	uint32_t found = NO_ROW;

	for (uint32_t r = first_of_key(ledger, key); r != NO_ROW;
	     r = ledger->services[r].key_next) {
		const struct service *row = &ledger->memory.services[r];

		if (row->id != key->id || !same_vip(row, key))
			continue;
		if (ledger->services[r].state == ROW_USED)
			return r;
		found = r;
	}
	return found;
}

uint32_t ledger_vip_holder(const struct ledger *ledger, const struct service_key *key)
{
	for (uint32_t r = first_of_key(ledger, key); r != NO_ROW;
	     r = ledger->services[r].key_next)
		if (ledger->services[r].in_vips &&
		    same_vip(&ledger->memory.services[r], key))
			return r;
	return NO_ROW;
}

uint32_t ledger_id_holder(const struct ledger *ledger, uint64_t id, uint8_t family)
{
	uint32_t r = ledger->id_heads[id_hash(id, family) & ledger->head_mask];

	for (; r != NO_ROW; r = ledger->services[r].id_next)
		if (ledger->services[r].in_ids && ledger->memory.services[r].id == id &&
		    ledger->memory.services[r].family == family)
			return r;
	return NO_ROW;
}

void ledger_table_shapes(const struct ledger *ledger, const struct service_key *key,
			 uint32_t *ret_shape, uint32_t *ret_local_shape)
{
	uint32_t r = ledger_find_service(ledger, key);

	*ret_shape = *ret_local_shape = 0;
	if (r == NO_ROW || ledger->services[r].state != ROW_USED)
		return;
	*ret_shape = TABLE_SHAPE(ledger->memory.services[r].table);
	*ret_local_shape = TABLE_SHAPE(ledger->memory.services[r].local_table);
}

/* ------------------------------------------------------------------ chains and lists */

void ledger_link_service(struct ledger *ledger, uint32_t r, const struct service *row)
{
	struct ledger_service *known = &ledger->services[r];
	uint32_t *key_head = &ledger->key_heads[row_hash(row) & ledger->head_mask];
	uint32_t *id_head = &ledger->id_heads[id_hash(row->id, row->family) & ledger->head_mask];

	known->key_next = *key_head;
	*key_head = r;
	known->id_next = *id_head;
	*id_head = r;
}

/* Removes `row` from the list that starts at `link`; each row's next one is `stride` bytes behind the
 * previous row's, from `nexts` on. */
static void unlink_row(uint32_t *link, uint32_t row, void *nexts, size_t stride)
{
	while (*link != NO_ROW) {
		uint32_t *next = (void *)((char *)nexts + *link * stride);

		if (*link == row) {
			*link = *next;
			return;
		}
		link = next;
	}
}

static void unlink_service(struct ledger *ledger, uint32_t r)
{
	const struct service *row = &ledger->memory.services[r];
	struct ledger_service *services = ledger->services;

	unlink_row(&ledger->key_heads[row_hash(row) & ledger->head_mask], r, &services->key_next,
		   sizeof(*services));
	unlink_row(&ledger->id_heads[id_hash(row->id, row->family) & ledger->head_mask], r,
		   &services->id_next, sizeof(*services));
}

static void unlink_backend(struct ledger *ledger, uint32_t b)
{
	uint32_t s = ledger->memory.backends[b].service;

	/* A start that was killed leaves backends of service rows that it never wrote. */
	if (s < ledger->service_open)
		unlink_row(&ledger->services[s].first_backend, b, &ledger->backends->next,
			   sizeof(*ledger->backends));
}

/* ------------------------------------------------------------------ recording changes */

static int rest_extent(struct ledger *ledger, table_desc desc)
{
	return extent_add(&ledger->resting_extents,
			  (struct extent){ TABLE_OFFSET(desc), TABLE_BUCKETS(desc), ledger->epoch });
}

static int apply_rcu_sync(struct ledger *ledger, const struct change *change)
{
	struct extent_list *resting = &ledger->resting_extents;
	int err = 0;

	(void)change;
	for (size_t i = 0; !err && i < resting->count; i++)
		err = extent_add(&ledger->free_extents, resting->items[i]);
	resting->count = 0;
	ledger->epoch++;
	return err;
}

static int apply_backend(struct ledger *ledger, const struct change *change)
{
	struct ledger_backend *known = &ledger->backends[change->row];
	uint32_t s = change->backend->service;

	ledger_open_services(ledger, s + 1);
	known->state = ROW_USED;
	known->next = ledger->services[s].first_backend;
	ledger->services[s].first_backend = change->row;
	if (change->row >= ledger->backend_top)
		ledger->backend_top = change->row + 1;
	return 0;
}

static int apply_retire(struct ledger *ledger, const struct change *change)
{
	unlink_backend(ledger, change->row);
	ledger->backends[change->row] = (struct ledger_backend){ .state = ROW_RESTING,
								 .since = ledger->epoch,
								 .next = NO_ROW };
	return 0;
}

static int apply_backend_flags(struct ledger *ledger, const struct change *change)
{
	struct ledger_backend *known = &ledger->backends[change->row];

	known->state = change->flags & BACKEND_DRAINING ? ROW_DRAINING : ROW_USED;
	if (known->state == ROW_DRAINING)
		known->since = ledger->drain_clock++;
	return 0;
}

/* Keeps of the row's list the backends of its new service, written just before, and those of an
 * earlier life with the same id, which may be revived. */
static uint32_t backends_of_id(struct ledger *ledger, uint32_t r, uint64_t id)
{
	uint32_t *link = &ledger->services[r].first_backend;

	while (*link != NO_ROW) {
		uint32_t *next = &ledger->backends[*link].next;

		if (ledger->memory.backends[*link].service_id == id)
			link = next;
		else
			*link = *next;
	}
	return ledger->services[r].first_backend;
}

static int apply_service(struct ledger *ledger, const struct change *change)
{
	const struct service *row = change->service;
	uint32_t r = change->row;
	struct ledger_service *known = &ledger->services[r];

	ledger_open_services(ledger, r + 1);
	if (r < ledger->service_top)
		unlink_service(ledger, r);
	*known = (struct ledger_service){
		.state = ROW_USED,
		.first_backend = backends_of_id(ledger, r, row->id),
		.table_hash = change->table_hash,
		.local_hash = change->local_hash,
		.name = known->name,
		.drops_name = known->drops_name,
	};
	ledger_link_service(ledger, r, row);
	if (r >= ledger->service_top)
		ledger->service_top = r + 1;
	return 0;
}

static int apply_clear(struct ledger *ledger, const struct change *change)
{
	const struct service *row = &ledger->memory.services[change->row];
	struct ledger_service *known = &ledger->services[change->row];
	int err = rest_extent(ledger, row->table);

	known->state = ROW_RESTING;
	known->since = ledger->epoch;
	return err ? err : rest_extent(ledger, row->local_table);
}

static int apply_table(struct ledger *ledger, const struct change *change)
{
	ledger->services[change->row].table_hash = change->desc_hash;
	return rest_extent(ledger, ledger->memory.services[change->row].table);
}

static int apply_local_table(struct ledger *ledger, const struct change *change)
{
	ledger->services[change->row].local_hash = change->desc_hash;
	return rest_extent(ledger, ledger->memory.services[change->row].local_table);
}

static int apply_slots(struct ledger *ledger, const struct change *change)
{
	return extent_claim(&ledger->free_extents, change->slots.offset, change->slots.size);
}

static int apply_vip_add(struct ledger *ledger, const struct change *change)
{
	ledger->services[change->row].in_vips = true;
	return 0;
}

static int apply_vip_move(struct ledger *ledger, const struct change *change)
{
	const struct vip_key *vip = &change->vip;
	struct service_key key = {
		.vip = addr_of_ip(&vip->addr),
		.port = ntohs(vip->port),
		.proto = vip->proto,
		.family = ip_is_v4(&vip->addr) ? 4 : 6,
	};
	uint32_t holder = ledger_vip_holder(ledger, &key);

	if (holder != NO_ROW)
		ledger->services[holder].in_vips = false;
	return apply_vip_add(ledger, change);
}

static int apply_vip_remove(struct ledger *ledger, const struct change *change)
{
	ledger_list_drop(&ledger->stray_vips, &change->vip);
	if (change->row != NO_ROW)
		ledger->services[change->row].in_vips = false;
	return 0;
}

static int apply_id(struct ledger *ledger, const struct change *change)
{
	uint32_t holder = ledger_id_holder(ledger, change->id.id, (uint8_t)change->id.family);

	if (holder != NO_ROW)
		ledger->services[holder].in_ids = false;
	if (change->kind == CHANGE_ID_REMOVE)
		ledger_list_drop(&ledger->stray_ids, &change->id);
	else
		ledger->services[change->row].in_ids = true;
	return 0;
}

/* Another row may have had the entry. */
static int apply_endpoint(struct ledger *ledger, const struct change *change)
{
	ledger_list_drop(&ledger->stray_endpoints, &change->endpoint);
	if (change->row != NO_ROW)
		ledger->backends[change->row].in_endpoints = change->kind == CHANGE_ENDPOINT_SET;
	return 0;
}

static int apply_name(struct ledger *ledger, const struct change *change)
{
	return ledger_set_name(ledger, &change->name.key,
			       change->kind == CHANGE_NAME_SET ? change->name.hash : 0);
}

static int apply_network(struct ledger *ledger, const struct change *change)
{
	if (change->kind == CHANGE_NETWORK_SET)
		return ledger_list_set(&ledger->networks,
				       &(struct ledger_network){ change->row, change->network });
	ledger_list_drop(&ledger->networks, &change->row);
	return 0;
}

static int apply_gateway(struct ledger *ledger, const struct change *change)
{
	if (change->kind == CHANGE_GATEWAY_SET)
		return ledger_list_set(&ledger->gateways, &(struct desired_gateway){
						change->gateway.key, change->gateway.value });
	ledger_list_drop(&ledger->gateways, &change->gateway.key);
	return 0;
}

static int apply_allowed(struct ledger *ledger, const struct change *change)
{
	if (change->kind == CHANGE_ALLOWED_SET)
		return ledger_list_set(&ledger->allowed, &change->allowed);
	ledger_list_drop(&ledger->allowed, &change->allowed);
	return 0;
}

static int apply_address(struct ledger *ledger, const struct change *change)
{
	if (change->kind == CHANGE_ADDRESS_ADD)
		return ledger_add_address(&ledger->addresses, &change->address);
	ledger_drop_address(&ledger->addresses, &change->address);
	return 0;
}

/* Other kinds change ledger.memory only, which is the kernel's own. */
static int (*const apply[])(struct ledger *, const struct change *) = {
	[CHANGE_RCU_SYNC] = apply_rcu_sync,
	[CHANGE_NETWORK_SET] = apply_network,
	[CHANGE_NETWORK_REMOVE] = apply_network,
	[CHANGE_GATEWAY_SET] = apply_gateway,
	[CHANGE_GATEWAY_REMOVE] = apply_gateway,
	[CHANGE_ALLOWED_SET] = apply_allowed,
	[CHANGE_ALLOWED_REMOVE] = apply_allowed,
	[CHANGE_NAME_SET] = apply_name,
	[CHANGE_NAME_REMOVE] = apply_name,
	[CHANGE_ADDRESS_ADD] = apply_address,
	[CHANGE_ADDRESS_REMOVE] = apply_address,
	[CHANGE_BACKEND_RETIRE] = apply_retire,
	[CHANGE_BACKEND] = apply_backend,
	[CHANGE_BACKEND_FLAGS] = apply_backend_flags,
	[CHANGE_ENDPOINT_SET] = apply_endpoint,
	[CHANGE_ENDPOINT_REMOVE] = apply_endpoint,
	[CHANGE_SLOTS] = apply_slots,
	[CHANGE_SERVICE] = apply_service,
	[CHANGE_TABLE] = apply_table,
	[CHANGE_LOCAL_TABLE] = apply_local_table,
	[CHANGE_SERVICE_CLEAR] = apply_clear,
	[CHANGE_ID_SET] = apply_id,
	[CHANGE_ID_REMOVE] = apply_id,
	[CHANGE_VIP_ADD] = apply_vip_add,
	[CHANGE_VIP_MOVE] = apply_vip_move,
	[CHANGE_VIP_REMOVE] = apply_vip_remove,
};

int ledger_apply(struct ledger *ledger, const struct change *change)
{
	size_t kind = (size_t)change->kind;

	if (kind >= sizeof(apply) / sizeof(*apply) || !apply[kind])
		return 0;
	return apply[kind](ledger, change);
}
