/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel holds: finding rows, and keeping step with each change. */
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

static uint64_t key_hash(const union ip_addr *vip, __be16 port, uint8_t proto, uint64_t id)
{
	uint64_t high = (uint64_t)vip->v6[0] << 32 | vip->v6[1];
	uint64_t low = (uint64_t)vip->v6[2] << 32 | vip->v6[3];

	/* Rows without a VIP are told apart by id; rows with one must share a chain by VIP. */
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

void ledger_open_services(struct ledger *ledger, uint32_t rows)
{
	for (; ledger->service_open < rows; ledger->service_open++)
		ledger->services[ledger->service_open].first_backend = NO_ROW;
}

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

static void unlink_service(struct ledger *ledger, uint32_t r)
{
	const struct service *row = &ledger->memory.services[r];
	uint32_t *link = &ledger->key_heads[row_hash(row) & ledger->head_mask];

	while (*link != NO_ROW && *link != r)
		link = &ledger->services[*link].key_next;
	if (*link == r)
		*link = ledger->services[r].key_next;
	link = &ledger->id_heads[id_hash(row->id, row->family) & ledger->head_mask];
	while (*link != NO_ROW && *link != r)
		link = &ledger->services[*link].id_next;
	if (*link == r)
		*link = ledger->services[r].id_next;
}

static void unlink_backend(struct ledger *ledger, uint32_t b)
{
	uint32_t s = ledger->memory.backends[b].service;
	uint32_t *link;

	/* A start that was killed leaves backends of service rows it never came to write. */
	if (s >= ledger->service_open)
		return;
	link = &ledger->services[s].first_backend;
	while (*link != NO_ROW && *link != b)
		link = &ledger->backends[*link].next;
	if (*link == b)
		*link = ledger->backends[b].next;
}

/* ------------------------------------------------------------------ keeping step */

static int rest_extent(struct ledger *ledger, table_desc word)
{
	return extent_add(&ledger->resting_extents,
			  (struct extent){ TABLE_OFFSET(word), TABLE_BUCKETS(word), ledger->epoch });
}

static int apply_rcu_sync(struct ledger *ledger)
{
	struct extent_list *resting = &ledger->resting_extents;
	int err = 0;

	for (size_t i = 0; !err && i < resting->count; i++)
		err = extent_add(&ledger->free_extents, resting->items[i]);
	resting->count = 0;
	ledger->epoch++;
	return err;
}

static void apply_backend(struct ledger *ledger, uint32_t b, const struct backend *row)
{
	struct ledger_backend *known = &ledger->backends[b];
	struct ledger_service *service = &ledger->services[row->service];

	ledger_open_services(ledger, row->service + 1);
	known->state = ROW_USED;
	known->next = service->first_backend;
	service->first_backend = b;
	if (b >= ledger->backend_top)
		ledger->backend_top = b + 1;
}

static void apply_retire(struct ledger *ledger, uint32_t b)
{
	unlink_backend(ledger, b);
	ledger->backends[b] = (struct ledger_backend){ .state = ROW_RESTING,
						       .since = ledger->epoch,
						       .next = NO_ROW };
}

static void apply_backend_flags(struct ledger *ledger, uint32_t b, uint8_t flags)
{
	struct ledger_backend *known = &ledger->backends[b];

	known->state = flags & BACKEND_DRAINING ? ROW_OUT : ROW_USED;
	if (known->state == ROW_OUT)
		known->since = ledger->out_clock++;
}

/* What is left of the row's list: backends of its new meaning, written just before, and those of
 * an earlier life with the same id, which may come back. */
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

static void apply_service(struct ledger *ledger, const struct change *change)
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
}

static int apply_clear(struct ledger *ledger, uint32_t r)
{
	const struct service *row = &ledger->memory.services[r];
	struct ledger_service *known = &ledger->services[r];

	known->state = ROW_RESTING;
	known->since = ledger->epoch;
	if (rest_extent(ledger, row->table))
		return -ENOMEM;
	return rest_extent(ledger, row->local_table);
}

static int apply_table(struct ledger *ledger, const struct change *change)
{
	struct ledger_service *known = &ledger->services[change->row];
	const struct service *row = &ledger->memory.services[change->row];
	bool local = change->kind == CHANGE_LOCAL_TABLE;

	*(local ? &known->local_hash : &known->table_hash) = change->word_hash;
	return rest_extent(ledger, local ? row->local_table : row->table);
}

