/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cost per packet of the shipped programs, by BPF_PROG_TEST_RUN; see harness.bpf.c.
 *
 * Prints one line per case, number of flows and round:
 *   packet<TAB>CASE<TAB>FLOWS<TAB>ROUND<TAB>GROSS<TAB>FLOOR<TAB>UNDO
 * all in nanoseconds per packet. The floor is the same loop around an empty program, the undo what
 * it costs to take back the change of length; what remains of the gross is the program's own. */
#include "packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "harness.skel.h"
#include "parallax.skel.h"
#include "parallax_hash.h"
#include "parallax_limits.h"

static const char usage[] =
	"usage: packet [-r ROUNDS] [-n REPETITIONS] [-c PART_OF_CASE] [-f FLOWS] [-s]\n"
	"  -f  this number of flows alone, a power of two\n"
	"  -s  cost against size: services and endpoints, instead of the cases\n"
	"  -p  the steps a packet's path is made of, instead of the cases\n";

static struct {
	uint32_t rounds, repetitions, flows;
	const char *only;
	bool sizes, steps;
} opt = {.rounds = 9, .repetitions = 200000};

unsigned int bench_flow_limit = DEFAULT_FLOWS;

static struct harness_bpf *harness;
static struct harness_config *config;

static int failed(const char *what)
{
	fprintf(stderr, "packet: %s\n", what);
	return -1;
}

/* ------------------------------------------------------------------ one run */

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

static enum device device_of(const struct packet_case *c)
{
	if (c->device)
		return c->device;
	return c->program == UPLINK || c->program == XDP ? DEVICE_UPLINK : DEVICE_POD0;
}

static int run_program(int fd, const struct packet_case *c, uint32_t ifindex, struct frame *frame,
		       uint32_t repeat, struct bpf_test_run_opts *opts)
{
	static uint8_t out[PKT_MAX];
	struct __sk_buff skb = {.ifindex = ifindex, .ingress_ifindex = ifindex};
	struct xdp_md xdp = {.data_end = frame->len, .ingress_ifindex = ifindex};

	if (c->program == TO_POD)
		skb.ingress_ifindex = 0;
	memset(opts, 0, sizeof(*opts));
	opts->sz = sizeof(*opts);
	opts->data_in = frame->data;
	opts->data_size_in = frame->len;
	opts->data_out = out;
	opts->data_size_out = sizeof(out);
	opts->ctx_in = c->program == XDP ? (void *)&xdp : (void *)&skb;
	opts->ctx_size_in = c->program == XDP ? sizeof(xdp) : sizeof(skb);
	opts->repeat = repeat;
	return bpf_prog_test_run_opts(fd, opts);
}

static int harness_fd(const struct packet_case *c)
{
	return bpf_program__fd(c->program == XDP ? harness->progs.harness_xdp :
						   harness->progs.harness_tc);
}

static int empty_fd(const struct packet_case *c)
{
	return bpf_program__fd(c->program == XDP ? harness->progs.empty_xdp :
						   harness->progs.empty_tc);
}

static int choose_program(const struct packet_case *c, int fd)
{
	uint32_t zero = 0;

	return bpf_map_update_elem(bpf_map__fd(c->program == XDP ? harness->maps.measured_xdp :
								   harness->maps.measured_tc),
				   &zero, &fd, BPF_ANY);
}

/* Nanoseconds per repetition, negative on failure. */
static double timed(const struct packet_case *c, uint32_t ifindex, struct frame *frame,
		    uint32_t repeat)
{
	struct bpf_test_run_opts opts;
	uint64_t begin;

	config->runs = config->good = 0;
	if (run_program(harness_fd(c), c, ifindex, frame, repeat / 16 + 1, &opts))
		return failed("test_run fails");
	begin = cpu_ns();
	if (run_program(harness_fd(c), c, ifindex, frame, repeat, &opts))
		return failed("test_run fails");
	begin = cpu_ns() - begin;
	if (config->good * 100 < config->runs * 99) {
		fprintf(stderr, "packet: %s: verdict %d, %llu of %llu packets came out as expected\n",
			c->name, (int)opts.retval,
			(unsigned long long)config->good, (unsigned long long)config->runs);
		return -1;
	}
	return (double)begin / repeat;
}

/* ------------------------------------------------------------------ what is expected */

