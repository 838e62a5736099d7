/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Carries out changes: the only writer of the tables. */
#include "map_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "flow_form.h"
#include "map_resync.h"
#include "map_writer_parts.h"
#include "narrow_paths.h"
#include "parallax_hash.h"
#include "parallax_path.h"
#include "table_fill.h"

static int write_rcu_sync(struct map_writer *writer, const struct change *change)
{
	(void)change;
	return rcu_sync_wait(&writer->rcu_sync);
}

static int map_all(struct map_writer *writer)
{
	const struct map_fds *fds = &writer->fds;
	struct pin_map slots;
	int err = pins_map_info(fds->slots, &slots);

	if (err)
		return err;
	writer->bucket_count = slots.max_entries;
	err = partial_mmap_open(fds->services, &writer->services);
	if (!err)
		err = partial_mmap_open(fds->backends, &writer->backends);
	if (!err)
		err = partial_mmap_open(fds->drops, &writer->drops);
	if (!err)
		err = pins_mmap(fds->filters, true, &writer->filters);
	if (!err)
		err = pins_mmap(fds->settings, true, &writer->settings);
	return err;
}

int map_writer_new(const struct map_fds *fds, struct map_writer **ret)
{
	struct map_writer *writer = calloc(1, sizeof(*writer));
	int err;

	if (!writer)
		return -ENOMEM;
	writer->fds = *fds;
	writer->rcu_sync = (struct rcu_sync){ -1, -1 };
	err = map_all(writer);
	if (!err)
		err = rcu_sync_open(&writer->rcu_sync);
	if (err) {
		map_writer_free(writer);
		return err;
	}
	*ret = writer;
	return 0;
}

void map_writer_set_fds(struct map_writer *writer, const struct map_fds *fds)
{
	writer->fds = *fds;
}

void map_writer_free(struct map_writer *writer)
{
	if (!writer)
		return;
	partial_mmap_close(&writer->services);
	partial_mmap_close(&writer->backends);
	partial_mmap_close(&writer->drops);
	pins_unmap(&writer->filters);
	pins_unmap(&writer->settings);
	rcu_sync_close(&writer->rcu_sync);
	free(writer);
}

struct ledger_memory map_writer_memory(const struct map_writer *writer)
{
	return (struct ledger_memory){
		.services = writer->services.memory,
		.service_rows = writer->services.rows,
		.backends = writer->backends.memory,
		.backend_rows = writer->backends.rows,
		.bucket_count = writer->bucket_count,
		.drops = writer->drops.memory,
		.filters = writer->filters.memory,
		.settings = writer->settings.memory,
	};
}

int map_writer_resync(struct map_writer *writer, struct ledger *ledger)
{
	struct ledger_memory memory = map_writer_memory(writer);
	struct ledger fresh;
	int err = ledger_init(&fresh, &memory);

	if (!err)
		err = map_resync_read(&writer->fds, &fresh);
	ledger_done(err ? &fresh : ledger);
	if (!err)
		*ledger = fresh;
	return err;
}

/* ------------------------------------------------------------------ arrays */

#define STORE(to, value) __atomic_store_n(&(to), value, __ATOMIC_RELEASE)

static struct service *service_at(const struct map_writer *writer, uint32_t row)
{
	return (struct service *)writer->services.memory + row;
}

static struct backend *backend_at(const struct map_writer *writer, uint32_t row)
{
	return (struct backend *)writer->backends.memory + row;
}

static int write_backend(struct map_writer *writer, const struct change *change)
{
	struct backend *row = backend_at(writer, change->row);
	struct backend resting = *change->backend;

	resting.generation = 0;
	memcpy(row, &resting, sizeof(*row));
	STORE(row->generation, change->backend->generation);
	return 0;
}

static int retire_backend(struct map_writer *writer, const struct change *change)
{
	struct backend *row = backend_at(writer, change->row);

	STORE(row->last_generation, row->generation);
	STORE(row->generation, 0);
	return 0;
}

static int write_backend_flags(struct map_writer *writer, const struct change *change)
{
	STORE(backend_at(writer, change->row)->flags, change->flags);
	return 0;
}