static void apply_vip(struct ledger *ledger, const struct change *change)
{
	if (change->kind == CHANGE_VIP_REMOVE) {
		ledger_forget_vip(ledger, &change->vip);
		if (change->row != NO_ROW)
			ledger->services[change->row].in_vips = false;
		return;
	}
	if (change->kind == CHANGE_VIP_MOVE) {
		struct service_key key = {
			.vip = { 4, { .v4 = change->vip.addr } },
			.port = ntohs(change->vip.port),
			.proto = change->vip.proto,
			.family = 4,
		};
		uint32_t holder = ledger_vip_holder(ledger, &key);

		if (holder != NO_ROW)
			ledger->services[holder].in_vips = false;
	}
	ledger->services[change->row].in_vips = true;
}

static void apply_id(struct ledger *ledger, const struct change *change)
{
	uint32_t holder = ledger_id_holder(ledger, change->id.id, (uint8_t)change->id.family);

	if (holder != NO_ROW)
		ledger->services[holder].in_ids = false;
	if (change->kind == CHANGE_ID_REMOVE)
		ledger_forget_id(ledger, &change->id);
	else
		ledger->services[change->row].in_ids = true;
}

static int apply_name(struct ledger *ledger, const struct change *change)
{
	const struct name_key *key = &change->name.key;
	uint64_t hash = change->kind == CHANGE_NAME_SET ? change->name.hash : 0;

	if (key->kind == NAME_CLUSTER || key->kind == NAME_DROPS) {
		struct ledger_service *known = &ledger->services[key->index];

		if (key->index < ledger->memory.service_rows) {
			ledger_open_services(ledger, key->index + 1);
			*(key->kind == NAME_CLUSTER ? &known->name : &known->drops_name) = hash;
		}
		return 0;
	}
	return ledger_names_set(key->kind == NAME_NETWORK ? &ledger->networks_named :
							    &ledger->localities,
				key->index, hash);
}

int ledger_apply(struct ledger *ledger, const struct change *change)
{
	switch (change->kind) {
	case CHANGE_GRACE:
		return apply_rcu_sync(ledger);
	case CHANGE_NETWORK_SET:
	case CHANGE_NETWORK_REMOVE:
	case CHANGE_GATEWAY_SET:
	case CHANGE_GATEWAY_REMOVE:
	case CHANGE_ALLOWED_SET:
	case CHANGE_ALLOWED_REMOVE:
	case CHANGE_ADDRESS_ADD:
	case CHANGE_ADDRESS_REMOVE:
		return ledger_apply_lists(ledger, change);
	case CHANGE_NAME_SET:
	case CHANGE_NAME_REMOVE:
		return apply_name(ledger, change);
	case CHANGE_BACKEND_RETIRE:
		apply_retire(ledger, change->row);
		return 0;
	case CHANGE_BACKEND:
		apply_backend(ledger, change->row, change->backend);
		return 0;
	case CHANGE_BACKEND_FLAGS:
		apply_backend_flags(ledger, change->row, change->flags);
		return 0;
	case CHANGE_SLOTS:
		return extent_claim(&ledger->free_extents, change->slots.offset,
				    change->slots.size);
	case CHANGE_SERVICE:
		apply_service(ledger, change);
		return 0;
	case CHANGE_SERVICE_CLEAR:
		return apply_clear(ledger, change->row);
	case CHANGE_TABLE:
	case CHANGE_LOCAL_TABLE:
		return apply_table(ledger, change);
	case CHANGE_ID_SET:
	case CHANGE_ID_REMOVE:
		apply_id(ledger, change);
		return 0;
	case CHANGE_VIP_ADD:
	case CHANGE_VIP_MOVE:
	case CHANGE_VIP_REMOVE:
		apply_vip(ledger, change);
		return 0;
	case CHANGE_SETTINGS:
	case CHANGE_DESTINATION:
	case CHANGE_BACKEND_INFO:
	case CHANGE_SERVICE_FLAGS:
	case CHANGE_DROPS:
	case CHANGE_DROP:
		return 0; /* stands in the memory alone */
	}
	return 0;
}
