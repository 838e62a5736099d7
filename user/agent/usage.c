/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections, bytes and packets of services, brought up to date by each sweep of the flows. */
#include "usage.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "agent.h"
#include "hash_reader.h"
#include "log.h"
#include "parallax_flow.h"
#include "usage_map.h"
#include "usage_table.h"

#define FORGET_TRIES 16

static int usage_fd(const struct agent *agent)
{
	return dataplane_fds(agent->kernel.dataplane).usage;
}

static int add_ended(void *arg, const void *key, const void *value)
{
	struct usage usage;
	struct usage_key copy;

	memcpy(&copy, key, sizeof(copy));
	memcpy(&usage, value, sizeof(usage));
	return usage_table_add_ended(arg, &copy, &usage);
}

/* The map is read before the flows: a flow that ends meanwhile is missing, never counted twice. */
void usage_begin(struct agent *agent)
{
	struct usage_table *table = usage_table_new();
	int err = table ? hash_reader_walk(usage_fd(agent), sizeof(struct usage_key),
					   sizeof(struct usage), add_ended, table) :
			  -ENOMEM;

	usage_table_free(agent->usage.next);
	agent->usage.next = err ? NULL : table;
	if (!err)
		return;
	usage_table_free(table);
	log_debug("reading connections and bytes of services: %s", strerror(-err));
}

static const struct peer *peer_at(const struct agent *agent, uint32_t row)
{
	const struct pin_array *peers = &agent->usage.peers;

	return row < peers->count ? (const struct peer *)peers->memory + row : NULL;
}

static void find_key(const struct agent *agent, const struct flow_key *key, const struct flow *flow,
		     struct usage_key *ret)
{
	const struct ledger_memory memory = map_writer_memory(agent->kernel.writer);
	const struct backend *backend =
		flow->backend < memory.backend_rows ? &memory.backends[flow->backend] : NULL;

	usage_key_fill(ret, key, flow, backend, peer_at(agent, flow->backend),
		       peer_at(agent, usage_gateway(key, flow)), memory.settings);
}

void usage_visit(struct agent *agent, const struct flow_key *key, const struct flow *flow,
		 bool deleted)
{
	struct usage_key usage_key;
	struct usage_item *item;

	if (!agent->usage.next || !usage_counts(key, flow))
		return;
	find_key(agent, key, flow, &usage_key);
	item = usage_table_item(agent->usage.next, &usage_key);
	if (item)
		usage_add_entry(deleted ? &item->swept : &item->live, key, flow);
}

static bool is_served(const struct ledger_memory *memory, uint64_t id)
{
	for (uint32_t row = 0; row < memory->service_rows; row++)
		if (memory->services[row].id == id && memory->services[row].flags & SERVICE_IN_USE)
			return true;
	return false;
}

/* A service that is gone, and has no flow left, gives its places back; a few of them are looked for after
 * each sweep. */
static void forget_gone(struct agent *agent, int fd, const struct usage_item *items, size_t count)
{
	const struct ledger_memory memory = map_writer_memory(agent->kernel.writer);

	for (size_t i = 0; i < count && i < FORGET_TRIES; i++) {
		const struct usage_item *item = &items[agent->usage.clock++ % count];

		if (item->key.service_id && !item->live.flows &&
		    !is_served(&memory, item->key.service_id))
			usage_map_forget(fd, &item->key);
	}
}

/* Keeps the flows that this sweep deleted. */
static void write_swept(int fd, const struct usage_item *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].swept.flows || items[i].swept.sent || items[i].swept.received)
			usage_map_add(fd, &items[i].key, &items[i].swept);
}

void usage_finish(struct agent *agent, bool whole)
{
	struct usage_table *next = agent->usage.next;
	const struct usage_item *items;
	size_t count;

	agent->usage.next = NULL;
	if (!next)
		return;
	items = usage_table_items(next, &count);
	write_swept(usage_fd(agent), items, count);
	if (!whole) {
		usage_table_free(next);
		return;
	}
	forget_gone(agent, usage_fd(agent), items, count);
	usage_table_settle(next, agent->usage.shown);
	usage_table_free(agent->usage.shown);
	agent->usage.shown = next;
}

/* The elements that count drops for which there is no room are made while there is some. */
static void begin_drops(int fd)
{
	static const uint64_t none;
	struct network_drop_key key = {};

	for (key.reason = REASON_NONE + 1; key.reason < REASON_COUNT; key.reason++)
		bpf_map_update_elem(fd, &key, &none, BPF_NOEXIST);
}

int usage_open(struct agent *agent)
{
	const struct map_fds fds = dataplane_fds(agent->kernel.dataplane);

	usage_map_begin(fds.usage);
	begin_drops(fds.network_drops);
	return pins_mmap(fds.peers, false, &agent->usage.peers);
}

void usage_done(struct agent *agent)
{
	usage_finish(agent, false);
	pins_unmap(&agent->usage.peers);
	agent->usage.peers = (struct pin_array){};
	usage_table_free(agent->usage.shown);
	agent->usage.shown = NULL;
}