static int write_endpoint(struct map_writer *writer, const struct change *change)
{
	STORE(backend_at(writer, change->row)->endpoint, change->endpoint.endpoint);
	return 0;
}

static int write_info(struct map_writer *writer, const struct change *change)
{
	struct backend *row = backend_at(writer, change->row);

	STORE(row->share, change->info.share);
	STORE(row->weight, change->info.weight);
	STORE(row->slots, change->info.slots);
	STORE(row->priority, change->info.priority);
	STORE(row->locality, change->info.locality);
	return 0;
}

static int write_service(struct map_writer *writer, const struct change *change)
{
	struct service *row = service_at(writer, change->row);
	struct service unused = *change->service;

	unused.flags = 0;
	STORE(row->flags, 0);
	memcpy(row, &unused, sizeof(*row));
	STORE(row->flags, change->service->flags);
	return 0;
}

static int clear_service(struct map_writer *writer, const struct change *change)
{
	struct service *row = service_at(writer, change->row);

	STORE(row->table, TABLE_DESC(0, 0, 0, TABLE_GENERATION(row->table) + 1));
	STORE(row->local_table, TABLE_DESC(0, 0, 0, TABLE_GENERATION(row->local_table) + 1));
	STORE(row->flags, 0);
	return 0;
}

static int write_service_flags(struct map_writer *writer, const struct change *change)
{
	STORE(service_at(writer, change->row)->flags, change->flags);
	return 0;
}

static int write_table(struct map_writer *writer, const struct change *change)
{
	STORE(service_at(writer, change->row)->table, change->desc);
	return 0;
}

static int write_local_table(struct map_writer *writer, const struct change *change)
{
	STORE(service_at(writer, change->row)->local_table, change->desc);
	return 0;
}

static int write_drop(struct map_writer *writer, const struct change *change)
{
	STORE(service_at(writer, change->row)->drop, change->drop);
	return 0;
}

static int write_drops(struct map_writer *writer, const struct change *change)
{
	struct drops *row = (struct drops *)writer->drops.memory + change->row;

	for (int i = 0; i < DROP_CATEGORIES; i++) {
		STORE(row->upto[i], change->drops.row->upto[i]);
		if (change->drops.reset)
			STORE(row->refused[i], 0);
	}
	return 0;
}

/* Buckets written at a time. */
#define SLOTS_CHUNK 256

static int write_slots(struct map_writer *writer, const struct change *change)
{
	uint32_t end = change->slots.size;
	struct bucket chunk[SLOTS_CHUNK];
	int err = 0;

	for (uint32_t i = 0, count; !err && i < end; i += count) {
		count = end - i < SLOTS_CHUNK ? end - i : SLOTS_CHUNK;
		table_buckets(change->slots.table, change->slots.rows, i, count, chunk);
		err = partial_mmap_write(writer->fds.slots,
				       ((size_t)change->slots.offset + i) * sizeof(*chunk), chunk,
				       count * sizeof(*chunk));
	}
	return err;
}

static int set_destination(struct map_writer *writer, const struct change *change)
{
	struct filters *filters = writer->filters.memory;
	uint32_t bit = address_bit(&change->address);

	/* The packet path sets bits of the same word. */
	__atomic_fetch_or(&filters->destinations[bit / 64], 1ULL << bit % 64, __ATOMIC_RELEASE);
	return 0;
}

static void write_address(struct ip_addr *to, const struct ip_addr *from)
{
	for (int i = 0; i < 4; i++)
		STORE(to->word[i], from->word[i]);
}

static void write_addresses(struct settings *to, const struct settings *from, int family)
{
	write_address(&to->source[family], &from->source[family]);
	write_address(&to->listen[family], &from->listen[family]);
	for (int i = 0; i < MAX_SNAT; i++)
		write_address(&to->snat[family][i], &from->snat[family][i]);
	write_address(&to->inside[family], &from->inside[family]);
	write_address(&to->foreign[family], &from->foreign[family]);
	STORE(to->foreign_bits[family], from->foreign_bits[family]);
	STORE(to->snat_count[family], from->snat_count[family]);
}

