/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs rows through BPF_PROG_TEST_RUN and compares everything that comes out. */
#include "run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sys/socket.h>

static const char *const reason_names[] = {
#define X(name, verdict, text) #name,
	REASONS(X)
#undef X
};

static const enum hook hook_of[PROGRAM_COUNT] = {
	[FROM_POD] = HOOK_FROM_POD, [TO_POD] = HOOK_TO_POD, [UPLINK] = HOOK_UPLINK,
	[XDP] = HOOK_XDP,
};

static bool fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("      ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
	return false;
}

/* ------------------------------------------------------------------ run */

static uint32_t step_ifindex(struct world *world, const struct step *step)
{
	static const enum device defaults[PROGRAM_COUNT] = {
		[FROM_POD] = DEVICE_POD0, [TO_POD] = DEVICE_POD0, [UPLINK] = DEVICE_UPLINK,
		[XDP] = DEVICE_UPLINK,
	};

	return world->ifindex[step->device ? step->device : defaults[step->program]];
}

/* Take off what XDP left before the frame. */
static void take_mark(struct world *world, const struct xdp_md *xdp, uint8_t *data, uint32_t *len)
{
	world->mark_len = xdp->data - xdp->data_meta;
	*len -= world->mark_len;
	memmove(data, data + world->mark_len, *len);
}

/* The frame arrives at the device for real; what enters the pod is heard there. */
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
	ret = bpf_prog_test_run_opts(world->programs[XDP], &opts);
	if (ret)
		return ret;
	got = recv(world->taps[step->live], data, PKT_MAX, 0);
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
	ret = bpf_prog_test_run_opts(world->programs[XDP], &opts);
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
	struct __sk_buff skb = {.ifindex = ifindex, .ingress_ifindex = ifindex,
				.gso_size = step->gso_size, .gso_segs = step->gso_size ? 2 : 0};
	uint8_t copy[PKT_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = copy, .data_size_in = *len,
		    .data_out = data, .data_size_out = PKT_MAX, .ctx_in = &skb,
		    .ctx_size_in = sizeof(skb), .repeat = 1);
	int ret;

	if (step->program == TO_POD)
		skb.ingress_ifindex = 0;
	memcpy(copy, data, *len);
	ret = bpf_prog_test_run_opts(world->programs[step->program], &opts);
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

/* ------------------------------------------------------------------ compare the frame */

/* Read what the program chose for an unbound port, if that is within its range. */
static bool bind_port(const struct port_place *place, const struct frame *got,
		      struct port_values *ports)
{
	uint16_t *value = &ports->value[place->variable - ANY_TUNNEL_PORT];
	uint16_t seen = got->data[place->offset] << 8 | got->data[place->offset + 1];
	uint16_t first = 1024, last = 65535;

	if (*value)
		return true;
	if (place->variable <= ANY_TUNNEL_PORT_B) {
		first = TUNNEL_SOURCE_PORT;
		last = TUNNEL_SOURCE_PORT + TUNNEL_SOURCE_PORTS - 1;
	} else if (place->variable <= ANY_SNAT_B) {
		first = SNAT_FIRST;
		last = SNAT_LAST;
	}
	if (seen < first || seen > last)
		return fail("port %u at byte %u is not within %u-%u", seen, place->offset,
			    first, last);
	if (place->variable >= ANY_CLASH && seen == CLIENT_PORT)
		return fail("the source port was not rewritten");
	*value = seen;
	return true;
}

static bool ports_differ(const struct port_values *ports)
{
	const uint16_t *snat = &ports->value[ANY_SNAT - ANY_TUNNEL_PORT];

	if ((snat[0] && snat[0] == snat[1]) || (snat[2] && snat[2] == snat[3]))
		return fail("two flows got the same port");
	return true;
}

static void print_bytes(const char *title, const struct frame *frame)
{
	printf("      %s (%u bytes):", title, frame->len);
	for (uint32_t i = 0; i < frame->len && i < 160; i++)
		printf("%s%02x", i == 14 || i % 16 == 14 ? "\n        " : " ", frame->data[i]);
	printf("\n");
}

static bool compare_frame(const struct pkt *want, struct port_values *ports,
			  const struct frame *got)
{
	uint32_t begin = want->dst_mac == MAC_ANY ? 12 : 0;
	struct frame frame;

	pkt_build(want, ports, &frame);
	for (int i = 0; i < frame.place_count && frame.len == got->len; i++)
		if (!bind_port(&frame.places[i], got, ports))
			return false;
	pkt_build(want, ports, &frame);
	if (frame.len == got->len &&
	    !memcmp(frame.data + begin, got->data + begin, got->len - begin))
		return ports_differ(ports);
	for (uint32_t i = begin; i < frame.len && i < got->len; i++) {
		if (frame.data[i] != got->data[i]) {
			fail("first difference at byte %u: want %02x, got %02x", i, frame.data[i],
			     got->data[i]);
			break;
		}
	}
	print_bytes("want", &frame);
	print_bytes("got", got);
	return false;
}