static void set_varying(const struct packet_case *c, const struct frame *frame)
{
	uint32_t ip = c->inner ? 14 + TUNNEL_OVERHEAD_IPV4 : 14, l4 = ip + 20;

	config->host_at = ip + (c->destination ? 16 : 12) + 2;
	config->port_at = l4 + (c->destination ? 2 : 0);
	config->ip_check_at = ip + 10;
	config->l4_check_at = l4 + 16;
	config->ip_sum = (uint16_t)~*(uint16_t *)&frame->data[config->ip_check_at];
	config->l4_sum = (uint16_t)~*(uint16_t *)&frame->data[config->l4_check_at];
}

static void expect(const struct packet_case *c, const struct frame *frame, uint32_t flows)
{
	set_varying(c, frame);
	config->flow_mask = flows - 1;
	config->length = frame->len;
	config->header = frame->len;
	memcpy(config->frame, frame->data, frame->len);
	config->length_after = frame->len + c->length_change;
	config->verdict = c->verdict;
	config->mark = config->mark_after = c->program == XDP && c->length_change ? 32 : 0;
	config->check_at = c->check_at;
	config->check_mask = c->check_mask ? htonl(c->check_mask) : 0xffffffff;
	config->check_value = htonl(c->check) & config->check_mask;
	config->undos = 0;
}

static void expect_nothing(const struct packet_case *c, uint32_t undos)
{
	config->length_after = config->length;
	config->verdict = c->program == XDP ? 2 : NEXT;
	config->check_mask = config->check_value = 0;
	config->undos = undos;
	config->mark_after = 0;
}

/* ------------------------------------------------------------------ rounds */

static double floor_with(const struct packet_case *c, uint32_t ifindex, struct frame *frame,
			 uint32_t undos)
{
	if (choose_program(c, empty_fd(c)))
		return failed("no empty program");
	expect_nothing(c, undos);
	return timed(c, ifindex, frame, opt.repetitions);
}

/* What lengthening alone costs in TC: with d for one step down and u for up, one step down and up
 * is d + u, four down and one up 4d + u. In XDP both ways are the same helper. */
static double undo_cost(const struct packet_case *c, uint32_t ifindex, struct frame *frame,
			double bare)
{
	double one, four;

	if (!c->length_change)
		return 0;
	one = floor_with(c, ifindex, frame, 1) - bare;
	if (c->program == XDP)
		return one / 2;
	four = floor_with(c, ifindex, frame, 4) - bare;
	return one - (four - one) / 3;
}

static int program_fd(struct world *world, const struct packet_case *c)
{
	return world->programs[c->program];
}

static int run_round(const struct packet_case *c, int fd, uint32_t ifindex, struct frame *frame,
		     uint32_t flows, uint32_t round)
{
	double gross = 0, bare = 0, undo = 0;
	int first = rand() & 1;

	for (int turn = 0; turn < 2; turn++) {
		expect(c, frame, flows);
		if (turn == first) {
			if (choose_program(c, fd))
				return failed("the program cannot be called");
			gross = timed(c, ifindex, frame, opt.repetitions);
		} else {
			bare = floor_with(c, ifindex, frame, 0);
			expect(c, frame, flows);
			undo = undo_cost(c, ifindex, frame, bare);
		}
	}
	if (gross < 0 || bare < 0)
		return -1;
	printf("packet\t%s\t%u\t%u\t%.2f\t%.2f\t%.2f\n", c->name, flows, round, gross, bare, undo);
	return 0;
}

/* ------------------------------------------------------------------ single runs */

static int by_value(const void *a, const void *b)
{
	return *(const uint32_t *)a < *(const uint32_t *)b ? -1 :
	       *(const uint32_t *)a > *(const uint32_t *)b;
}

#define SINGLE_RUNS 4000

static bool came_out(const struct packet_case *c, const struct bpf_test_run_opts *opts,
		     const struct frame *frame)
{
	const uint8_t *out = opts->data_out;
	uint32_t word;

	memcpy(&word, out + c->check_at, sizeof(word));
	return (int)opts->retval == c->verdict &&
	       (int)opts->data_size_out == (int)frame->len + c->length_change &&
	       word == htonl(c->check);
}

