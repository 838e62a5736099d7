/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reading counters and flows back, and changing flows under the programs. */
#include "world.h"

#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

void world_counts(struct world *world, struct counts *ret)
{
	static struct cpu cpus[256];
	int count = libbpf_num_possible_cpus();

	memset(ret, 0, sizeof(*ret));
	if (count > 256 ||
	    bpf_map_lookup_elem(world_map_fd(world, "counters"), &(uint32_t){0}, cpus))
		return;
	for (int cpu = 0; cpu < count; cpu++)
		for (uint32_t i = 0; i < HOOK_COUNT * REASON_COUNT; i++) {
			ret->packets[i] += cpus[cpu].counters[i].packets;
			ret->bytes[i] += cpus[cpu].counters[i].bytes;
		}
}

int world_put_flow(struct world *world, const char *map, const struct flow_key *key,
		   const struct flow *flow)
{
	return bpf_map_update_elem(world_map_fd(world, map), key, flow, BPF_NOEXIST);
}

/* An update moves its element to the head of the bucket, so a walk that updates elements would
 * never end. */
static uint32_t list_keys(int fd, struct flow_key *keys, uint32_t room)
{
	struct flow_key *last = NULL;
	uint32_t count = 0;

	while (count < room && !bpf_map_get_next_key(fd, last, &keys[count]))
		last = &keys[count++];
	return count;
}

uint32_t world_flows(struct world *world, const char *map, const struct flow_visit *visit)
{
	struct flow_key keys[WORLD_EMBRYONIC];
	int fd = world_map_fd(world, map);
	uint32_t count = list_keys(fd, keys, WORLD_EMBRYONIC);
	struct flow flow;

	for (uint32_t i = 0; visit && i < count; i++) {
		if (bpf_map_lookup_elem(fd, &keys[i], &flow))
			continue;
		visit->visit(&keys[i], &flow, visit->data);
		bpf_map_update_elem(fd, &keys[i], &flow, BPF_EXIST);
	}
	return count;
}

static void age(const struct flow_key *key, struct flow *flow, void *data)
{
	(void)key;
	flow->seen -= *(uint32_t *)data;
	flow->opened -= *(uint32_t *)data;
}

void world_let_pass(struct world *world, uint32_t seconds)
{
	uint32_t ticks = seconds * world->hz;
	struct flow_visit visit = {.visit = age, .data = &ticks};

	world_flows(world, "flows", &visit);
	world_flows(world, "embryonic", &visit);
}
