/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Other traffic passes untouched; truncated packets do no harm. */
#include "cases.h"
#include "pkt_ip.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ETHERNET 14
#define SHORTEST_RUN (ETHERNET + OWN_HLEN) /* the kernel test-runs no frame that is shorter */

struct truncation {
	struct step step;
	uint32_t header; /* from this length on the packet is recognisable as ours */
	bool outer;      /* the outer lengths fit the truncated packet; only the inner one is cut */
};

static uint64_t dropped(const struct counts *counts)
{
	static const enum reason drops[] = {
#define X(name, verdict, ...) IS_##verdict(REASON_##name)
#define IS_FORWARD(reason)
#define IS_PASS(reason)
#define IS_DROP(reason) reason,
		REASONS(X)
#undef X
	};
	uint64_t sum = 0;

	for (int hook = 0; hook < HOOK_COUNT; hook++)
		for (unsigned int i = 0; i < sizeof(drops) / sizeof(*drops); i++)
			sum += counts->packets[COUNTER(hook, drops[i])];
	return sum;
}

/* The lengths of a sender whose packet ends here. */
static void fit_outer(struct frame *frame)
{
	if (frame->len < ETHERNET + UDP_HEADERS)
		return;
	set16(frame, ETHERNET + OWN_HLEN + 4, frame->len - ETHERNET - OWN_HLEN);
	ip_finish(frame, ETHERNET, &(struct pkt){ 0 });
}

static bool truncate_at(struct world *world, const struct truncation *t, const struct frame *whole,
			uint32_t len)
{
	struct counts before, after;
	struct frame frame = *whole;
	int verdict, want = len < t->header ? NEXT : SHOT, ret;

	frame.len = len;
	if (t->outer)
		fit_outer(&frame);
	world_counts(world, &before);
	ret = frame_run(world, &t->step, frame.data, &frame.len, &verdict);
	world_counts(world, &after);
	if (!ret && verdict == want && dropped(&after) - dropped(&before) == (want == SHOT) &&
	    (want == SHOT || frame.len == len))
		return true;
	printf("      cut to %u bytes: error %d, verdict %d, want %d, %llu drops counted\n", len,
	       ret, verdict, want, (unsigned long long)(dropped(&after) - dropped(&before)));
	return false;
}

/* Every length short of the whole, and then the whole. */
static bool truncate_everywhere(struct world *world, const struct truncation *t)
{
	struct port_values ports = {0};
	struct frame whole;
	bool good = true;

	pkt_build(&t->step.in, &ports, &whole);
	for (uint32_t len = SHORTEST_RUN; len < whole.len; len++)
		good &= truncate_at(world, t, &whole, len);
	good &= !world_flows(world, "flows", NULL) && !world_flows(world, "embryonic", NULL);
	return step_run(world, &t->step, &ports) && good;
}

static const struct truncation whole_syn = {
	.step = {FROM_POD, .in = TO_VIP(A_SYN, .mss = 1400, .len = 30), .verdict = NEXT,
		 .out = TO_HELLO1(A_SYN, .mss = 1400, .len = 30), .count = COUNT(TO_LOCAL)},
	.header = ETHERNET + OWN_HLEN,
};

static bool truncate_syn(struct world *world)
{
	return truncate_everywhere(world, &whole_syn);
}

static const struct truncation whole_udp = {
	.step = {FROM_POD, .in = UDP_TO_VIP(.len = 9), .verdict = NEXT,
		 .out = UDP(SLEEP, CLIENT_PORT, HELLO1, HELLO_PORT, .len = 9),
		 .count = COUNT(TO_LOCAL)},
	.header = ETHERNET + OWN_HLEN,
};

static bool truncate_udp(struct world *world)
{
	return truncate_everywhere(world, &whole_udp);
}

static const struct truncation whole_tunnel = {
	.step = {UPLINK, .in = TO_VIP(A_SYN, .mss = 1300, .len = 12, AT_GATEWAY()),
		 .verdict = REDIRECT,
		 .out = TCP(SNAT, ANY_SNAT, HELLO2, HELLO_PORT, A_SYN, .mss = 1300,
			    .len = 12, ONE_HOP, FROM_OUTSIDE),
		 .count = COUNT(GATEWAY_IN), .ip_bytes_unknown = true},
	.header = ETHERNET + OWN_HLEN + 8,
	.outer = true,
};

static bool truncate_tunnel(struct world *world)
{
	return truncate_everywhere(world, &whole_tunnel);
}

/* Our own rule 3 in reverse: a set filter bit alone must not make anything ours. */
static void setup_full_filters(struct world *world)
{
	setup_local(world);
	memset(world->filters, 0xff, sizeof(*world->filters));
}

#define PASSES(program, ...) STEPS({program, .in = __VA_ARGS__, .verdict = NEXT})
#define PASSES_ALL(...)                                                                            \
	STEPS({FROM_POD, .in = __VA_ARGS__, .verdict = NEXT},                                      \
	      {TO_POD, .in = __VA_ARGS__, .verdict = NEXT},                                        \
	      {UPLINK, .in = __VA_ARGS__, .verdict = NEXT})

