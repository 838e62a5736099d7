/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cost against the number of services and endpoints; and of the steps a packet's path is made of. */
#include "packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../../tests/table_of.h"
#include "harness.skel.h"

/* ------------------------------------------------------------------ cost against size */

static const struct packet_case *case_named(const char *name)
{
	for (unsigned int i = 0; i < packet_case_count; i++)
		if (!strcmp(packet_cases[i].name, name))
			return &packet_cases[i];
	return NULL;
}

static int run_size(struct world *world, const char *name, uint32_t services, uint32_t endpoints)
{
	struct packet_case c = *case_named(name);
	uint32_t flows;
	char label[96];
	int ret;

	packet_clear_flows(world);
	world_reset(world);
	packet_fill(world, services, endpoints);
	snprintf(label, sizeof(label), "%s; %u services, %u endpoints", name, services, endpoints);
	c.name = label;
	c.check_mask = 0xffc00000;
	if (!c.flow && !c.count) /* another destination each time: some meet a bit of the filter */
		c.destination = true, c.in.daddr = IP(10, 96, 0, 0), c.in.dport = HARNESS_PORT,
		c.check = c.in.daddr, c.check_mask = 0xffff0000;
	flows = packet_opens_flows(&c) ? 1u << 24 : !c.flow ? 65536 :
		packet_options.flows ? packet_options.flows : 1024;
	ret = packet_put_flows(world, &c, flows);
	return ret ? ret : packet_rounds(world, &c, flows);
}

static int run_all_sizes(struct world *world, const char *name)
{
	static const uint32_t sizes[][2] = {{1, 10}, {1, 100}, {1, 1000}, {1, 10000}, {1, 100000},
					    {10, 10}, {100, 100}, {1000, 1000}, {10000, 10000},
					    {10000, 100000}};

	for (unsigned int s = 0; s < sizeof(sizes) / sizeof(*sizes); s++)
		if (run_size(world, name, sizes[s][0], sizes[s][1]))
			return -1;
	return 0;
}

int packet_sizes(struct world *world)
{
	if (packet_options.flows) /* everything large at once */
		return run_size(world, "local hit, stack", 10000, 100000);
	if (run_all_sizes(world, "local hit, stack") || run_all_sizes(world, "new flow"))
		return -1;
	return run_all_sizes(world, "not a service");
}

/* ------------------------------------------------------------------ single steps */

static int fill_table(void)
{
	uint8_t value[64] = {0};

	for (uint32_t i = 0; i < 131072; i++) {
		uint32_t key[4] = {i, 0, 0, 0};

		if (bpf_map_update_elem(bpf_map__fd(packet_harness->maps.table), key, value, BPF_ANY))
			return packet_failed("filling the table");
	}
	return 0;
}

static int run_step(struct world *world, const char *name, struct bpf_program *program, int verdict,
		    int change, uint32_t flows)
{
	struct packet_case c = *case_named(change ? "gateway decap" : "not a service");
	struct port_values ports = {0};
	struct frame frame;
	char label[64];
	int ret = 0;

	snprintf(label, sizeof(label), "step: %s", name);
	c.name = label;
	c.verdict = verdict;
	c.check_mask = 1;
	c.check_at = 0;
	c.check = 0;
	pkt_build(&c.in, &ports, &frame);
	for (uint32_t round = 0; !ret && round < packet_options.rounds; round++)
		ret = packet_round(&c, bpf_program__fd(program), world->ifindex[DEVICE_POD0], &frame,
				flows, round);
	return ret;
}

/* Walks over a table of `backends` backends, each with another hash. */
static int run_walk(struct world *world, uint32_t backends)
{
	struct bpf_map *map = packet_harness->maps.slots;
	size_t bytes = (size_t)bpf_map__max_entries(map) * sizeof(struct bucket);
	struct bucket *slots = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
				    bpf_map__fd(map), 0);
	uint32_t *rows = calloc(backends, sizeof(*rows));
	char name[64];

	if (slots == MAP_FAILED || !rows)
		return packet_failed("making a table");
	for (uint32_t i = 0; i < backends; i++)
		rows[i] = i + 1;
	packet_harness->bss->config.table = table_of(slots, 0, rows, NULL, backends, 1);
	free(rows);
	munmap(slots, bytes);
	snprintf(name, sizeof(name), "walk, %u backend%s", backends, backends == 1 ? "" : "s");
	return run_step(world, name, packet_harness->progs.step_walk, NEXT, 0, 1);
}

static int run_walks(struct world *world)
{
	static const uint32_t sizes[] = {1, 2, 3, 10, 100, 1000, 10000};
	int ret = 0;

	for (unsigned int i = 0; !ret && i < sizeof(sizes) / sizeof(*sizes); i++)
		ret = run_walk(world, sizes[i]);
	return ret;
}

int packet_steps(struct world *world)
{
	const struct {
		const char *name;
		struct bpf_program *program;
		int verdict, change;
		uint32_t keys;
	} steps[] = {
		{"hash look-up", packet_harness->progs.step_lookup, NEXT, 0, 1},
		{"hash look-up", packet_harness->progs.step_lookup, NEXT, 0, 65536},
		{"l4_csum_replace", packet_harness->progs.step_l4_csum, NEXT, 0, 1},
		{"skb_store_bytes", packet_harness->progs.step_store, NEXT, 0, 1},
		{"jiffies64", packet_harness->progs.step_jiffies, NEXT, 0, 1},
		{"redirect", packet_harness->progs.step_redirect, REDIRECT, 0, 1},
		{"adjust_room, shorter", packet_harness->progs.step_shrink, NEXT, 1, 1},
	};
	int ret = fill_table();

	for (unsigned int i = 0; !ret && i < sizeof(steps) / sizeof(*steps); i++)
		ret = run_step(world, steps[i].name, steps[i].program, steps[i].verdict,
			       steps[i].change, steps[i].keys);
	return ret ? ret : run_walks(world);
}
