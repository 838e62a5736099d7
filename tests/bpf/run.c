/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs rows through BPF_PROG_TEST_RUN. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sys/socket.h>

#include "compare.h"
#include "family.h"
#include "pairs.h"
#include "world_join.h"

/* ------------------------------------------------------------------ run */

static uint32_t step_ifindex(struct world *world, const struct step *step)
{
	static const enum device defaults[PROGRAM_COUNT] = {
		[FROM_POD] = DEVICE_POD0, [TO_POD] = DEVICE_POD0,      [UPLINK] = DEVICE_UPLINK,
		[XDP] = DEVICE_UPLINK,    [TO_UPLINK] = DEVICE_UPLINK,
	};

	return world->ifindex[step->device ? step->device : defaults[step->program]];
}

static int program_fd(struct world *world, enum program program)
{
	return world->joined ? world_entry(world, program) : world->programs[program];
}

/* Remove the mark that XDP put before the frame. */
static void take_mark(struct world *world, const struct xdp_md *xdp, uint8_t *data, uint32_t *len)
{
	world->mark_len = xdp->data - xdp->data_meta;
	*len -= world->mark_len;
	memmove(data, data + world->mark_len, *len);
}

/* The frame really arrives at the device; a socket in the pod receives it. */
static int run_live(struct world *world, const struct step *step, uint32_t ifindex, uint8_t *data,
		    uint32_t *len, int *ret_verdict)
{
	struct xdp_md in = {.data_end = *len, .ingress_ifindex = ifindex};
	uint8_t copy[PKT_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = copy, .data_size_in = *len, .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .repeat = 1, .batch_size = 1,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	ssize_t got;
	int ret;

	memcpy(copy, data, *len);
	ret = bpf_prog_test_run_opts(program_fd(world, XDP), &opts);
	if (ret)
		return ret;
	do
		got = recv(world->taps[step->live], data, PKT_MAX, 0);
	while (got > 0 && data[0] & 1); /* the kernel's own multicast */
	*len = got > 0 ? got : 0;
	*ret_verdict = got > 0 ? REDIRECT : SHOT;
	return 0;
}

static int run_xdp(struct world *world, uint32_t ifindex, uint8_t *data, uint32_t *len,
		   int *ret_verdict)
{
	struct xdp_md in = {.data_end = *len, .ingress_ifindex = ifindex}, out = {0};
	uint8_t copy[PKT_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = copy, .data_size_in = *len,
		    .data_out = data, .data_size_out = PKT_MAX, .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .ctx_out = &out, .ctx_size_out = sizeof(out),
		    .repeat = 1);
	int ret;

	memcpy(copy, data, *len);
	ret = bpf_prog_test_run_opts(program_fd(world, XDP), &opts);
	if (ret)
		return ret;
	*len = opts.data_size_out;
	*ret_verdict = (int)opts.retval;
	take_mark(world, &out, data, len);
	return 0;
}

static int run_tc(struct world *world, const struct step *step, uint32_t ifindex, uint8_t *data,
		  uint32_t *len, int *ret_verdict)
{
	struct __sk_buff skb = { .ifindex = ifindex,
				 .ingress_ifindex = world->arrivals ? ifindex : 0,
				 .gso_size = step->gso_size,
				 .mark = step->mark,
				 .gso_segs = step->gso_size ? 2 : 0 };
	uint8_t copy[PKT_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = copy, .data_size_in = *len,
		    .data_out = data, .data_size_out = PKT_MAX, .ctx_in = &skb,
		    .ctx_size_in = sizeof(skb), .repeat = 1);
	int ret;

	if (step->program == TO_POD)
		skb.ingress_ifindex = world->ifindex[step->from];
	memcpy(copy, data, *len);
	ret = bpf_prog_test_run_opts(program_fd(world, step->program), &opts);
	if (ret)
		return ret;
	*len = opts.data_size_out;
	*ret_verdict = (int)opts.retval;
	return 0;
}

int frame_run(struct world *world, const struct step *step, uint8_t *data, uint32_t *len,
	      int *ret_verdict)
{
	uint32_t ifindex = step_ifindex(world, step);

	if (step->live)
		return run_live(world, step, ifindex, data, len, ret_verdict);
	if (step->program == XDP)
		return run_xdp(world, ifindex, data, len, ret_verdict);
	return run_tc(world, step, ifindex, data, len, ret_verdict);
}

bool step_run(struct world *world, const struct step *step, struct port_values *ports)
{
	struct counts before, after;
	struct frame frame;
	uint32_t ip_bytes;
	int verdict, ret;
	bool good = true;

	if (step->before)
		step->before(world);
	pkt_build(&step->in, ports, &frame);
	ip_bytes = counted_bytes(step, &frame);
	world_counts(world, &before);
	ret = frame_run(world, step, frame.data, &frame.len, &verdict);
	if (ret)
		return fail("test_run: %s", strerror(-ret));
	world_counts(world, &after);
	if (verdict != step->verdict)
		good = fail("verdict %d, want %d", verdict, step->verdict);
	else if (step->program == XDP && !step->live ? verdict != XDP_DROP : verdict != SHOT)
		good = compare_frame(pkt_is_set(&step->out) ? &step->out : &step->in, ports,
				     &frame);
	good &= compare_counts(step, &before, &after, ip_bytes);
	good &= compare_tables(world, step);
	return good && (!step->after || step->after(world));
}

/* ------------------------------------------------------------------ rows */

/* Places that name flows of a row before would be taken for those of this row. */
static void clear_reclaim(struct world *world)
{
	static const struct flow_key none;

	for (uint32_t i = 0; i < 2 * WORLD_FLOWS; i++)
		world_update(world, "reclaim", &i, &none);
	for (uint32_t i = 0; i < WORLD_EMBRYONIC; i++)
		world_update(world, "reclaim_embryonic", &i, &none);
}

static bool case_passes(struct world *world, const struct test_case *test)
{
	struct port_values ports = {0};

	clear_reclaim(world);
	world_reset(world);
	if (test->mixed && world_join(world))
		return fail("the programs of the other family do not load");
	if (test->setup)
		test->setup(world);
	for (int i = 0; test->steps && test->steps[i].program; i++)
		if (!step_run(world, &test->steps[i], &ports))
			return fail("in step %d of: %s", i + 1, test->name);
	return !test->run || test->run(world);
}

/* True if XDP leaves a mark that holds an outer address of IPv6. */
static bool has_long_mark(const struct step *step)
{
	const struct outer *outer = step->in.outer;

	return outer && (PLAIN_FAMILY == 6) != outer->other_family &&
	       (step->live || step->count == REASON_XDP_DECAP);
}

/* What this kernel lacks for the row, or NULL. */
static const char *lacking(const struct world *world, const struct test_case *test)
{
	for (const struct step *step = test->steps; step && step->program; step++) {
		if (step->live && !world->live)
			return "XDP test frames that go on (Linux 5.18)";
		if (step->program == XDP && has_long_mark(step) && !world->long_marks)
			return "40 bytes of XDP metadata (Linux 6.3)";
		if (step->program == TO_POD && !world->arrivals)
			return "test frames that arrived by an interface (Linux 5.17)";
	}
	return NULL;
}

static void run_case(struct world *world, const struct test_case *test, struct totals *totals)
{
	const char *lacks = lacking(world, test);
	bool good;

	if (PLAIN_FAMILY == 6 ? test->ipv4 : test->ipv6)
		return;
	if (lacks) {
		printf("SKIP %s: needs %s\n", test->name, lacks);
		totals->skipped++;
		return;
	}
	world->joined = test->mixed;
	good = case_passes(world, test);
	if (test->mixed)
		world_part(world);
	pairs_note(world);
	printf("%s %s\n", good ? "PASS" : "FAIL", test->name);
	fflush(stdout);
	*(good ? &totals->passed : &totals->failed) += 1;
}

/* ------------------------------------------------------------------ all files */

static struct case_list *registered, **last = &registered;

void cases_register(struct case_list *list)
{
	*last = list;
	last = &list->next;
}

void cases_run(struct world *world, const char *only, struct totals *totals)
{
	for (const struct case_list *list = registered; list; list = list->next)
		for (unsigned int i = 0; i < list->count; i++)
			if (!only || strstr(list->cases[i].name, only))
				run_case(world, &list->cases[i], totals);
}

int run_pkt(struct world *world, const struct step *step, const struct pkt *pkt, uint32_t *ret_port)
{
	struct port_values ports = {0};
	struct frame frame;
	int verdict = 0;

	pkt_build(pkt, &ports, &frame);
	if (frame_run(world, step, frame.data, &frame.len, &verdict))
		return -100;
	if (ret_port)
		*ret_port = frame16(&frame, FRAME_PORTS);
	return verdict;
}
