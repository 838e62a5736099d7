/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rebuilds the ledger from the kernel's maps. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "hash_reader.h"
#include "map_resync.h"
#include "partial_mmap.h"

/* A trie has no batches by bucket number: read it key by key. */
static int read_ranges(int fd, struct hash_list *list)
{
	struct allowed_key key, *entry;
	bool started = false;

	while (!bpf_map_get_next_key(fd, started ? &key : NULL, &key)) {
		started = true;
		entry = hash_list_next(list);
		if (!entry)
			return -ENOMEM;
		*entry = key;
	}
	return errno == ENOENT ? 0 : -errno;
}

/* Keeps the hash of the text, which would take much more memory. */
static int add_name(void *arg, const void *key, const void *value)
{
	struct ledger_named *entry = hash_list_next(arg);
	struct name name;

	if (!entry)
		return -ENOMEM;
	memcpy(&entry->key, key, sizeof(entry->key));
	memcpy(&name, value, sizeof(name));
	name.text[sizeof(name.text) - 1] = '\0';
	entry->hash = ledger_hash_name(name.text);
	return 0;
}

enum { VIPS, IDS, NETWORKS, GATEWAYS, ALLOWED, NAMES, LISTS };

static int read_lists(const struct map_fds *fds, struct hash_list lists[LISTS])
{
	const int list_fds[] = { fds->vips, fds->service_ids, fds->networks, fds->gateways };
	int err = read_ranges(fds->allowed, &lists[ALLOWED]);

	for (int i = VIPS; !err && i <= GATEWAYS; i++)
		err = hash_list_read(list_fds[i], &lists[i]);
	return err ? err : hash_reader_walk(fds->names, sizeof(struct name_key),
					    sizeof(struct name), add_name, &lists[NAMES]);
}

static struct ledger_entries make_entries(const struct hash_list *lists,
					  const struct bucket *buckets)
{
	return (struct ledger_entries){
		(void *)lists[VIPS].items, lists[VIPS].count,
		(void *)lists[IDS].items, lists[IDS].count,
		(void *)lists[NETWORKS].items, lists[NETWORKS].count,
		(void *)lists[GATEWAYS].items, lists[GATEWAYS].count,
		(void *)lists[ALLOWED].items, lists[ALLOWED].count,
		(void *)lists[NAMES].items, lists[NAMES].count,
		buckets,
	};
}

int map_resync_take(const struct map_fds *fds, struct ledger *ledger)
{
	struct hash_list lists[LISTS] = {
		[VIPS] = HASH_LIST(struct ledger_vip, key, row),
		[IDS] = HASH_LIST(struct ledger_id, key, row),
		[NETWORKS] = HASH_LIST(struct ledger_network, id, flags),
		[GATEWAYS] = HASH_LIST(struct desired_gateway, key, value),
		[ALLOWED] = { .size = sizeof(struct allowed_key) },
		[NAMES] = { .size = sizeof(struct ledger_named) },
	};
	struct ledger_entries entries;
	struct partial_mmap slots = {};
	int err = read_lists(fds, lists);

	if (!err)
		err = partial_mmap_open(fds->slots, &slots);
	entries = make_entries(lists, slots.memory);
	if (!err)
		err = ledger_rebuild(ledger, &entries);
	partial_mmap_close(&slots);
	for (int i = 0; i < LISTS; i++)
		free(lists[i].items);
	return err;
}
