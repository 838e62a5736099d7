/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the hashes of the kernel, so that the ledger can be rebuilt from what is pinned. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "hash_reader.h"
#include "map_resync.h"
#include "partial_mmap.h"

/* Elements of one hash, as they come. */
struct stock_list {
	char *items;
	size_t count, capacity;
};

static void *next(struct stock_list *list, size_t size)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 64;
		char *items = realloc(list->items, capacity * size);

		if (!items)
			return NULL;
		list->items = items;
		list->capacity = capacity;
	}
	return memset(list->items + list->count++ * size, 0, size);
}

static int take_vip(void *arg, const void *key, const void *value)
{
	struct ledger_vip *entry = next(arg, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	memcpy(&entry->key, key, sizeof(entry->key));
	memcpy(&entry->row, value, sizeof(entry->row));
	return 0;
}

static int take_id(void *arg, const void *key, const void *value)
{
	struct ledger_id *entry = next(arg, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	memcpy(&entry->key, key, sizeof(entry->key));
	memcpy(&entry->row, value, sizeof(entry->row));
	return 0;
}

static int take_network(void *arg, const void *key, const void *value)
{
	struct ledger_network *entry = next(arg, sizeof(*entry));
	struct network network;

	if (!entry)
		return -ENOMEM;
	memcpy(&entry->id, key, sizeof(entry->id));
	memcpy(&network, value, sizeof(network));
	entry->flags = network.flags;
	return 0;
}

static int take_gateway(void *arg, const void *key, const void *value)
{
	struct desired_gateway *entry = next(arg, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	memcpy(&entry->key, key, sizeof(entry->key));
	memcpy(&entry->value, value, sizeof(entry->value));
	return 0;
}

/* A trie has no batches by bucket number: key after key. */
static int take_ranges(int fd, struct stock_list *list)
{
	struct allowed_key key, *entry;
	bool started = false;

	while (!bpf_map_get_next_key(fd, started ? &key : NULL, &key)) {
		started = true;
		entry = next(list, sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		*entry = key;
	}
	return errno == ENOENT ? 0 : -errno;
}

static int take_name(void *arg, const void *key, const void *value)
{
	struct ledger_named *entry = next(arg, sizeof(*entry));
	struct name name;

	if (!entry)
		return -ENOMEM;
	memcpy(&entry->key, key, sizeof(entry->key));
	memcpy(&name, value, sizeof(name));
	name.text[sizeof(name.text) - 1] = '\0';
	entry->hash = ledger_hash_name(name.text);
	return 0;
}

int map_resync_take(const struct map_writer_fds *fds, struct ledger *ledger)
{
	struct stock_list vips = {}, ids = {}, networks = {}, gateways = {}, allowed = {}, names = {};
	const struct {
		int fd;
		uint32_t key_size, value_size;
		hash_reader_visit visit;
		struct stock_list *list;
	} parts[] = {
		{ fds->vips, sizeof(struct vip_key), 4, take_vip, &vips },
		{ fds->service_ids, sizeof(struct service_id_key), 4, take_id, &ids },
		{ fds->networks, 4, sizeof(struct network), take_network, &networks },
		{ fds->gateways, sizeof(struct gateway_key), sizeof(struct gateway), take_gateway,
		  &gateways },
		{ fds->names, sizeof(struct name_key), sizeof(struct name), take_name, &names },
	};
	struct ledger_entries entries;
	struct partial_mmap slots = {};
	int err = take_ranges(fds->allowed, &allowed);

	for (size_t i = 0; !err && i < sizeof(parts) / sizeof(*parts); i++)
		err = hash_reader_walk(parts[i].fd, parts[i].key_size, parts[i].value_size,
				       parts[i].visit, parts[i].list);
	if (!err)
		err = partial_mmap_open(fds->slots, &slots);
	entries = (struct ledger_entries){
		(void *)vips.items,	vips.count,	(void *)ids.items,     ids.count,
		(void *)networks.items, networks.count, (void *)gateways.items, gateways.count,
		(void *)allowed.items,	allowed.count,	(void *)names.items,   names.count,
		slots.memory,
	};
	if (!err)
		err = ledger_rebuild(ledger, &entries);
	partial_mmap_close(&slots);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		free(parts[i].list->items);
	free(allowed.items);
	return err;
}
