/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One program, one kind of packet: many repetitions in a loop, or single runs on fresh frames.
 *
 * Prints one line per case, number of flows and round:
 *   packet<TAB>CASE<TAB>FLOWS<TAB>ROUND<TAB>GROSS<TAB>FLOOR<TAB>UNDO
 * all in nanoseconds per packet. The floor is the same loop around an empty program, the undo the
 * cost of reverting the change of length; the rest of the gross is the program's own cost. */
#include "packet.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "harness.skel.h"
#include "parallax_wire.h"

struct harness_bpf *packet_harness;
static struct harness_config *config;

int packet_failed(const char *what)
{
	fprintf(stderr, "packet: %s\n", what);
	return -1;
}

int packet_open_harness(void)
{
	packet_harness = harness_bpf__open_and_load();
	if (!packet_harness)
		return packet_failed("the harness does not load");
	config = &packet_harness->bss->config;
	return 0;
}

/* ------------------------------------------------------------------ one run */

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
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
	return bpf_program__fd(c->program == XDP ? packet_harness->progs.harness_xdp :
						   packet_harness->progs.harness_tc);
}

static int empty_fd(const struct packet_case *c)
{
	return bpf_program__fd(c->program == XDP ? packet_harness->progs.empty_xdp :
						   packet_harness->progs.empty_tc);
}

static int choose_program(const struct packet_case *c, int fd)
{
	uint32_t zero = 0;

	return bpf_map_update_elem(bpf_map__fd(c->program == XDP ? packet_harness->maps.measured_xdp :
								   packet_harness->maps.measured_tc),
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
		return packet_failed("test_run fails");
	begin = cpu_ns();
	if (run_program(harness_fd(c), c, ifindex, frame, repeat, &opts))
		return packet_failed("test_run fails");
	begin = cpu_ns() - begin;
	if (config->good * 100 < config->runs * 99) {
		fprintf(stderr, "packet: %s: verdict %d, %llu of %llu packets came out as expected\n",
			c->name, (int)opts.retval,
			(unsigned long long)config->good, (unsigned long long)config->runs);
		return -1;
	}
	return (double)begin / repeat;
}

/* ------------------------------------------------------------------ expected result */

static void set_varying(const struct packet_case *c, const struct frame *frame)
{
	uint32_t ip = c->inner ? 14 + TUNNEL_OVERHEAD_IPV4 + c->options : 14, l4 = ip + 20;

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
		return packet_failed("no empty program");
	expect_nothing(c, undos);
	return timed(c, ifindex, frame, packet_options.repetitions);
}

/* The cost of lengthening alone in TC: with d for one step down and u for up, one step down and up
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

int packet_round(const struct packet_case *c, int fd, uint32_t ifindex, struct frame *frame,
		     uint32_t flows, uint32_t round)
{
	double gross = 0, bare = 0, undo = 0;
	int first = rand() & 1;

	for (int turn = 0; turn < 2; turn++) {
		expect(c, frame, flows);
		if (turn == first) {
			if (choose_program(c, fd))
				return packet_failed("the program cannot be called");
			gross = timed(c, ifindex, frame, packet_options.repetitions);
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
int packet_single_round(const struct packet_case *c, int fd, uint32_t ifindex, struct frame *frame,
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
			return packet_failed("test_run fails");
		bare[i] = opts.duration;
		if (run_program(fd, c, ifindex, &fresh, 1, &opts))
			return packet_failed("test_run fails");
		gross[i] = opts.duration;
		good += came_out(c, &opts, frame);
	}
	if (good * 100 < SINGLE_RUNS * 99)
		return packet_failed(c->name);
	qsort(gross, SINGLE_RUNS, sizeof(*gross), by_value);
	qsort(bare, SINGLE_RUNS, sizeof(*bare), by_value);
	printf("single\t%s\t%u\t%u\t%u.00\t%u.00\t0.00\n", c->name, flows, round,
	       gross[SINGLE_RUNS / 2], bare[SINGLE_RUNS / 2]);
	return 0;
}