/* Stores field by field; abi_version and the leases of followers have other writers. */
static int write_settings(struct map_writer *writer, const struct change *change)
{
	const struct settings *from = change->settings;
	struct settings *to = writer->settings.memory;

	STORE(to->network, from->network);
	STORE(to->hz, from->hz);
	STORE(to->takeover_ns, from->takeover_ns);
	for (int i = 0; i < IP_FAMILIES; i++)
		write_addresses(to, from, i);
	STORE(to->mtu, from->mtu);
	STORE(to->uplink, from->uplink);
	STORE(to->snat_first, from->snat_first);
	STORE(to->snat_last, from->snat_last);
	STORE(to->flows_per_owner, from->flows_per_owner);
	STORE(to->hop_mtu, from->hop_mtu);
	STORE(to->option_bytes, from->option_bytes);
	STORE(to->door_port, from->door_port);
	STORE(to->flags, from->flags);
	STORE(to->listen_port, from->listen_port);
	return 0;
}

/* ------------------------------------------------------------------ hashes */

static int set(int fd, const void *key, const void *value)
{
	return bpf_map_update_elem(fd, key, value, BPF_ANY) ? -errno : 0;
}

static int drop(int fd, const void *key)
{
	return bpf_map_delete_elem(fd, key) && errno != ENOENT ? -errno : 0;
}

static int set_name(struct map_writer *writer, const struct change *change)
{
	struct name name = {};

	strncpy(name.text, change->name.text, sizeof(name.text) - 1);
	return set(writer->fds.names, &change->name.key, &name);
}

static int set_allowed(struct map_writer *writer, const struct change *change)
{
	return set(writer->fds.allowed, &change->allowed, &(__u32){ 1 });
}

/* The key as the map of its family holds it; returns that map. */
static int narrow_vip(const struct map_writer *writer, const struct vip_key *vip, void *ret)
{
	enum family_index family = ip_is_v4(&vip->addr) ? FAMILY_4 : FAMILY_6;

	flow_form(family)->narrow_vip(vip, ret);
	return writer->fds.vips[family];
}

static int set_vip(struct map_writer *writer, const struct change *change)
{
	struct vip_key6 key;
	int fd = narrow_vip(writer, &change->vip, &key);

	return set(fd, &key, &change->row);
}

static int drop_vip(struct map_writer *writer, const struct change *change)
{
	struct vip_key6 key;
	int fd = narrow_vip(writer, &change->vip, &key);

	return drop(fd, &key);
}

static int mark_address(struct map_writer *writer, const struct change *change)
{
	const struct change mark = { .vip.addr = change->address };

	return set_vip(writer, &mark);
}

static int unmark_address(struct map_writer *writer, const struct change *change)
{
	const struct change mark = { .vip.addr = change->address };

	return drop_vip(writer, &mark);
}

/* ------------------------------------------------------------------ all kinds */

/* How a kind of change is written: by a function, with its row of `array` mapped first, or as an
 * element of a hash. Offsets: in struct map_writer, map_fds and change. */
struct writing {
	int (*write)(struct map_writer *, const struct change *);
	size_t array;           /* 0: none */
	size_t map, key, value; /* value 0: delete */
};

#define ROW(function, array_) { .write = function, .array = offsetof(struct map_writer, array_) }
#define DELETE(map_, key_)                                                                         \
	{ .map = offsetof(struct map_fds, map_), .key = offsetof(struct change, key_) }
#define SET(map_, key_, value_)                                                                    \
	{                                                                                          \
		.map = offsetof(struct map_fds, map_),                                      \
		.key = offsetof(struct change, key_), .value = offsetof(struct change, value_)     \
	}