static void vary(struct frame *frame, uint32_t flow)
{
	uint16_t host = htons(flow >> HARNESS_PORT_BITS);
	uint16_t port = htons(HARNESS_PORT | (flow & ((1 << HARNESS_PORT_BITS) - 1)));

	memcpy(frame->data + config->host_at, &host, 2);
	memcpy(frame->data + config->port_at, &port, 2);
}

/* The median over many fresh frames, the empty program in turn with the measured one. */
static int single_round(const struct packet_case *c, int fd, uint32_t ifindex, struct frame *frame,
			uint32_t flows, uint32_t round)
{
	static uint32_t gross[SINGLE_RUNS], bare[SINGLE_RUNS];
	struct bpf_test_run_opts opts;
	struct frame fresh;
	uint32_t good = 0;

	set_varying(c, frame);
	for (uint32_t i = 0; i < SINGLE_RUNS; i++) {
		fresh = *frame;
		vary(&fresh, config->next++ & (flows - 1));
		if (run_program(empty_fd(c), c, ifindex, &fresh, 1, &opts))
			return failed("test_run fails");
		bare[i] = opts.duration;
		if (run_program(fd, c, ifindex, &fresh, 1, &opts))
			return failed("test_run fails");
		gross[i] = opts.duration;
		good += came_out(c, &opts, frame);
	}
	if (good * 100 < SINGLE_RUNS * 99)
		return failed(c->name);
	qsort(gross, SINGLE_RUNS, sizeof(*gross), by_value);
	qsort(bare, SINGLE_RUNS, sizeof(*bare), by_value);
	printf("single\t%s\t%u\t%u\t%u.00\t%u.00\t0.00\n", c->name, flows, round,
	       gross[SINGLE_RUNS / 2], bare[SINGLE_RUNS / 2]);
	return 0;
}

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

static int put_flows(struct world *world, const struct packet_case *c, uint32_t flows)
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
				return failed("the flow table is too small");
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
		if (!c->count || i == (int)COUNTER(hooks[c->program], c->count - 1))
			sum += counts.packets[i];
	return sum;
}

static bool empty_map(struct world *world, const char *map)
{
	struct flow_key key;

	return bpf_map_get_next_key(world_map_fd(world, map), NULL, &key) != 0;
}

/* Verdict and frame cannot tell a hit from a miss: counters and tables do. */
static int confirm(struct world *world, const struct packet_case *c)
{
	bool opens = c->count && !c->flow && c->program == FROM_POD;

	if (c->count ? !counted(world, c) : counted(world, c) != 0)
		return failed("the counters tell another story");
	if (opens != !empty_map(world, "half_open"))
		return failed("flows were opened, or were not");
	return 0;
}

static void clear_flows(struct world *world)
{
	clear_fast(world_map_fd(world, "flows"));
	clear_fast(world_map_fd(world, "half_open"));
}

static int run_rounds(struct world *world, const struct packet_case *c, uint32_t flows)
{
	struct port_values ports = {0};
	struct frame frame;
	int ret = 0;

	pkt_build(&c->in, &ports, &frame);
	for (uint32_t round = 0; !ret && round < opt.rounds; round++)
		ret = (c->single ? single_round : run_round)(c, program_fd(world, c),
							     world->ifindex[device_of(c)], &frame,
							     flows, round);
	fflush(stdout);
	return ret ? ret : confirm(world, c);
}

static int run_case(struct world *world, const struct packet_case *c, uint32_t flows)
{
	int ret;

	clear_flows(world);
	world_reset(world);
	c->setup(world);
	ret = put_flows(world, c, flows);
	return ret ? ret : run_rounds(world, c, flows);
}

static bool opens_flows(const struct packet_case *c)
{
	return c->count && !c->flow;
}

static int run_cases(struct world *world)
{
	static const uint32_t all[] = {1, 1024, 65536};

	for (unsigned int i = 0; i < packet_case_count; i++) {
		const struct packet_case *c = &packet_cases[i];

		if (opt.only && !strstr(c->name, opt.only))
			continue;
		if (opens_flows(c) || opt.flows) {
			if (run_case(world, c, opt.flows ? opt.flows : 1u << 24))
				return -1;
			continue;
		}
		for (unsigned int f = 0; f < 3; f++)
			if (run_case(world, c, all[f]))
				return -1;
	}
	return 0;
}

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
	char label[96];
	int ret;

	clear_flows(world);
	world_reset(world);
	packet_fill(world, services, endpoints);
	snprintf(label, sizeof(label), "%s; %u services, %u endpoints", name, services, endpoints);
	c.name = label;
	c.check_mask = 0xffc00000;
	if (!c.flow && !c.count) /* another destination each time: some meet a bit of the filter */
		c.destination = true, c.in.daddr = IP(10, 96, 0, 0), c.in.dport = HARNESS_PORT,
		c.check = c.in.daddr, c.check_mask = 0xffff0000;
	ret = put_flows(world, &c, 1024);
	return ret ? ret : run_rounds(world, &c, opens_flows(&c) ? 1u << 24 : c.flow ? 1024 : 65536);
}

