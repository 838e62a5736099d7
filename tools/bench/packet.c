/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cost per packet of the shipped programs, by BPF_PROG_TEST_RUN; see packet_run.c. */
#include "packet.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "harness.skel.h"
#include "parallax_limits.h"

static const char usage[] =
	"usage: packet [-r ROUNDS] [-n REPETITIONS] [-c PART_OF_CASE] [-f FLOWS] [-s | -p]\n"
	"  -f  this number of flows alone, a power of two\n"
	"  -s  cost against size: services and endpoints, instead of the cases;\n"
	"      with -f the largest alone\n"
	"  -p  the steps a packet's path is made of, instead of the cases\n";

struct packet_options packet_options = {.rounds = 9, .repetitions = 200000};

unsigned int bench_flow_limit = DEFAULT_FLOWS;

/* ------------------------------------------------------------------ a case */

static void clear_fast(int fd)
{
	size_t room = 1u << 21, count = 0;
	struct flow_key *keys = calloc(room, sizeof(*keys)), *last = NULL;

	while (keys && count < room && !bpf_map_get_next_key(fd, last, &keys[count]))
		last = &keys[count++];
	for (size_t i = 0; i < count; i++)
		bpf_map_delete_elem(fd, &keys[i]);
	free(keys);
}

static enum device device_of(const struct packet_case *c)
{
	if (c->device)
		return c->device;
	return c->program == UPLINK || c->program == XDP ? DEVICE_UPLINK : DEVICE_POD0;
}

static int program_fd(struct world *world, const struct packet_case *c)
{
	return world->programs[c->program];
}

int packet_put_flows(struct world *world, const struct packet_case *c, uint32_t flows)
{
	uint32_t ticks = world_ticks(world);

	for (uint32_t i = 0; c->flow && i < flows; i++) {
		struct flow_key key[2];
		struct flow flow[2];

		memset(flow, 0, sizeof(flow));
		c->flow(i, key, flow);
		for (int half = 0; half < 2; half++) {
			flow[half].seen = flow[half].opened = ticks;
			if (world_put_flow(world, "flows", &key[half], &flow[half]))
				return packet_failed("the flow table is too small");
		}
	}
	return 0;
}

static uint64_t counted(struct world *world, const struct packet_case *c)
{
	static const enum hook hooks[] = {[FROM_POD] = HOOK_FROM_POD, [TO_POD] = HOOK_TO_POD,
					  [UPLINK] = HOOK_UPLINK, [XDP] = HOOK_XDP};
	struct counts counts;
	uint64_t sum = 0;

	world_counts(world, &counts);
	for (int i = 0; i < HOOK_COUNT * REASON_COUNT; i++)
		if (!c->count || i == (int)COUNTER(hooks[c->program], c->count))
			sum += counts.packets[i];
	return sum;
}

static bool empty_map(struct world *world, const char *map)
{
	struct flow_key key;

	return bpf_map_get_next_key(world_map_fd(world, map), NULL, &key) != 0;
}

bool packet_opens_flows(const struct packet_case *c)
{
	return c->count && !c->flow && c->program == FROM_POD;
}

/* Verdict and frame are the same for a hit and a miss, so counters and tables are checked. */
static int confirm(struct world *world, const struct packet_case *c)
{
	bool opens = packet_opens_flows(c);

	if (c->count ? !counted(world, c) : counted(world, c) != 0)
		return packet_failed("the counters tell another story");
	if (opens != !empty_map(world, "embryonic") || (!c->flow && !opens && !empty_map(world, "flows")))
		return packet_failed("flows were opened, or were not");
	return 0;
}

void packet_clear_flows(struct world *world)
{
	clear_fast(world_map_fd(world, "flows"));
	clear_fast(world_map_fd(world, "embryonic"));
}

int packet_rounds(struct world *world, const struct packet_case *c, uint32_t flows)
{
	struct port_values ports = {0};
	struct frame frame;
	int ret = 0;

	pkt_build(&c->in, &ports, &frame);
	for (uint32_t round = 0; !ret && round < packet_options.rounds; round++)
		ret = (c->single ? packet_single_round : packet_round)(c, program_fd(world, c),
							     world->ifindex[device_of(c)], &frame,
							     flows, round);
	fflush(stdout);
	return ret ? ret : confirm(world, c);
}

static int run_case(struct world *world, const struct packet_case *c, uint32_t flows)
{
	int ret;

	packet_clear_flows(world);
	world_reset(world);
	c->setup(world);
	ret = packet_put_flows(world, c, flows);
	return ret ? ret : packet_rounds(world, c, flows);
}

static int run_cases(struct world *world)
{
	static const uint32_t all[] = {1, 1024, 65536};

	for (unsigned int i = 0; i < packet_case_count; i++) {
		const struct packet_case *c = &packet_cases[i];

		if (packet_options.only && !strstr(c->name, packet_options.only))
			continue;
		if (packet_opens_flows(c) || packet_options.flows) {
			if (run_case(world, c, packet_options.flows ? packet_options.flows : 1u << 24))
				return -1;
			continue;
		}
		for (unsigned int f = 0; f < 3; f++)
			if (run_case(world, c, all[f]))
				return -1;
	}
	return 0;
}

/* ------------------------------------------------------------------ main */

static void read_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "r:n:c:f:sp")) != -1) {
		if (c == 'r')
			packet_options.rounds = (uint32_t)atoi(optarg);
		else if (c == 'n')
			packet_options.repetitions = (uint32_t)atoi(optarg);
		else if (c == 'c')
			packet_options.only = optarg;
		else if (c == 'f')
			packet_options.flows = (uint32_t)atoi(optarg);
		else if (c == 's')
			packet_options.sizes = true;
		else if (c == 'p')
			packet_options.steps = true;
		else {
			fputs(usage, stderr);
			exit(64);
		}
	}
}

int main(int argc, char **argv)
{
	struct world world;
	int ret;

	read_options(argc, argv);
	while (bench_flow_limit < 4 * packet_options.flows)
		bench_flow_limit *= 2;
	if (world_open(&world) || packet_open_harness() ||
	    system("ip route add 10.64.0.0/12 dev pod0") != 0)
		return 1;
	ret = packet_options.steps ? packet_steps(&world) : packet_options.sizes ? packet_sizes(&world) : run_cases(&world);
	world_close(&world);
	return ret ? 1 : 0;
}
