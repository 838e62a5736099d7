/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A model of the kernel's maps for the plan's tests: applies changes, and reads as packets do. */
#include "plan_model.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "parallax_hash.h"
#include "parallax_table.h"
#include "table_fill.h"
#include "table_walk.h"

static uint32_t bucket_count(const struct plan_model *model)
{
	return model->bucket_count ? model->bucket_count : MODEL_BUCKETS;
}

struct ledger_memory plan_model_memory(struct plan_model *model)
{
	return (struct ledger_memory){
		.services = model->services, .service_rows = MODEL_SERVICES,
		.backends = model->backends, .backend_rows = MODEL_BACKENDS,
		.bucket_count = bucket_count(model),
		.drops = model->drops,
		.filters = &model->filters,  .settings = &model->settings,
	};
}

int plan_model_rebuild(const struct plan_model *model, struct ledger *ledger)
{
	struct ledger_memory memory = ledger->memory;
	int err;

	ledger_done(ledger);
	err = ledger_init(ledger, &memory);
	for (size_t i = 0; !err && i < model->vip_count; i++)
		err = ledger_read_vip(ledger, &model->vips[i].key, model->vips[i].row);
	for (size_t i = 0; !err && i < model->id_count; i++)
		err = ledger_read_id(ledger, &model->ids[i].key, &model->ids[i].row);
	for (size_t i = 0; !err && i < model->endpoint_count; i++)
		err = ledger_read_endpoint(ledger, &model->endpoints[i].key,
					   &model->endpoints[i].row);
	for (size_t i = 0; !err && i < model->network_count; i++)
		err = ledger_read_network(ledger, &model->networks[i].id,
					  &model->networks[i].value);
	for (size_t i = 0; !err && i < model->gateway_count; i++)
		err = ledger_read_gateway(ledger, &model->gateways[i].key,
					  &model->gateways[i].value);
	for (size_t i = 0; !err && i < model->allowed_count; i++)
		err = ledger_read_allowed(ledger, &model->allowed[i]);
	for (size_t i = 0; !err && i < model->name_count; i++)
		err = ledger_set_name(ledger, &model->names[i].key, model->names[i].hash);
	return err ? err : ledger_rebuild(ledger, model->buckets);
}

static bool same_ids(const struct plan_model *a, const struct plan_model *b)
{
	for (size_t i = 0; i < a->id_count; i++)
		if (memcmp(&a->ids[i].key, &b->ids[i].key, sizeof(a->ids[i].key)) ||
		    a->ids[i].row != b->ids[i].row)
			return false;
	return a->id_count == b->id_count;
}

bool plan_model_equal(const struct plan_model *a, const struct plan_model *b)
{
	size_t before = offsetof(struct plan_model, ids), after = offsetof(struct plan_model, networks);

	/* Only ids have padding. */
	return !memcmp(a, b, before) && same_ids(a, b) &&
	       !memcmp((const char *)a + after, (const char *)b + after, sizeof(*a) - after);
}

/* A map of `size`-byte elements whose first `key_size` bytes are the key. */
static size_t find(const void *items, size_t count, size_t size, const void *key, size_t key_size)
{
	size_t i = 0;

	while (i < count && memcmp((const char *)items + i * size, key, key_size))
		i++;
	return i;
}

static const char *put(void *items, size_t *count, size_t size, const void *item, size_t key_size)
{
	size_t i = find(items, *count, size, item, key_size);

	if (i == MODEL_ENTRIES)
		return "the model is full";
	memcpy((char *)items + i * size, item, size);
	*count += i == *count;
	return NULL;
}

static const char *drop(void *items, size_t *count, size_t size, const void *key, size_t key_size)
{
	size_t i = find(items, *count, size, key, key_size);

	if (i == *count)
		return "removes an entry that is not there";
	--*count;
	memmove((char *)items + i * size, (char *)items + *count * size, size);
	return NULL;
}

/* ------------------------------------------------------------------ writing */

static bool slots_overlap(const struct change *change, table_desc desc)
{
	uint32_t offset = TABLE_OFFSET(desc), size = TABLE_BUCKETS(desc);

	return offset < change->slots.offset + change->slots.size &&
	       change->slots.offset < offset + size;
}