/* ------------------------------------------------------------------ compare counters and flows */

/* IP bytes that belong in the counter: those of the packet the flow carries. */
static uint32_t counted_bytes(const struct step *step, const struct frame *frame)
{
	uint32_t bytes = frame->data[16] << 8 | frame->data[17];

	bool inner = step->in.outer && (step->program == UPLINK || step->live);

	return inner ? bytes - TUNNEL_OVERHEAD_IPV4 : bytes;
}

/* Drops of tunnel packets may be counted before the inner packet's length is known. */
static bool bytes_matter(const struct step *step)
{
	return !step->ip_bytes_unknown && !(step->in.outer && step->verdict == SHOT) &&
	       !(step->in.outer && step->in.outer->option_type);
}

static bool compare_counts(const struct step *step, const struct counts *before,
			   const struct counts *after, uint32_t ip_bytes)
{
	enum hook hook = step->live ? HOOK_UPLINK : hook_of[step->program];
	int want = step->count ? (int)COUNTER(hook, step->count - 1) : -1;
	int live = step->live && !step->in.vlan ? COUNTER(HOOK_XDP, REASON_XDP_DECAP) : -1;
	bool good = true;

	for (int i = 0; i < HOOK_COUNT * REASON_COUNT; i++) {
		uint64_t packets = after->packets[i] - before->packets[i];
		uint64_t bytes = after->bytes[i] - before->bytes[i];

		if (packets != (i == want || i == live))
			good = fail("counter hook %d %s moved by %llu, want %d", i / REASON_COUNT,
				    reason_names[i % REASON_COUNT], (unsigned long long)packets,
				    i == want || i == live);
		else if (i == want && bytes_matter(step) && bytes != ip_bytes)
			good = fail("counted %llu bytes, want %u", (unsigned long long)bytes,
				    ip_bytes);
	}
	return good;
}

static void check_state(const struct flow_key *key, struct flow *flow, void *data)
{
	int *state = data;

	(void)key;
	if (flow->state != *state - 1)
		*state = -1 - flow->state;
}

static void check_flags(const struct flow_key *key, struct flow *flow, void *data)
{
	uint8_t flags = flow->flags & (FLOW_FIN_FORWARD | FLOW_FIN_REPLY | FLOW_ANSWERED);
	int *want = data;

	(void)key;
	if (FLAGS(flags) != *want)
		*want = -1 - flags;
}

static bool compare_flags(struct world *world, int flags)
{
	int seen = flags;
	struct flow_visit visit = {.visit = check_flags, .data = &seen};
	uint32_t halves = world_flows(world, "flows", &visit);

	halves += world_flows(world, "half_open", &visit);
	return (halves && seen == flags) ||
	       fail("of %u halves one has flags %#x, want %#x", halves, -1 - seen, flags & 0xff);
}

static bool compare_tables(struct world *world, const struct step *step)
{
	int state = step->state;
	struct flow_visit visit = {.visit = state ? check_state : NULL, .data = &state};
	uint32_t flows = world_flows(world, "flows", state ? &visit : NULL);
	uint32_t half = world_flows(world, "half_open", state ? &visit : NULL);

	if (step->tables && (flows != step->flows || half != step->half_open))
		return fail("%u halves in flows, %u in half_open; want %u and %u", flows, half,
			    step->flows, step->half_open);
	if (state && flows + half == 0)
		return fail("no flow there, want state %d", step->state - 1);
	if (state != step->state)
		return fail("a half in another state than %d", step->state - 1);
	return !step->flags || compare_flags(world, step->flags);
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
	int fd = world_map_fd(world, "reclaim");

	for (uint32_t i = 0; i < 2 * WORLD_FLOWS; i++)
		bpf_map_update_elem(fd, &i, &none, BPF_ANY);
}

static bool case_run(struct world *world, const struct test_case *test)
{
	struct port_values ports = {0};

	clear_reclaim(world);
	world_reset(world);
	if (test->setup)
		test->setup(world);
	for (int i = 0; test->steps && test->steps[i].program; i++)
		if (!step_run(world, &test->steps[i], &ports))
			return fail("in step %d of: %s", i + 1, test->name);
	return !test->run || test->run(world);
}

static bool needs_live(const struct test_case *test)
{
	for (int i = 0; test->steps && test->steps[i].program; i++)
		if (test->steps[i].live)
			return true;
	return false;
}

void cases_run(struct world *world, const struct test_case *cases, unsigned int count,
	       const char *only, struct totals *totals)
{
	for (unsigned int i = 0; i < count; i++) {
		bool good;

		if (only && !strstr(cases[i].name, only))
			continue;
		if (needs_live(&cases[i]) && !world->live) {
			printf("SKIP %s: needs XDP test frames that go on (Linux 5.18)\n",
			       cases[i].name);
			totals->skipped++;
			continue;
		}
		good = case_run(world, &cases[i]);
		printf("%s %s\n", good ? "PASS" : "FAIL", cases[i].name);
		fflush(stdout);
		*(good ? &totals->passed : &totals->failed) += 1;
	}
}
