/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The only writer of the tables: carries changes out. */
#include "map_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "map_resync.h"
#include "partial_mmap.h"
#include "parallax_hash.h"
#include "pins.h"
#include "table_fill.h"

/* An array of one element. */
struct mapped {
	void *memory;
	size_t bytes;
};

struct map_writer {
	struct map_writer_fds fds;
	struct partial_mmap services, backends, drops;
	uint32_t bucket_count;
	struct mapped filters, settings;
	int rcu_sync_fd, rcu_sync_inner_fd;
};

static int map_one(int fd, struct mapped *ret)
{
	return pins_mmap(fd, true, &ret->memory, &ret->bytes);
}

/* Updating an array of maps waits for a grace period of RCU (kernel: maybe_wait_bpf_programs),
 * which no other call of ours promises. */
static int rcu_sync_open(struct map_writer *writer)
{
	LIBBPF_OPTS(bpf_map_create_opts, options);

	writer->rcu_sync_inner_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "px_rcu_sync_in", 4, 4, 1, NULL);
	if (writer->rcu_sync_inner_fd < 0)
		return -errno;
	options.inner_map_fd = (__u32)writer->rcu_sync_inner_fd;
	writer->rcu_sync_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "px_rcu_sync", 4, 4, 1, &options);
	return writer->rcu_sync_fd < 0 ? -errno : 0;
}

static int rcu_sync_wait(struct map_writer *writer)
{
	__u32 key = 0;

	return bpf_map_update_elem(writer->rcu_sync_fd, &key, &writer->rcu_sync_inner_fd, BPF_ANY) ?
		       -errno : 0;
}

int map_writer_new(const struct map_writer_fds *fds, struct map_writer **ret)
{
	struct map_writer *writer = calloc(1, sizeof(*writer));
	struct pin_map slots;
	int err;

	if (!writer)
		return -ENOMEM;
	writer->fds = *fds;
	writer->rcu_sync_fd = writer->rcu_sync_inner_fd = -1;
	err = partial_mmap_open(fds->services, &writer->services);
	if (!err)
		err = partial_mmap_open(fds->backends, &writer->backends);
	if (!err)
		err = pins_map_info(fds->slots, &slots);
	if (!err)
		writer->bucket_count = slots.max_entries;
	if (!err)
		err = partial_mmap_open(fds->drops, &writer->drops);
	if (!err)
		err = map_one(fds->filters, &writer->filters);
	if (!err)
		err = map_one(fds->settings, &writer->settings);
	if (!err)
		err = rcu_sync_open(writer);
	if (err) {
		map_writer_free(writer);
		return err;
	}
	*ret = writer;
	return 0;
}

void map_writer_free(struct map_writer *writer)
{
	if (!writer)
		return;
	partial_mmap_close(&writer->services);
	partial_mmap_close(&writer->backends);
	partial_mmap_close(&writer->drops);
	pins_unmap(writer->filters.memory, writer->filters.bytes);
	pins_unmap(writer->settings.memory, writer->settings.bytes);
	if (writer->rcu_sync_fd >= 0)
		close(writer->rcu_sync_fd);
	if (writer->rcu_sync_inner_fd >= 0)
		close(writer->rcu_sync_inner_fd);
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
	return map_resync_take(&writer->fds, ledger);
}

/* ------------------------------------------------------------------ arrays */

#define STORE(to, value) __atomic_store_n(&(to), value, __ATOMIC_RELEASE)

static int write_backend(struct map_writer *writer, const struct change *change)
{
	struct backend *row = (struct backend *)writer->backends.memory + change->row;
	struct backend resting = *change->backend;

	resting.generation = 0;
	memcpy(row, &resting, sizeof(*row));
	STORE(row->generation, change->backend->generation);
	return 0;
}

static int retire_backend(struct map_writer *writer, uint32_t b)
{
	struct backend *row = (struct backend *)writer->backends.memory + b;

	STORE(row->last_generation, row->generation);
	STORE(row->generation, 0);
	return 0;
}

static int write_info(struct map_writer *writer, const struct change *change)
{
	struct backend *row = (struct backend *)writer->backends.memory + change->row;

	STORE(row->share, change->info.share);
	STORE(row->weight, change->info.weight);
	STORE(row->slots, change->info.slots);
	STORE(row->priority, change->info.priority);
	STORE(row->locality, change->info.locality);
	return 0;
}

static int write_service(struct map_writer *writer, const struct change *change)
{
	struct service *row = (struct service *)writer->services.memory + change->row;
	struct service unused = *change->service;

	unused.flags = 0;
	STORE(row->flags, 0);
	memcpy(row, &unused, sizeof(*row));
	STORE(row->flags, change->service->flags);
	return 0;
}