static int run_sizes(struct world *world)
{
	static const char *const names[] = {"local hit, stack", "new flow", "not a service"};
	static const uint32_t sizes[][2] = {{1, 10}, {1, 100}, {1, 1000}, {1, 10000}, {1, 100000},
					    {10, 10}, {100, 100}, {1000, 1000}, {10000, 10000},
					    {10000, 100000}};
	int ret = 0;

	for (unsigned int n = 0; n < 3; n++)
		for (unsigned int s = 0; !ret && s < sizeof(sizes) / sizeof(*sizes); s++)
			ret = run_size(world, names[n], sizes[s][0], sizes[s][1]);
	return ret;
}

/* ------------------------------------------------------------------ single steps */

static int fill_table(void)
{
	uint8_t value[64] = {0};

	for (uint32_t i = 0; i < 131072; i++) {
		uint32_t key[4] = {i, 0, 0, 0};

		if (bpf_map_update_elem(bpf_map__fd(harness->maps.table), key, value, BPF_ANY))
			return failed("filling the table");
	}
	return 0;
}

static int run_step(struct world *world, const char *name, struct bpf_program *program, int verdict,
		    int change, uint32_t flows)
{
	struct packet_case c = *case_named(change ? "gateway decap" : "not a service");
	struct port_values ports = {0};
	struct frame frame;
	int ret = 0;

	c.name = name;
	c.verdict = verdict;
	c.check_mask = 1;
	c.check_at = 0;
	c.check = 0;
	pkt_build(&c.in, &ports, &frame);
	for (uint32_t round = 0; !ret && round < opt.rounds; round++)
		ret = run_round(&c, bpf_program__fd(program), world->ifindex[DEVICE_POD0], &frame,
				flows, round);
	return ret;
}

static int run_steps(struct world *world)
{
	if (fill_table() || run_step(world, "step: hash look-up", harness->progs.step_lookup, NEXT, 0, 1) ||
	    run_step(world, "step: hash look-up", harness->progs.step_lookup, NEXT, 0, 65536) ||
	    run_step(world, "step: l4_csum_replace", harness->progs.step_l4_csum, NEXT, 0, 1) ||
	    run_step(world, "step: skb_store_bytes", harness->progs.step_store, NEXT, 0, 1) ||
	    run_step(world, "step: jiffies64", harness->progs.step_jiffies, NEXT, 0, 1) ||
	    run_step(world, "step: redirect", harness->progs.step_redirect, REDIRECT, 0, 1))
		return -1;
	return run_step(world, "step: adjust_room, shorter", harness->progs.step_shrink, NEXT, 1, 1);
}

/* ------------------------------------------------------------------ main */

static int open_harness(void)
{
	harness = harness_bpf__open_and_load();
	if (!harness)
		return failed("the harness does not load");
	config = &harness->bss->config;
	return 0;
}

static void read_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "r:n:c:f:sp")) != -1) {
		if (c == 'r')
			opt.rounds = (uint32_t)atoi(optarg);
		else if (c == 'n')
			opt.repetitions = (uint32_t)atoi(optarg);
		else if (c == 'c')
			opt.only = optarg;
		else if (c == 'f')
			opt.flows = (uint32_t)atoi(optarg);
		else if (c == 's')
			opt.sizes = true;
		else if (c == 'p')
			opt.steps = true;
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
	while (bench_flow_limit < 4 * opt.flows)
		bench_flow_limit *= 2;
	if (world_open(&world) || open_harness() ||
	    system("ip route add 10.64.0.0/12 dev pod0") != 0)
		return 1;
	ret = opt.steps ? run_steps(&world) : opt.sizes ? run_sizes(&world) : run_cases(&world);
	world_close(&world);
	return ret ? 1 : 0;
}