static const struct writing writings[] = {
	[CHANGE_RCU_SYNC] = { .write = write_rcu_sync },
	[CHANGE_SETTINGS] = { .write = write_settings },
	[CHANGE_NETWORK_SET] = SET(networks, row, network),
	[CHANGE_NETWORK_REMOVE] = DELETE(networks, row),
	[CHANGE_GATEWAY_SET] = SET(gateways, gateway.key, gateway.value),
	[CHANGE_GATEWAY_REMOVE] = DELETE(gateways, gateway.key),
	[CHANGE_ALLOWED_SET] = { .write = set_allowed },
	[CHANGE_ALLOWED_REMOVE] = DELETE(allowed, allowed),
	[CHANGE_NAME_SET] = { .write = set_name },
	[CHANGE_NAME_REMOVE] = DELETE(names, name.key),
	[CHANGE_DESTINATION] = { .write = set_destination },
	[CHANGE_ADDRESS_ADD] = { .write = mark_address },
	[CHANGE_ADDRESS_REMOVE] = { .write = unmark_address },
	[CHANGE_BACKEND_RETIRE] = ROW(retire_backend, backends),
	[CHANGE_BACKEND] = ROW(write_backend, backends),
	[CHANGE_BACKEND_INFO] = ROW(write_info, backends),
	[CHANGE_BACKEND_FLAGS] = ROW(write_backend_flags, backends),
	[CHANGE_BACKEND_ENDPOINT] = ROW(write_endpoint, backends),
	[CHANGE_ENDPOINT_SET] = SET(endpoints, endpoint, row),
	[CHANGE_ENDPOINT_REMOVE] = DELETE(endpoints, endpoint),
	[CHANGE_SLOTS] = { .write = write_slots },
	[CHANGE_SERVICE] = ROW(write_service, services),
	[CHANGE_SERVICE_FLAGS] = ROW(write_service_flags, services),
	[CHANGE_TABLE] = ROW(write_table, services),
	[CHANGE_LOCAL_TABLE] = ROW(write_local_table, services),
	[CHANGE_DROPS] = ROW(write_drops, drops),
	[CHANGE_DROP] = ROW(write_drop, services),
	[CHANGE_SERVICE_CLEAR] = ROW(clear_service, services),
	[CHANGE_ID_SET] = SET(service_ids, id, row),
	[CHANGE_ID_REMOVE] = DELETE(service_ids, id),
	/* A move replaces the element. A packet that read the old one finds a row that still repeats
	 * this VIP, or another service's row, which fails the match. */
	[CHANGE_VIP_ADD] = { .write = set_vip },
	[CHANGE_VIP_MOVE] = { .write = set_vip },
	[CHANGE_VIP_REMOVE] = { .write = drop_vip },
};

int map_writer_apply(struct map_writer *writer, const struct change *change)
{
	const struct writing *how = &writings[change->kind];
	const char *at = (const char *)change;
	int fd, err = 0;

	if (how->array)
		err = partial_mmap_need((void *)((char *)writer + how->array),
					(size_t)change->row + 1);
	if (err)
		return err;
	if (how->write)
		return how->write(writer, change);
	memcpy(&fd, (const char *)&writer->fds + how->map, sizeof(fd));
	return how->value ? set(fd, at + how->key, at + how->value) : drop(fd, at + how->key);
}

int map_writer_judge_paths(struct map_writer *writer, uint32_t now)
{
	return narrow_paths_judge(writer->fds.paths, writer->settings.memory, now);
}

bool map_writer_narrow_path(const struct map_writer *writer, const struct ip_addr *peer,
			    uint32_t now, struct path *ret)
{
	const struct settings *settings = writer->settings.memory;

	return settings->narrow_paths && !bpf_map_lookup_elem(writer->fds.paths, peer, ret) &&
	       path_is_narrow(ret, settings->mtu, now, settings->hz);
}

int map_writer_put_path(struct map_writer *writer, const struct ip_addr *peer,
			const struct path *path)
{
	if (path)
		return narrow_paths_put(writer->fds.paths, writer->settings.memory, peer, path);
	return bpf_map_delete_elem(writer->fds.paths, peer) && errno != ENOENT ? -errno : 0;
}

void map_writer_set_version(struct map_writer *writer)
{
	struct settings *settings = writer->settings.memory;

	STORE(settings->abi_version, ABI_VERSION);
}