static const struct test_case rows[] = {
	{"ignore: ARP", setup_local, PASSES_ALL({.ethertype = 0x0806, .len = 46})},
	{"ignore: IPv6", setup_local, PASSES_ALL({.ethertype = 0x86dd, .len = 60})},
	{"ignore: a VLAN tag in the frame", setup_local,
	 PASSES_ALL({.ethertype = 0x8100, .len = 60})},
	{"ignore: LLDP", setup_local, PASSES_ALL({.ethertype = 0x88cc, .len = 1})},
	{"ignore: IP version 5 in an IPv4 frame", setup_local,
	 PASSES_ALL(TO_VIP(A_SYN, .ip_version = 5))},
	{"ignore: pod to pod", setup_local,
	 PASSES_ALL(TCP(SLEEP, 4000, OTHER_POD, 80, A_SYN))},
	{"ignore: pod to the world", setup_local,
	 PASSES_ALL(UDP(SLEEP, 4000, STRANGER, 53, .len = 40))},
	{"ignore: pod to pod with every filter bit set", setup_full_filters,
	 PASSES_ALL(TCP(SLEEP, 4000, OTHER_POD, 80, A_SYN))},
	{"ignore: data to a pod with every filter bit set", setup_full_filters,
	 PASSES_ALL(TO_HELLO1(SOME_DATA))},
	{"ignore: UDP to a pod with every filter bit set", setup_full_filters,
	 PASSES_ALL(UDP(SLEEP, 4000, HELLO1, HELLO_PORT, .len = 4))},
	{"ignore: a fragment elsewhere with every filter bit set", setup_full_filters,
	 PASSES_ALL(UDP(SLEEP, 4000, OTHER_POD, 53, .frag = MF, .len = 64))},
	{"ignore: IP options elsewhere with every filter bit set", setup_full_filters,
	 PASSES_ALL(TCP(SLEEP, 4000, OTHER_POD, 80, A_SYN, .ip_options = 2))},
	{"ignore: direct traffic to a backend", setup_local,
	 PASSES_ALL(TO_HELLO1(A_SYN))},
	{"ignore: a packet for the VIP that no pod sent", setup_local,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN), .verdict = NEXT},
	       {TO_POD, .in = TO_VIP(A_SYN), .verdict = NEXT})},
	{"ignore: another port of the VIP", setup_local,
	 PASSES(FROM_POD, TCP(SLEEP, CLIENT_PORT, VIP, 80, A_SYN))},
	{"ignore: ICMP echo to the VIP", setup_local,
	 PASSES(FROM_POD, ICMP(SLEEP, VIP, 8, 0, .len = 48))},
	{"ignore: SCTP to the VIP", setup_local,
	 PASSES(FROM_POD, {.proto = 132, .saddr = SLEEP, .daddr = VIP, .len = 40})},
	{"ignore: IP options elsewhere", setup_local,
	 PASSES_ALL(TCP(SLEEP, 4000, OTHER_POD, 80, A_SYN, .ip_options = 2))},
	{"ignore: first fragment elsewhere", setup_local,
	 PASSES_ALL(UDP(SLEEP, 4000, OTHER_POD, 53, .frag = MF, .len = 64))},
	{"ignore: later fragment elsewhere", setup_local,
	 PASSES_ALL(UDP(SLEEP, 4000, OTHER_POD, 53, .frag = 8, .len = 64))},
	{"ignore: an older reply of a backend", setup_local,
	 PASSES(TO_POD, FROM_HELLO1(REPLY_DATA))},
	{"ignore: UDP on the uplink to another port", setup_gateway,
	 PASSES(UPLINK, UDP(NODE1, 5000, GATEWAY, 4789, .len = 50))},
	{"ignore: tunnel port of another address", setup_gateway,
	 PASSES(UPLINK, TO_VIP(A_SYN, OUTER(NODE1, NODE1_PORT, GATEWAY2, TUNNEL_PORT, NETWORK1,
					    HELLO_ID)))},
	{"ignore: the tunnel port over TCP", setup_gateway,
	 PASSES(UPLINK, TCP(NODE1, 5000, GATEWAY, TUNNEL_PORT, A_SYN))},
	{"ignore: tunnel packets without a gateway role", setup_local,
	 PASSES(UPLINK, TO_VIP(A_SYN, OUTER(GATEWAY, 61450, NODE1, TUNNEL_PORT, NETWORK2,
					    HELLO_ID)))},
	{"vip: a later fragment before the first", setup_local,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.frag = 185, .len = 40), .verdict = SHOT,
		.count = COUNT(FRAGMENT)})},
	{"vip: IP options", setup_local, .ipv4 = HEADER_OPTIONS,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .ip_options = 1), .verdict = SHOT,
		.count = COUNT(BAD_HEADER)},
	       {FROM_POD, .in = UDP_TO_VIP(.ip_options = 10), .verdict = SHOT,
		.count = COUNT(BAD_HEADER)})},
	{"vip: IP length beyond the frame", setup_local,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .ip_length_add = 1), .verdict = SHOT,
		.count = COUNT(TRUNCATED), .ip_bytes_unknown = true})},
	{"vip: IP length short of the TCP header", setup_local,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .ip_length_add = -1), .verdict = SHOT,
		.count = COUNT(TRUNCATED), .ip_bytes_unknown = true})},
	{"vip: Ethernet padding stays", setup_local,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .padding = 6), .verdict = NEXT,
		.out = TO_HELLO1(A_SYN, .padding = 6), .count = COUNT(TO_LOCAL)})},
	{"truncate: TCP SYN to the VIP at every length", setup_local, .run = truncate_syn},
	{"truncate: UDP to the VIP at every length", setup_local, .run = truncate_udp},
	{"truncate: tunnel packet at every length", setup_gateway, .run = truncate_tunnel},
};

REGISTER_CASES(rows);
