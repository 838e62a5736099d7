/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rebuilds the ledger from the kernel's maps: rows and extents in use, and resting ones. */
#include "ledger.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_list.h"
#include "parallax_table.h"
#include "power.h"
#include "table_walk.h"

#define LIST(type, key) { .item_size = sizeof(type), .key_size = sizeof(((type *)0)->key) }

int ledger_init(struct ledger *ledger, const struct ledger_memory *memory)
{
	uint32_t heads = (uint32_t)power_of_two(16, memory->service_rows);

	*ledger = (struct ledger){
		.memory = *memory,
		.head_mask = heads - 1,
		.epoch = 1,
		.backend_top = 1,
		.network_names = LIST(struct ledger_name, index),
		.localities = LIST(struct ledger_name, index),
		.networks = LIST(struct ledger_network, id),
		.gateways = LIST(struct desired_gateway, key),
		.allowed = { .item_size = sizeof(struct allowed_key),
			     .key_size = sizeof(struct allowed_key) },
		.addresses = { .item_size = sizeof(struct ip_addr),
			       .key_size = sizeof(struct ip_addr) },
		.stray_vips = LIST(struct ledger_vip, key),
		.stray_ids = LIST(struct ledger_id, key),
		.stray_endpoints = { .item_size = sizeof(struct endpoint_key),
				     .key_size = sizeof(struct endpoint_key) },
	};
	ledger->services = calloc(memory->service_rows, sizeof(*ledger->services));
	ledger->backends = calloc(memory->backend_rows, sizeof(*ledger->backends));
	ledger->key_heads = calloc(heads, sizeof(*ledger->key_heads));
	ledger->id_heads = calloc(heads, sizeof(*ledger->id_heads));
	if (!ledger->services || !ledger->backends || !ledger->key_heads || !ledger->id_heads) {
		ledger_done(ledger);
		return -ENOMEM;
	}
	memset(ledger->key_heads, 0xff, heads * sizeof(*ledger->key_heads));
	memset(ledger->id_heads, 0xff, heads * sizeof(*ledger->id_heads));
	return 0;
}

void ledger_done(struct ledger *ledger)
{
	free(ledger->services);
	free(ledger->backends);
	free(ledger->key_heads);
	free(ledger->id_heads);
	free(ledger->free_extents.items);
	free(ledger->resting_extents.items);
	free(ledger->network_names.items);
	free(ledger->localities.items);
	free(ledger->networks.items);
	free(ledger->gateways.items);
	free(ledger->allowed.items);
	free(ledger->addresses.items);
	free(ledger->stray_vips.items);
	free(ledger->stray_ids.items);
	free(ledger->stray_endpoints.items);
	*ledger = (struct ledger){};
}

static const struct service *row_in_use(const struct ledger *ledger, uint32_t r)
{
	const struct service *row;

	if (r >= ledger->memory.service_rows)
		return NULL;
	row = &ledger->memory.services[r];
	return row->flags & SERVICE_IN_USE ? row : NULL;
}

int ledger_read_vip(struct ledger *ledger, const struct vip_key *vip, uint32_t r)
{
	const struct service *row = row_in_use(ledger, r);

	if (!vip->port && !vip->proto)
		return ledger_list_add(&ledger->addresses, &vip->addr);
	if (!row || !ip_equal(&row->vip, &vip->addr) || row->port != vip->port ||
	    row->proto != vip->proto)
		return ledger_list_add(&ledger->stray_vips, &(struct ledger_vip){ *vip, r });
	ledger_open_services(ledger, r + 1);
	ledger->services[r].in_vips = true;
	return 0;
}

int ledger_read_id(void *to, const void *key, const void *value)
{
	struct ledger *ledger = to;
	const struct service_id_key *id = key;
	uint32_t r = *(const uint32_t *)value;
	const struct service *row = row_in_use(ledger, r);

	if (!row || row->id != id->id || row->family != id->family)
		return ledger_list_add(&ledger->stray_ids, &(struct ledger_id){ *id, r });
	ledger_open_services(ledger, r + 1);
	ledger->services[r].in_ids = true;
	return 0;
}

int ledger_read_endpoint(void *to, const void *key, const void *value)
{
	struct ledger *ledger = to;
	const struct endpoint_key *endpoint = key;
	uint32_t b = *(const uint32_t *)value;
	const struct backend *row = b < ledger->memory.backend_rows ? &ledger->memory.backends[b] :
								      NULL;

	if (!row || !row->generation || row->service_id != endpoint->service_id ||
	    row->endpoint != endpoint->endpoint)
		return ledger_list_add(&ledger->stray_endpoints, endpoint);
	ledger->backends[b].in_endpoints = true;
	return 0;
}

int ledger_read_network(void *ledger, const void *id, const void *network)
{
	return ledger_list_add(&((struct ledger *)ledger)->networks,
			       &(struct ledger_network){ *(const uint32_t *)id,
							 *(const struct network *)network });
}

int ledger_read_gateway(void *ledger, const void *key, const void *gateway)
{
	return ledger_list_add(&((struct ledger *)ledger)->gateways, &(struct desired_gateway){
				*(const struct gateway_key *)key,
				*(const struct gateway *)gateway });
}

int ledger_read_allowed(struct ledger *ledger, const struct allowed_key *key)
{
	return ledger_list_add(&ledger->allowed, key);
}

