/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Compares verdict, frame, counters and flow tables after a step with its row. */
#include "compare.h"

#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>

#include "family.h"
#include "parallax_wire.h"
#include "sign.h"

static const char *const reason_names[] = {
#define X(name, ...) [REASON_##name] = #name,
	REASONS(X)
#undef X
};

static const enum hook hook_of[PROGRAM_COUNT] = {
	[FROM_POD] = HOOK_FROM_POD, [TO_POD] = HOOK_TO_POD,    [UPLINK] = HOOK_UPLINK,
	[XDP] = HOOK_XDP,           [TO_UPLINK] = HOOK_UPLINK,
};

bool fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("      ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
	return false;
}

/* ------------------------------------------------------------------ compare the frame */

/* Read the port that the program chose for an unbound variable, if it is within its range. */
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

/* The flow label of an outer header follows from a hash: any will do. */
static void forget_label(const struct pkt *want, struct frame *frame)
{
	uint32_t ip = want->vlan ? 18 : 14;

	if (frame16(frame, ip - 2) != 0x86dd || !want->outer)
		return;
	frame->data[ip + 1] &= 0xf0;
	frame->data[ip + 2] = frame->data[ip + 3] = 0;
}

bool compare_frame(const struct pkt *want, struct port_values *ports, struct frame *got)
{
	uint32_t begin = want->dst_mac == MAC_ANY ? 12 : 0;
	struct frame frame;

	forget_label(want, got);
	pkt_build(want, ports, &frame);
	for (int i = 0; i < frame.place_count && frame.len == got->len; i++)
		if (!bind_port(&frame.places[i], got, ports))
			return false;
	pkt_build(want, ports, &frame);
	if (frame.any_id_at && frame.len == got->len)
		memcpy(frame.data + frame.any_id_at, got->data + frame.any_id_at, 4);
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

uint32_t counted_bytes(const struct step *step, const struct frame *frame)
{
	uint8_t version = frame->data[14] >> 4;
	const struct outer *outer = step->in.outer;
	uint32_t bytes = version == 6 ? frame16(frame, 18) + 40 : frame16(frame, 16);

	if (!outer || (step->program == XDP && !step->live && step->verdict != XDP_TX) ||
	    step->program == FROM_POD)
		return bytes;
	return bytes - (version == 6 ? TUNNEL_OVERHEAD_IPV6 : TUNNEL_OVERHEAD_IPV4) -
	       (outer->endpoint ? 8 : 0) - (outer->room || outer->back ? OWN_RETURN : 0) -
	       (outer->key ? TAG_BYTES : 0);
}

/* Drops of tunnel packets may be counted before the inner packet's length is known. */
static bool bytes_matter(const struct step *step)
{
	return !step->ip_bytes_unknown && !(step->in.outer && step->verdict == SHOT) &&
	       !(step->in.outer && step->in.outer->option_type);
}

bool compare_counts(const struct step *step, const struct counts *before,
		    const struct counts *after, uint32_t ip_bytes)
{
	enum hook hook = step->live ? HOOK_UPLINK : hook_of[step->program];
	int want = step->count ? (int)COUNTER(hook, step->count) : -1;
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
	uint32_t entries = world_flows(world, "flows", &visit);

	entries += world_flows(world, "embryonic", &visit);
	return (entries && seen == flags) ||
	       fail("of %u entries one has flags %#x, want %#x", entries, -1 - seen, flags & 0xff);
}

bool compare_tables(struct world *world, const struct step *step)
{
	int state = step->state;
	struct flow_visit visit = {.visit = state ? check_state : NULL, .data = &state};
	uint32_t flows = world_flows(world, "flows", state ? &visit : NULL);
	uint32_t embryonic = world_flows(world, "embryonic", state ? &visit : NULL);

	if (step->tables && (flows != step->flows || embryonic != step->embryonic))
		return fail("%u entries in flows, %u in embryonic; want %u and %u", flows, embryonic,
			    step->flows, step->embryonic);
	if (state && flows + embryonic == 0)
		return fail("no flow there, want state %d", step->state - 1);
	if (state != step->state)
		return fail("an entry in another state than %d", step->state - 1);
	return !step->flags || compare_flags(world, step->flags);
}

static void show_usage(const char *what, const struct usage *usage)
{
	printf("      %s %llu flows, %llu bytes sent in %llu packets, %llu received in %llu\n", what,
	       (unsigned long long)usage->flows, (unsigned long long)usage->sent,
	       (unsigned long long)usage->sent_packets, (unsigned long long)usage->received,
	       (unsigned long long)usage->received_packets);
}

bool usage_is(struct world *world, const struct usage_key *key, struct usage want)
{
	struct usage usage = {0};

	bpf_map_lookup_elem(world_map_fd(world, "usage"), key, &usage);
	if (!memcmp(&usage, &want, sizeof(usage)))
		return true;
	show_usage("found", &usage);
	show_usage("want", &want);
	return false;
}
