/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loading the programs with small maps, and filling these by hand, as the agent would. */
#include "world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "parallax.skel.h"
#include "parallax_hash.h"
#include "parallax_limits.h"

static int map_fd(struct world *world, const char *name)
{
	return bpf_object__find_map_fd_by_name(world->skel->obj, name);
}

/* ------------------------------------------------------------------ load */

static void set_sizes(struct parallax_bpf *skel)
{
	bpf_map__set_max_entries(skel->maps.vips, 4 * WORLD_SERVICES);
	bpf_map__set_max_entries(skel->maps.services, WORLD_SERVICES);
	bpf_map__set_max_entries(skel->maps.service_ids, 2 * WORLD_SERVICES);
	bpf_map__set_max_entries(skel->maps.backends, WORLD_BACKENDS);
	bpf_map__set_max_entries(skel->maps.slots, WORLD_SLOTS / 2);
	bpf_map__set_max_entries(skel->maps.flows, WORLD_FLOWS);
	bpf_map__set_max_entries(skel->maps.half_open, WORLD_HALF_OPEN);
	bpf_map__set_max_entries(skel->maps.reclaim, 2 * WORLD_FLOWS);
	skel->rodata->reclaim_mask = 2 * WORLD_FLOWS - 1;
}

static void *map_array(struct world *world, const char *name, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *data = mmap(NULL, (size + page - 1) / page * page, PROT_READ | PROT_WRITE, MAP_SHARED,
			  map_fd(world, name), 0);

	if (data != MAP_FAILED)
		return data;
	printf("cannot map %s: %s\n", name, strerror(errno));
	return NULL;
}

static int map_arrays(struct world *world)
{
	world->settings = map_array(world, "settings", sizeof(*world->settings));
	world->services = map_array(world, "services", WORLD_SERVICES * sizeof(*world->services));
	world->backends = map_array(world, "backends", WORLD_BACKENDS * sizeof(*world->backends));
	world->slots = map_array(world, "slots", WORLD_SLOTS / 2 * sizeof(*world->slots));
	world->filters = map_array(world, "filters", sizeof(*world->filters));
	return world->settings && world->services && world->backends && world->slots &&
			       world->filters ? 0 : -ENOMEM;
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
	ret = attach_uplink(world);
	return ret ? ret : map_arrays(world);
}

void world_close(struct world *world)
{
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

static void clear_all(struct world *world)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, world->skel->obj)
		clear_map(map);
	memset(world->settings, 0, sizeof(*world->settings));
	memset(world->services, 0, WORLD_SERVICES * sizeof(*world->services));
	memset(world->backends, 0, WORLD_BACKENDS * sizeof(*world->backends));
	memset(world->slots, 0, WORLD_SLOTS / 2 * sizeof(*world->slots));
	memset(world->filters, 0, sizeof(*world->filters));
	world->service = 1;
	world->backend = 1;
	world->slot = 0;
}

/* ------------------------------------------------------------------ describe */

int world_update(struct world *world, const char *map, const void *key, const void *value)
{
	return bpf_map_update_elem(map_fd(world, map), key, value, BPF_ANY);
}

int world_delete(struct world *world, const char *map, const void *key)
{
	return bpf_map_delete_elem(map_fd(world, map), key);
}

static void add_network(struct world *world, uint32_t network, uint32_t flags)
{
	world_update(world, "networks", &network, &(struct network){.flags = flags});
}

static void add_gateway(struct world *world, uint32_t addr, uint32_t network, uint8_t kind)
{
	struct gateway_key key;
	struct gateway gateway = {.port = htons(STOCK_PORT), .kind = kind,
				  .tunnel_port = kind == BACKEND_GENEVE ? htons(TUNNEL_PORT) : 0};

	memset(&key, 0, sizeof(key)); /* every byte counts, also those of the union */
	key.addr.v4 = htonl(addr);
	key.network = network;
	world_update(world, "gateways", &key, &gateway);
}

void world_iface(struct world *world, enum device device, uint32_t role, uint64_t taken_ns)
{
	world_update(world, "ifaces", &world->ifindex[device],
		     &(struct iface){.role = role, .taken_ns = taken_ns});
}

static void add_destination(struct world *world, uint32_t addr)
{
	uint32_t bit = address_bit(htonl(addr));

	world->filters->destinations[bit / 64] |= 1ULL << (bit % 64);
}

static void describe_node(struct world *world)
{
	struct settings *s = world->settings;

	s->abi_version = ABI_VERSION;
	s->network = NETWORK1;
	s->hz = world->hz;
	s->takeover_ns = 10 * 1000000000ULL;
	s->source.v4 = htonl(NODE1);
	s->mtu = UPLINK_MTU;
	s->uplink = world->ifindex[DEVICE_UPLINK];
	world_iface(world, DEVICE_POD0, IFACE_POD, 0);
	world_iface(world, DEVICE_POD1, IFACE_POD, 0);
	world_iface(world, DEVICE_UPLINK, IFACE_UPLINK, 0);
}

static void describe_mesh(struct world *world)
{
	add_network(world, NETWORK1, NETWORK_OWN);
	add_network(world, NETWORK2, 0);
	add_network(world, NETWORK3, 0);
	add_gateway(world, GATEWAY, NETWORK2, BACKEND_GENEVE);
	add_gateway(world, GATEWAY2, NETWORK2, BACKEND_GENEVE);
	add_gateway(world, STOCK, NETWORK2, BACKEND_PASSTHROUGH);
	add_gateway(world, GATEWAY3, NETWORK3, BACKEND_GENEVE);
}