bool plan_model_named(const struct plan_model *model, uint32_t r)
{
	for (size_t i = 0; i < model->vip_count; i++)
		if (model->vips[i].row == r)
			return true;
	for (size_t i = 0; i < model->id_count; i++)
		if (model->ids[i].row == r)
			return true;
	return false;
}

static const char *write_slots(struct plan_model *model, const struct change *change)
{
	for (uint32_t r = 0; r < MODEL_SERVICES; r++)
		if (plan_model_named(model, r) &&
		    (slots_overlap(change, model->services[r].table) ||
		     slots_overlap(change, model->services[r].local_table)))
			return "writes slots that a table in use holds";
	if (change->slots.offset + change->slots.size > bucket_count(model))
		return "writes outside the arena";
	if (change->slots.size != change->slots.table->buckets)
		return "writes an extent that is no table's";
	table_buckets(change->slots.table, change->slots.rows, 0, change->slots.size,
		      &model->buckets[change->slots.offset]);
	return NULL;
}

static const char *write_backend(struct plan_model *model, const struct change *change)
{
	if (!change->row || change->row >= MODEL_BACKENDS)
		return "backend row out of range";
	if (model->backends[change->row].generation)
		return "writes over a live backend row";
	if (!change->backend->generation)
		return "publishes generation 0";
	if (change->backend->generation == model->backends[change->row].last_generation)
		return "repeats the generation of the row's last use";
	model->backends[change->row] = *change->backend;
	return NULL;
}

static void write_info(struct backend *row, const struct backend_info *info)
{
	row->share = info->share;
	row->weight = info->weight;
	row->slots = info->slots;
	row->priority = info->priority;
	row->locality = info->locality;
}

static const char *write_drops(struct plan_model *model, const struct change *change)
{
	struct drops *row = &model->drops[change->row];

	if (change->row >= MODEL_SERVICES)
		return "drops row out of range";
	memcpy(row->upto, change->drops.row->upto, sizeof(row->upto));
	if (change->drops.reset)
		memset(row->refused, 0, sizeof(row->refused));
	return NULL;
}

static const char *write_service(struct plan_model *model, const struct change *change)
{
	if (plan_model_named(model, change->row))
		return "writes over a service row that an entry names";
	model->services[change->row] = *change->service;
	return NULL;
}

static const char *clear_service(struct plan_model *model, uint32_t r)
{
	struct service *row = &model->services[r];

	if (plan_model_named(model, r))
		return "clears a service row that an entry names";
	row->table = TABLE_DESC(0, 0, 0, TABLE_GENERATION(row->table) + 1);
	row->local_table = TABLE_DESC(0, 0, 0, TABLE_GENERATION(row->local_table) + 1);
	row->flags = 0;
	return NULL;
}

static const char *set_vip(struct plan_model *model, const struct change *change)
{
	struct ledger_vip entry = { change->vip, change->row };
	const struct service *row = &model->services[change->row];
	size_t i = find(model->vips, model->vip_count, sizeof(entry), &change->vip,
			sizeof(change->vip));

	if ((i == model->vip_count) != (change->kind == CHANGE_VIP_ADD))
		return "adds a VIP twice or moves one that is not there";
	if (!ip_equal(&row->vip, &change->vip.addr) || row->port != change->vip.port)
		return "names a row that does not repeat the VIP";
	if (!(model->filters.destinations[address_bit(&change->vip.addr) / 64] >>
		      address_bit(&change->vip.addr) % 64 &
	      1))
		return "adds a VIP before its filter bit";
	return put(model->vips, &model->vip_count, sizeof(entry), &entry, sizeof(entry.key));
}

/* Marks name no row: the packet path only tests whether they exist. */
static const char *set_mark(struct plan_model *model, struct ip_addr address)
{
	struct ledger_vip entry = { { .addr = address }, NO_ROW };

	if (find(model->vips, model->vip_count, sizeof(entry), &entry, sizeof(entry.key)) !=
	    model->vip_count)
		return "marks an address twice";
	return put(model->vips, &model->vip_count, sizeof(entry), &entry, sizeof(entry.key));
}

static bool has_mark(const struct plan_model *model, struct ip_addr address)
{
	struct vip_key mark = { .addr = address };

	return find(model->vips, model->vip_count, sizeof(struct ledger_vip), &mark,
		    sizeof(mark)) != model->vip_count;
}

