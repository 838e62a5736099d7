/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads a ledger from the kernel's maps. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <bpf/bpf.h>

#include "array.h"
#include "flow_form.h"
#include "hash_reader.h"
#include "map_resync.h"
#include "partial_mmap.h"

/* A trie has no batches by bucket number: read it key by key. */
static int read_ranges(int fd, struct ledger *ledger)
{
	struct allowed_key key;
	bool started = false;
	int err = 0;

	while (!err && !bpf_map_get_next_key(fd, started ? &key : NULL, &key)) {
		started = true;
		err = ledger_read_allowed(ledger, &key);
	}
	return err || errno == ENOENT ? err : -errno;
}

static int read_name(void *ledger, const void *key, const void *value)
{
	struct name name;

	memcpy(&name, value, sizeof(name));
	name.text[sizeof(name.text) - 1] = '\0';
	return ledger_set_name(ledger, key, ledger_hash_name(name.text));
}

struct vip_reading {
	struct ledger *ledger;
	const struct flow_form *form;
};

static int read_vip(void *arg, const void *element, const void *row)
{
	const struct vip_reading *reading = arg;
	struct vip_key key;

	reading->form->widen_vip(element, &key);
	return ledger_read_vip(reading->ledger, &key, *(const uint32_t *)row);
}

static int read_vips(const struct map_fds *fds, struct ledger *ledger)
{
	int err = 0;

	for (int family = 0; !err && family < FAMILIES; family++) {
		struct vip_reading reading = { ledger, flow_form(family) };

		if (fds->vips[family] >= 0)
			err = hash_reader_walk(fds->vips[family], reading.form->vip_size,
					       sizeof(uint32_t), read_vip, &reading);
	}
	return err;
}

static int read_hashes(const struct map_fds *fds, struct ledger *ledger)
{
	const struct {
		int fd;
		uint32_t key_size, value_size;
		hash_reader_visit read;
	} maps[] = {
		{ fds->service_ids, sizeof(struct service_id_key), sizeof(uint32_t),
		  ledger_read_id },
		{ fds->endpoints, sizeof(struct endpoint_key), sizeof(uint32_t),
		  ledger_read_endpoint },
		{ fds->networks, sizeof(uint32_t), sizeof(struct network), ledger_read_network },
		{ fds->gateways, sizeof(struct gateway_key), sizeof(struct gateway),
		  ledger_read_gateway },
		{ fds->names, sizeof(struct name_key), sizeof(struct name), read_name },
	};
	int err = read_vips(fds, ledger);

	for (size_t i = 0; !err && i < COUNT(maps); i++)
		err = hash_reader_walk(maps[i].fd, maps[i].key_size, maps[i].value_size,
				       maps[i].read, ledger);
	return err;
}

int map_resync_read(const struct map_fds *fds, struct ledger *ledger)
{
	struct partial_mmap slots = {};
	int err = read_ranges(fds->allowed, ledger);

	if (!err)
		err = read_hashes(fds, ledger);
	if (!err)
		err = partial_mmap_open(fds->slots, &slots);
	if (!err)
		err = ledger_rebuild(ledger, slots.memory);
	partial_mmap_close(&slots);
	return err;
}