static int clear_service(struct map_writer *writer, uint32_t r)
{
	struct service *row = (struct service *)writer->services.memory + r;

	STORE(row->table, TABLE_DESC(0, 0, 0, TABLE_GENERATION(row->table) + 1));
	STORE(row->local_table, TABLE_DESC(0, 0, 0, TABLE_GENERATION(row->local_table) + 1));
	STORE(row->flags, 0);
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

static int set_destination(struct map_writer *writer, __be32 address)
{
	struct filters *filters = writer->filters.memory;
	uint32_t bit = address_bit(address);

	/* The packet path sets bits of this word, too. */
	__atomic_fetch_or(&filters->destinations[bit / 64], 1ULL << bit % 64, __ATOMIC_RELEASE);
	return 0;
}

/* Each field by itself; abi_version and follow_until belong to others. */
static int write_settings(struct map_writer *writer, const struct settings *from)
{
	struct settings *to = writer->settings.memory;

	STORE(to->network, from->network);
	STORE(to->hz, from->hz);
	STORE(to->takeover_ns, from->takeover_ns);
	for (int i = 0; i < 4; i++) {
		STORE(to->source.v6[i], from->source.v6[i]);
		STORE(to->listen.v6[i], from->listen.v6[i]);
	}
	STORE(to->mtu, from->mtu);
	STORE(to->uplink, from->uplink);
	for (int i = 0; i < MAX_SNAT; i++)
		STORE(to->snat[i], from->snat[i]);
	STORE(to->snat_count, from->snat_count);
	STORE(to->snat_first, from->snat_first);
	STORE(to->snat_last, from->snat_last);
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

static int write_entry(struct map_writer *writer, const struct change *change)
{
	const struct vip_key mark = { .addr = change->address };
	__u32 one = 1;

	switch (change->kind) {
	case CHANGE_NETWORK_SET:
		return set(writer->fds.networks, &change->row, &change->network);
	case CHANGE_NETWORK_REMOVE:
		return drop(writer->fds.networks, &change->row);
	case CHANGE_GATEWAY_SET:
		return set(writer->fds.gateways, &change->gateway.key, &change->gateway.value);
	case CHANGE_GATEWAY_REMOVE:
		return drop(writer->fds.gateways, &change->gateway.key);
	case CHANGE_ALLOWED_SET:
		return set(writer->fds.allowed, &change->allowed, &one);
	case CHANGE_ALLOWED_REMOVE:
		return drop(writer->fds.allowed, &change->allowed);
	case CHANGE_NAME_SET:
		return set_name(writer, change);
	case CHANGE_NAME_REMOVE:
		return drop(writer->fds.names, &change->name.key);
	case CHANGE_ID_SET:
		return set(writer->fds.service_ids, &change->id, &change->row);
	case CHANGE_ID_REMOVE:
		return drop(writer->fds.service_ids, &change->id);
	case CHANGE_VIP_ADD:
	case CHANGE_VIP_MOVE:
		/* A move replaces the element: who reads the old one meanwhile comes to a row that
		 * still repeats this VIP, or is told off by another row's. */
		return set(writer->fds.vips, &change->vip, &change->row);
	case CHANGE_VIP_REMOVE:
		return drop(writer->fds.vips, &change->vip);
	case CHANGE_ADDRESS_ADD:
		return set(writer->fds.vips, &mark, &(uint32_t){ 0 });
	case CHANGE_ADDRESS_REMOVE:
		return drop(writer->fds.vips, &mark);
	default:
		return -EINVAL;
	}
}

/* Makes what the change is about writable. */
static int reach(struct map_writer *writer, const struct change *change)
{
	switch (change->kind) {
	case CHANGE_BACKEND_RETIRE:
	case CHANGE_BACKEND:
	case CHANGE_BACKEND_INFO:
	case CHANGE_BACKEND_FLAGS:
		return partial_mmap_need(&writer->backends, (size_t)change->row + 1);
	case CHANGE_SERVICE:
	case CHANGE_SERVICE_FLAGS:
	case CHANGE_TABLE:
	case CHANGE_LOCAL_TABLE:
	case CHANGE_DROP:
	case CHANGE_SERVICE_CLEAR:
		return partial_mmap_need(&writer->services, (size_t)change->row + 1);
	case CHANGE_DROPS:
		return partial_mmap_need(&writer->drops, (size_t)change->row + 1);
	default:
		return 0;
	}
}

int map_writer_apply(struct map_writer *writer, const struct change *change)
{
	struct service *services = writer->services.memory;
	struct backend *backends = writer->backends.memory;
	int err = reach(writer, change);

	if (err)
		return err;
	switch (change->kind) {
	case CHANGE_RCU_SYNC:
		return rcu_sync_wait(writer);
	case CHANGE_SETTINGS:
		return write_settings(writer, change->settings);
	case CHANGE_DESTINATION:
		return set_destination(writer, change->address);
	case CHANGE_BACKEND_RETIRE:
		return retire_backend(writer, change->row);
	case CHANGE_BACKEND:
		return write_backend(writer, change);
	case CHANGE_BACKEND_INFO:
		return write_info(writer, change);
	case CHANGE_BACKEND_FLAGS:
		STORE(backends[change->row].flags, change->flags);
		return 0;
	case CHANGE_SLOTS:
		return write_slots(writer, change);
	case CHANGE_SERVICE:
		return write_service(writer, change);
	case CHANGE_SERVICE_FLAGS:
		STORE(services[change->row].flags, change->flags);
		return 0;
	case CHANGE_TABLE:
		STORE(services[change->row].table, change->desc);
		return 0;
	case CHANGE_LOCAL_TABLE:
		STORE(services[change->row].local_table, change->desc);
		return 0;
	case CHANGE_DROPS:
		return write_drops(writer, change);
	case CHANGE_DROP:
		STORE(services[change->row].drop, change->drop);
		return 0;
	case CHANGE_SERVICE_CLEAR:
		return clear_service(writer, change->row);
	default:
		return write_entry(writer, change);
	}
}

void map_writer_set_version(struct map_writer *writer)
{
	struct settings *settings = writer->settings.memory;

	STORE(settings->abi_version, ABI_VERSION);
}