void world_reset(struct world *world)
{
	clear_all(world);
	describe_node(world);
	describe_mesh(world);
}

void world_become_gateway(struct world *world)
{
	struct settings *s = world->settings;
	struct allowed_key all = {.prefix = 16, .addr = htonl(IP(192, 23, 0, 0))};
	uint32_t own = NETWORK1, yes = 1;

	world_update(world, "networks", &own, &(struct network){0});
	add_network(world, NETWORK2, NETWORK_OWN);
	world_update(world, "allowed", &all, &yes);
	s->network = NETWORK2;
	s->source.v4 = htonl(GATEWAY);
	s->listen.v4 = htonl(GATEWAY);
	s->listen_port = htons(TUNNEL_PORT);
	s->snat_count = 1;
	s->snat[0] = htonl(SNAT);
	s->snat_first = SNAT_FIRST;
	s->snat_last = SNAT_LAST;
	add_destination(world, SNAT);
	s->flags |= SETTING_GATEWAY;
}

uint32_t world_service(struct world *world, uint32_t vip, uint16_t port, uint8_t proto, uint64_t id)
{
	uint32_t row = world->service++, none = 0;
	struct service_id_key id_key = {.id = id, .family = 4};
	struct vip_key key = {.addr = htonl(vip), .port = htons(port), .proto = proto};
	struct vip_key whole = {.addr = htonl(vip)};

	world->services[row] = (struct service){
		.vip.v4 = htonl(vip), .port = htons(port), .proto = proto, .family = 4,
		.flags = SERVICE_IN_USE, .id = id, .table = TABLE_WORD(0, 0, 1),
		.local_table = TABLE_WORD(0, 0, 1), .taken_ns = 1,
	};
	world_update(world, "service_ids", &id_key, &row);
	world_update(world, "vips", &key, &row);
	world_update(world, "vips", &whole, &none);
	add_destination(world, vip);
	return row;
}

uint32_t world_backend(struct world *world, uint32_t service, enum backend_kind kind, uint32_t addr,
		       uint16_t port)
{
	uint32_t row = world->backend++;

	world->backends[row] = (struct backend){
		.addr.v4 = htonl(addr), .port = htons(port), .generation = 1, .kind = kind,
		.tunnel_port = kind == BACKEND_GENEVE ? htons(TUNNEL_PORT) : 0, .service = service,
		.network = kind == BACKEND_LOCAL ? world->settings->network : NETWORK2,
		.service_id = world->services[service].id, .share = 1000000000, .weight = 1,
		.slots = 1,
	};
	return row;
}

static uint32_t put_slots(struct world *world, const uint32_t *rows, uint32_t count, bool local)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = world->slot + used;

		if (local && world->backends[rows[i]].kind != BACKEND_LOCAL)
			continue;
		world->slots[at / 2].backend[at % 2] = rows[i];
		used++;
	}
	return used;
}

void world_table(struct world *world, uint32_t service, const uint32_t *rows, uint32_t count)
{
	uint32_t used = put_slots(world, rows, count, false);

	world->services[service].table = TABLE_WORD(world->slot, used, 1);
	world->slot += used;
	used = put_slots(world, rows, count, true);
	world->services[service].local_table = TABLE_WORD(world->slot, used, 1);
	world->slot += used;
}

uint32_t world_service_of(struct world *world, uint32_t vip, uint8_t proto, uint64_t id,
			  enum backend_kind kind, uint32_t addr, uint16_t port)
{
	uint32_t service = world_service(world, vip, HELLO_PORT, proto, id);
	uint32_t row = world_backend(world, service, kind, addr, port);

	world_table(world, service, &row, 1);
	return service;
}

/* ------------------------------------------------------------------ read */

void world_counts(struct world *world, struct counts *ret)
{
	struct counter values[256];
	int cpus = libbpf_num_possible_cpus();

	memset(ret, 0, sizeof(*ret));
	for (uint32_t i = 0; i < HOOK_COUNT * REASON_COUNT && cpus <= 256; i++) {
		bpf_map_lookup_elem(map_fd(world, "counters"), &i, values);
		for (int cpu = 0; cpu < cpus; cpu++) {
			ret->packets[i] += values[cpu].packets;
			ret->bytes[i] += values[cpu].bytes;
		}
	}
}

int world_put_flow(struct world *world, const char *map, const struct flow_key *key,
		   const struct flow *flow)
{
	return bpf_map_update_elem(map_fd(world, map), key, flow, BPF_NOEXIST);
}

/* An update moves its element to the head of the bucket: changing what one walks over would
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
	struct flow_key keys[WORLD_HALF_OPEN];
	int fd = map_fd(world, map);
	uint32_t count = list_keys(fd, keys, WORLD_HALF_OPEN);
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
}

void world_let_pass(struct world *world, uint32_t seconds)
{
	uint32_t ticks = seconds * world->hz;
	struct flow_visit visit = {.visit = age, .data = &ticks};

	world_flows(world, "flows", &visit);
	world_flows(world, "half_open", &visit);
}
