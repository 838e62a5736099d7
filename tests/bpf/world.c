/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loading the programs with small maps, and emptying these between rows. */
#if PLAIN_FAMILY == 6
#define parallax_bpf parallax6_bpf
#define parallax_bpf__open parallax6_bpf__open
#define parallax_bpf__load parallax6_bpf__load
#define parallax_bpf__destroy parallax6_bpf__destroy
#endif

#include "world.h"
#include "conntrack.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#if PLAIN_FAMILY == 6
#include "parallax6.skel.h"
#else
#include "parallax.skel.h"
#endif

int world_map_fd(struct world *world, const char *name)
{
	return bpf_object__find_map_fd_by_name(world->skel->obj, name);
}

/* ------------------------------------------------------------------ load */

static void set_sizes(struct parallax_bpf *skel)
{
	bpf_map__set_max_entries(skel->maps.vips, 4 * WORLD_SERVICES);
	bpf_map__set_max_entries(skel->maps.services, WORLD_SERVICES);
	bpf_map__set_max_entries(skel->maps.drops, WORLD_SERVICES);
	bpf_map__set_max_entries(skel->maps.service_ids, 2 * WORLD_SERVICES);
	bpf_map__set_max_entries(skel->maps.backends, WORLD_BACKENDS);
	bpf_map__set_max_entries(skel->maps.slots, WORLD_BUCKETS);
	bpf_map__set_max_entries(skel->maps.flows, WORLD_FLOWS);
	bpf_map__set_max_entries(skel->maps.embryonic, WORLD_EMBRYONIC);
	bpf_map__set_max_entries(skel->maps.reclaim, 2 * WORLD_FLOWS);
	bpf_map__set_max_entries(skel->maps.reclaim_embryonic, WORLD_EMBRYONIC);
	skel->rodata->reclaim_mask = 2 * WORLD_FLOWS - 1;
	skel->rodata->reclaim_embryonic_mask = WORLD_EMBRYONIC - 1;
}

static void *map_array(struct world *world, const char *name, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *data = mmap(NULL, (size + page - 1) / page * page, PROT_READ | PROT_WRITE, MAP_SHARED,
			  world_map_fd(world, name), 0);

	if (data != MAP_FAILED)
		return data;
	printf("cannot map %s: %s\n", name, strerror(errno));
	return NULL;
}

static int map_arrays(struct world *world)
{
	world->settings = &world->skel->data_settings->settings;
	world->services = map_array(world, "services", WORLD_SERVICES * sizeof(*world->services));
	world->backends = map_array(world, "backends", WORLD_BACKENDS * sizeof(*world->backends));
	world->buckets = map_array(world, "slots", WORLD_BUCKETS * sizeof(*world->buckets));
	world->drops = map_array(world, "drops", WORLD_SERVICES * sizeof(*world->drops));
	world->filters = &world->skel->data_filters->filters;
	world->owners = map_array(world, "owners", OWNER_ROWS * sizeof(*world->owners));
	world->health = map_array(world, "health", HEALTH_ROWS * sizeof(*world->health));
	world->peers = map_array(world, "peers", MAX_PEERS * sizeof(*world->peers));
	return world->owners && world->health && world->peers && world->services &&
			       world->backends && world->buckets && world->drops ?
		       0 :
		       -ENOMEM;
}

uint64_t world_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

uint32_t world_ticks(struct world *world)
{
	uint8_t frame[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = 1);

	bpf_prog_test_run_opts(bpf_program__fd(world->skel->progs.px_now), &opts);
	return opts.retval;
}

/* Ticks per second, rounded to one of the values a kernel can be built with. */
static uint32_t measure_hz(struct world *world)
{
	static const uint32_t choices[] = {100, 250, 300, 1000};
	uint64_t begin = world_now_ns();
	uint32_t ticks = world_ticks(world), best = 0;
	double hz;

	usleep(200000);
	ticks = world_ticks(world) - ticks;
	hz = ticks * 1e9 / (world_now_ns() - begin);
	for (int i = 1; i < 4; i++)
		if (abs((int)choices[i] - (int)hz) < abs((int)choices[best] - (int)hz))
			best = i;
	return choices[best];
}

static void find_programs(struct world *world)
{
	world->programs[FROM_POD] = bpf_program__fd(world->skel->progs.px_from_pod);
	world->programs[TO_POD] = bpf_program__fd(world->skel->progs.px_to_pod);
	world->programs[UPLINK] = bpf_program__fd(world->skel->progs.px_uplink);
	world->programs[XDP] = bpf_program__fd(world->skel->progs.px_xdp);
	world->programs[TO_UPLINK] = bpf_program__fd(world->skel->progs.px_to_uplink);
}