static bool is_zero(const void *memory, size_t bytes)
{
	static const char zeros[128];

	_Static_assert(sizeof(struct service) <= sizeof(zeros) &&
			       sizeof(struct backend) <= sizeof(zeros),
		       "zeros");
	return !memcmp(memory, zeros, bytes);
}

static uint64_t hash_table(const struct ledger *ledger, const struct bucket *buckets,
			   table_desc desc)
{
	const struct slot_arena arena = { buckets, ledger->memory.bucket_count };

	return table_is_whole(&arena, desc) ?
		       ledger_hash_buckets(arena.buckets + TABLE_OFFSET(desc), TABLE_BUCKETS(desc)) : 0;
}

static void take_services(struct ledger *ledger, const struct bucket *buckets)
{
	for (uint32_t r = 0; r < ledger->memory.service_rows; r++) {
		const struct service *row = &ledger->memory.services[r];
		struct ledger_service *known = &ledger->services[r];

		if (is_zero(row, sizeof(*row)))
			continue;
		ledger_open_services(ledger, r + 1);
		ledger->service_top = r + 1;
		ledger_link_service(ledger, r, row);
		known->state = known->in_vips || known->in_ids ? ROW_USED : ROW_RESTING;
		known->since = ledger->epoch;
		if (known->state != ROW_USED)
			continue;
		known->table_hash = hash_table(ledger, buckets, row->table);
		known->local_hash = hash_table(ledger, buckets, row->local_table);
	}
	/* A zero row below the top was never published, or was lost in a crash: it rests. */
	for (uint32_t r = 0; r < ledger->service_top; r++)
		if (ledger->services[r].state == ROW_UNTOUCHED) {
			ledger->services[r].state = ROW_RESTING;
			ledger->services[r].since = ledger->epoch;
			ledger_link_service(ledger, r, &ledger->memory.services[r]);
		}
}

/* A row that no table names left the view, or the plan that wrote it was killed before its table. */
static void take_backend(struct ledger *ledger, uint32_t b, const struct backend *row, bool named)
{
	struct ledger_backend *known = &ledger->backends[b];

	known->next = NO_ROW;
	known->since = ledger->epoch;
	known->state = ROW_RESTING;
	if (!row->generation)
		return;
	known->state = row->flags & BACKEND_DRAINING || !named ? ROW_DRAINING : ROW_USED;
	known->since = ledger->drain_clock++;
	if (row->service < ledger->service_top &&
	    ledger->memory.services[row->service].id == row->service_id) {
		known->next = ledger->services[row->service].first_backend;
		ledger->services[row->service].first_backend = b;
	} else {
		known->state = ROW_DRAINING; /* its service is gone */
	}
}

struct marking {
	bool *named;
	uint32_t rows;
};

static void mark_row(uint32_t row, uint32_t parts, void *data)
{
	const struct marking *marking = data;

	(void)parts;
	if (row < marking->rows)
		marking->named[row] = true;
}

static void mark_named(const struct ledger *ledger, const struct bucket *buckets,
		       table_desc desc, bool *named)
{
	const struct slot_arena arena = { buckets, ledger->memory.bucket_count };
	struct marking marking = { named, ledger->memory.backend_rows };

	table_each(&arena, desc, mark_row, &marking);
}

static int take_backends(struct ledger *ledger, const struct bucket *buckets)
{
	const struct backend *rows = ledger->memory.backends;
	bool *named = calloc(ledger->memory.backend_rows, sizeof(*named));

	if (!named)
		return -ENOMEM;
	for (uint32_t r = 0; r < ledger->service_top; r++)
		if (ledger->services[r].state == ROW_USED) {
			mark_named(ledger, buckets, ledger->memory.services[r].table, named);
			mark_named(ledger, buckets, ledger->memory.services[r].local_table, named);
		}
	for (uint32_t b = 1; b < ledger->memory.backend_rows; b++)
		if (rows[b].generation || rows[b].last_generation)
			ledger->backend_top = b + 1;
	for (uint32_t b = 1; b < ledger->backend_top; b++)
		take_backend(ledger, b, &rows[b], named[b]);
	free(named);
	return 0;
}

static int take_table(struct extent_list *unused, table_desc desc)
{
	int err = extent_claim(unused, TABLE_OFFSET(desc), TABLE_BUCKETS(desc));

	return err == -ENOENT ? 0 : err; /* out of bounds: no bucket to protect */
}

static int take_extents(struct ledger *ledger)
{
	struct extent whole = { 0, ledger->memory.bucket_count, ledger->epoch };
	struct extent_list *unused =
		ledger->service_top ? &ledger->resting_extents : &ledger->free_extents;
	int err = extent_add(unused, whole);

	for (uint32_t r = 0; !err && r < ledger->service_top; r++) {
		if (ledger->services[r].state != ROW_USED)
			continue;
		err = take_table(unused, ledger->memory.services[r].table);
		if (!err)
			err = take_table(unused, ledger->memory.services[r].local_table);
	}
	return err;
}

int ledger_rebuild(struct ledger *ledger, const struct bucket *buckets)
{
	int err;

	if (ledger->addresses.count)
		qsort(ledger->addresses.items, ledger->addresses.count, sizeof(struct ip_addr),
		      ledger_compare_addresses);
	take_services(ledger, buckets);
	err = take_backends(ledger, buckets);
	return err ? err : take_extents(ledger);
}