static bool has_vip(const struct plan_model *model, struct ip_addr address)
{
	for (size_t i = 0; i < model->vip_count; i++)
		if (model->vips[i].key.port && ip_equal(&model->vips[i].key.addr, &address))
			return true;
	return false;
}

bool plan_model_marks_fit(const struct plan_model *model)
{
	for (size_t i = 0; i < model->vip_count; i++) {
		const struct vip_key *key = &model->vips[i].key;

		if (key->port ? !has_mark(model, key->addr) : !has_vip(model, key->addr))
			return false;
	}
	return true;
}

static const char *apply_entry(struct plan_model *model, const struct change *change)
{
	const struct vip_key mark = { .addr = change->address };
	struct ledger_id id = { change->id, change->row };
	struct ledger_network network = { change->row, change->network };
	struct model_endpoint endpoint = { change->endpoint, change->row };
	struct desired_gateway gateway;
	struct model_name named;

	switch (change->kind) {
	case CHANGE_ID_SET:
		return put(model->ids, &model->id_count, sizeof(id), &id, sizeof(id.key));
	case CHANGE_ID_REMOVE:
		return drop(model->ids, &model->id_count, sizeof(id), &id.key, sizeof(id.key));
	case CHANGE_VIP_ADD:
	case CHANGE_VIP_MOVE:
		return set_vip(model, change);
	case CHANGE_VIP_REMOVE:
		return drop(model->vips, &model->vip_count, sizeof(struct ledger_vip), &change->vip,
			    sizeof(change->vip));
	case CHANGE_ADDRESS_ADD:
		return set_mark(model, change->address);
	case CHANGE_ADDRESS_REMOVE:
		return drop(model->vips, &model->vip_count, sizeof(struct ledger_vip), &mark,
			    sizeof(mark));
	case CHANGE_ENDPOINT_SET:
		return put(model->endpoints, &model->endpoint_count, sizeof(endpoint), &endpoint,
			   sizeof(endpoint.key));
	case CHANGE_ENDPOINT_REMOVE:
		return drop(model->endpoints, &model->endpoint_count, sizeof(endpoint),
			    &endpoint.key, sizeof(endpoint.key));
	case CHANGE_NETWORK_SET:
		return put(model->networks, &model->network_count, sizeof(network), &network,
			   sizeof(network.id));
	case CHANGE_NETWORK_REMOVE:
		return drop(model->networks, &model->network_count, sizeof(network), &network,
			    sizeof(network.id));
	case CHANGE_GATEWAY_SET:
		gateway = (struct desired_gateway){ change->gateway.key, change->gateway.value };
		return put(model->gateways, &model->gateway_count, sizeof(gateway), &gateway,
			   sizeof(gateway.key));
	case CHANGE_GATEWAY_REMOVE:
		return drop(model->gateways, &model->gateway_count, sizeof(gateway),
			    &change->gateway.key, sizeof(gateway.key));
	case CHANGE_ALLOWED_SET:
		return put(model->allowed, &model->allowed_count, sizeof(change->allowed),
			   &change->allowed, sizeof(change->allowed));
	case CHANGE_ALLOWED_REMOVE:
		return drop(model->allowed, &model->allowed_count, sizeof(change->allowed),
			    &change->allowed, sizeof(change->allowed));
	case CHANGE_NAME_SET:
		named = (struct model_name){ change->name.key, change->name.hash };
		return put(model->names, &model->name_count, sizeof(named), &named,
			   sizeof(named.key));
	case CHANGE_NAME_REMOVE:
		return drop(model->names, &model->name_count, sizeof(named), &change->name.key,
			    sizeof(named.key));
	default:
		return "a change of no known kind";
	}
}