static bool probe_arrivals(struct world *world)
{
	struct __sk_buff skb = { .ingress_ifindex = world->ifindex[DEVICE_UPLINK] };
	uint8_t frame[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame),
		    .ctx_in = &skb, .ctx_size_in = sizeof(skb), .repeat = 1);

	return !bpf_prog_test_run_opts(world->programs[UPLINK], &opts);
}

static bool probe_live(struct world *world)
{
	struct xdp_md in = {.data_end = 64, .ingress_ifindex = world->ifindex[DEVICE_UPLINK]};
	uint8_t frame[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame),
		    .ctx_in = &in, .ctx_size_in = sizeof(in), .repeat = 1, .batch_size = 1,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	return !bpf_prog_test_run_opts(world->programs[XDP], &opts);
}

static bool kernel_is(int major, int minor)
{
	struct utsname name;
	int release[2] = { 0 };

	return !uname(&name) && sscanf(name.release, "%d.%d", &release[0], &release[1]) == 2 &&
	       (release[0] > major || (release[0] == major && release[1] >= minor));
}

/* Frames that XDP passes go on to px_uplink. */
static int attach_uplink(struct world *world)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)world->ifindex[DEVICE_UPLINK],
		    .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = world->programs[UPLINK]);
	int ret = bpf_tc_hook_create(&hook);

	return ret ? ret : bpf_tc_attach(&hook, &opts);
}

/* Next hops, counters and limits are kept per CPU: stay on one. */
static void stay_here(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

int world_open(struct world *world)
{
	int ret;

	memset(world, 0, sizeof(*world));
	ret = net_open(world->ifindex, world->taps);
	if (ret)
		return ret;
	ret = conntrack_prepare();
	if (ret)
		return ret;
	world->skel = parallax_bpf__open();
	if (!world->skel)
		return -errno;
	set_sizes(world->skel);
	ret = parallax_bpf__load(world->skel);
	if (ret)
		return ret;
	find_programs(world);
	stay_here();
	world->hz = measure_hz(world);
	world->arrivals = probe_arrivals(world);
	world->live = probe_live(world);
	world->long_marks = kernel_is(6, 3);
	ret = attach_uplink(world);
	return ret ? ret : map_arrays(world);
}

void world_close(struct world *world)
{
	bpf_object__close(world->other);
	parallax_bpf__destroy(world->skel);
	world->skel = NULL;
}

/* ------------------------------------------------------------------ empty */

static void clear_hash(int fd)
{
	uint8_t key[64];

	while (!bpf_map_get_next_key(fd, NULL, key))
		if (bpf_map_delete_elem(fd, key))
			break;
}

static void clear_percpu(int fd, uint32_t entries, uint32_t value_size)
{
	size_t size = (size_t)libbpf_num_possible_cpus() * ((value_size + 7) / 8 * 8);
	void *zero = calloc(1, size);

	for (uint32_t i = 0; zero && i < entries; i++)
		bpf_map_update_elem(fd, &i, zero, BPF_ANY);
	free(zero);
}

/* Of elements of 8 bytes. */
static void clear_array(int fd, uint32_t entries)
{
	const uint64_t none = 0;

	for (uint32_t i = 0; i < entries; i++)
		bpf_map_update_elem(fd, &i, &none, BPF_ANY);
}

static void clear_map(struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LPM_TRIE:
		clear_hash(bpf_map__fd(map));
		break;
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		clear_percpu(bpf_map__fd(map), bpf_map__max_entries(map), bpf_map__value_size(map));
		break;
	default:
		break;
	}
}

void world_forget_hops(struct world *world)
{
	clear_map(world->skel->maps.next_hops);
}

void world_clear(struct world *world)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, world->skel->obj)
		clear_map(map);
	memset(world->settings, 0, sizeof(*world->settings));
	memset(world->services, 0, WORLD_SERVICES * sizeof(*world->services));
	memset(world->backends, 0, WORLD_BACKENDS * sizeof(*world->backends));
	memset(world->buckets, 0, WORLD_BUCKETS * sizeof(*world->buckets));
	memset(world->drops, 0, WORLD_SERVICES * sizeof(*world->drops));
	memset(world->filters, 0, sizeof(*world->filters));
	memset(world->peers, 0, MAX_PEERS * sizeof(*world->peers));
	memset(world->owners, 0, OWNER_ROWS * sizeof(*world->owners));
	memset(world->health, 0, HEALTH_ROWS * sizeof(*world->health));
	clear_array(bpf_map__fd(world->skel->maps.avoided),
		    bpf_map__max_entries(world->skel->maps.avoided));
	world->service = 1;
	world->backend = 1;
	world->bucket = 0;
}