const char *plan_model_apply(struct plan_model *model, const struct change *change)
{
	struct backend *backend = &model->backends[change->row % MODEL_BACKENDS];
	struct service *service = &model->services[change->row % MODEL_SERVICES];
	uint32_t bit;

	switch (change->kind) {
	case CHANGE_RCU_SYNC:
		return NULL;
	case CHANGE_SETTINGS:
		model->settings = *change->settings;
		return NULL;
	case CHANGE_DESTINATION:
		bit = address_bit(&change->address);
		model->filters.destinations[bit / 64] |= 1ULL << bit % 64;
		return NULL;
	case CHANGE_BACKEND_RETIRE:
		backend->last_generation = backend->generation;
		backend->generation = 0;
		return NULL;
	case CHANGE_BACKEND:
		return write_backend(model, change);
	case CHANGE_BACKEND_ENDPOINT:
		backend->endpoint = change->endpoint.endpoint;
		return NULL;
	case CHANGE_BACKEND_INFO:
		write_info(backend, &change->info);
		return NULL;
	case CHANGE_BACKEND_FLAGS:
		backend->flags = change->flags;
		return NULL;
	case CHANGE_SLOTS:
		return write_slots(model, change);
	case CHANGE_SERVICE:
		return write_service(model, change);
	case CHANGE_SERVICE_FLAGS:
		service->flags = change->flags;
		return NULL;
	case CHANGE_TABLE:
		service->table = change->desc;
		return NULL;
	case CHANGE_LOCAL_TABLE:
		service->local_table = change->desc;
		return NULL;
	case CHANGE_DROPS:
		return write_drops(model, change);
	case CHANGE_DROP:
		if (change->drop && model->drops[change->row].upto[DROP_CATEGORIES - 1] != change->drop)
			return "refuses by categories that are not there";
		service->drop = change->drop;
		return NULL;
	case CHANGE_SERVICE_CLEAR:
		return clear_service(model, change->row);
	default:
		return apply_entry(model, change);
	}
}

/* ------------------------------------------------------------------ reading */

uint32_t plan_model_vip(const struct plan_model *model, const struct service_key *key)
{
	struct vip_key wanted = { key->vip.ip, htons(key->port), key->proto, 0 };
	size_t i = find(model->vips, model->vip_count, sizeof(*model->vips), &wanted,
			sizeof(wanted));

	return i == model->vip_count ? NO_ROW : model->vips[i].row;
}

uint32_t plan_model_id(const struct plan_model *model, uint64_t id, uint8_t family)
{
	struct service_id_key wanted = { id, family, 0 };
	size_t i = find(model->ids, model->id_count, sizeof(*model->ids), &wanted, sizeof(wanted));

	return i == model->id_count ? NO_ROW : model->ids[i].row;
}

struct reading {
	const struct plan_model *model;
	uint64_t id;
	struct model_answer *answer;
};

static void read_entry(uint32_t b, uint32_t parts, void *data)
{
	const struct reading *reading = data;
	const struct backend *row = &reading->model->backends[b % MODEL_BACKENDS];
	struct model_answer *answer = reading->answer;
	uint32_t i = answer->size++;

	(void)parts;
	if (!b || b >= MODEL_BACKENDS || !row->generation || row->service_id != reading->id) {
		answer->stale = true;
		return;
	}
	answer->slots[i].addr = ip_v4(&row->addr);
	answer->slots[i].port = row->port;
}

void plan_model_read(const struct plan_model *model, uint64_t id, table_desc desc,
		     struct model_answer *ret)
{
	struct slot_arena arena = { model->buckets, bucket_count(model) };
	struct reading reading = { model, id, ret };

	*ret = (struct model_answer){ .found = true };
	table_each(&arena, desc, read_entry, &reading);
}

void plan_model_client(const struct plan_model *model, const struct service_key *key,
		       struct model_answer *ret)
{
	uint32_t r = plan_model_vip(model, key);
	const struct service *row;

	*ret = (struct model_answer){};
	if (r == NO_ROW)
		return;
	row = &model->services[r];
	plan_model_read(model, row->id, row->table, ret);
	ret->stale |= !(row->flags & SERVICE_IN_USE) || !ip_equal(&row->vip, &key->vip.ip) ||
		      row->port != htons(key->port) || row->proto != key->proto;
}

void plan_model_gateway(const struct plan_model *model, uint64_t id, uint8_t family,
			struct model_answer *ret)
{
	uint32_t r = plan_model_id(model, id, family);
	const struct service *row;

	*ret = (struct model_answer){};
	if (r == NO_ROW)
		return;
	row = &model->services[r];
	plan_model_read(model, row->id, row->local_table, ret);
	ret->stale |= !(row->flags & SERVICE_IN_USE) || row->id != id || row->family != family;
}
