/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Client: refusals with an answer; connections older than the programs pass. */
#include "cases.h"

#include <netinet/in.h>
#include <stdio.h>

#include "parallax_hash.h"
#include "parallax_limits.h"

#define BACK_TO_POD .no_window = true, .dst_mac = MAC_SLEEP, .src_mac = MAC_NODE
#define ANSWER(reason, segment, ...)                                                               \
	STEPS({FROM_POD, .in = TO_VIP(segment), .verdict = REDIRECT,                               \
	       .out = FROM_VIP(__VA_ARGS__, BACK_TO_POD), .count = COUNT(reason), .tables = true})
#define SILENCE(reason, ...)                                                                       \
	STEPS({FROM_POD, .in = TO_VIP(__VA_ARGS__), .verdict = SHOT, .count = COUNT(reason),       \
	       .tables = true})
#define TAKES_OVER(...)                                                                            \
	STEPS({FROM_POD, .in = TO_VIP(__VA_ARGS__), .verdict = NEXT, .count = COUNT(TAKEOVER),     \
	       .tables = true})

/* One macro argument for several fields. */
#define FIELDS(...) __VA_ARGS__

#define SECOND 1000000000ULL

static void setup_times(struct world *world, uint64_t service_age, uint64_t iface_age)
{
	uint64_t now = world_now_ns();

	setup_local(world);
	world->settings->takeover_ns = 10 * SECOND;
	world->services[TCP_ROW].captured_ns = now - service_age;
	world->services[UDP_ROW].captured_ns = now - service_age;
	world_iface(world, DEVICE_POD0, IFACE_POD, iface_age ? now - iface_age : 0);
}

static void setup_both_old(struct world *world)
{
	setup_times(world, 20 * SECOND, 30 * SECOND);
}

static void setup_new_service(struct world *world)
{
	setup_times(world, 5 * SECOND, 30 * SECOND);
}

static void setup_new_iface(struct world *world)
{
	setup_times(world, 20 * SECOND, 5 * SECOND);
}

static void setup_both_new(struct world *world)
{
	setup_times(world, 5 * SECOND, 6 * SECOND);
}

static void setup_pod_born_with_us(struct world *world)
{
	setup_times(world, 20 * SECOND, 0);
}

static void setup_pod_born_new_service(struct world *world)
{
	setup_times(world, 5 * SECOND, 0);
}

static void setup_no_takeover(struct world *world)
{
	setup_both_new(world);
	world->settings->takeover_ns = 0;
}

static const struct pkt lonely_datagram = UDP_TO_VIP(.len = 100);
static const struct pkt lonely_syn = TO_VIP(A_SYN);

static uint64_t counted(const struct counts *counts, enum reason reason)
{
	return counts->packets[COUNTER(HOOK_FROM_POD, reason)];
}

/* More SYNs than answers allowed: the rest is dropped under its own reason. */
static bool rate_limit(struct world *world)
{
	static const struct step step = {.program = FROM_POD};
	uint32_t sent = 3 * REPLIES_PER_SECOND, answered = 0;
	struct port_values ports = {0};
	struct counts counts;
	struct frame frame;
	int verdict;

	for (uint32_t i = 0; i < sent; i++) {
		pkt_build(&lonely_syn, &ports, &frame);
		if (frame_run(world, &step, frame.data, &frame.len, &verdict))
			return false;
		answered += verdict == REDIRECT;
	}
	world_counts(world, &counts);
	if (counted(&counts, REASON_NO_BACKEND) == answered &&
	    counted(&counts, REASON_REPLY_LIMIT) == sent - answered &&
	    answered >= REPLIES_PER_SECOND && answered < sent)
		return true;
	printf("      %u answered of %u\n", answered, sent);
	return false;
}

/* One pod uses up its answers. */
static void exhaust(struct world *world)
{
	static const struct step step = {.program = FROM_POD, .device = DEVICE_POD1};
	struct port_values ports = {0};
	struct pkt pkt = lonely_syn;
	struct frame frame;
	int verdict = REDIRECT;

	pkt.saddr = HELLO1;
	world->owners[owner_row(0, world->ifindex[DEVICE_POD1])].second = world_ticks(world);
	for (uint32_t i = 0; i < 3 * REPLIES_PER_SECOND && verdict == REDIRECT; i++) {
		pkt_build(&pkt, &ports, &frame);
		if (frame_run(world, &step, frame.data, &frame.len, &verdict))
			return;
	}
}

static void setup_nobody_and_geneve(struct world *world)
{
	setup_nobody(world);
	world_service_of(world, VIP2, IPPROTO_UDP, UNKNOWN_ID, BACKEND_GENEVE, GATEWAY, STOCK_PORT);
}

#define BIG_DATAGRAM(source) UDP(source, CLIENT_PORT, VIP2, HELLO_PORT, .len = LINK_UDP)
static const struct pkt big_datagram = BIG_DATAGRAM(HELLO1);

static const struct test_case rows[] = {
	{"refuse: strays of one pod do not silence another's answers", setup_nobody,
	 STEPS({FROM_POD, .before = exhaust, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST | ACK, .ack = 1001, BACK_TO_POD),
		.count = COUNT(NO_BACKEND)})},
	{"refuse: nor the pod's own news of what is too big", setup_nobody_and_geneve, .ipv4 = DF_SET,
	 STEPS({FROM_POD, DEVICE_POD1, .before = exhaust, .in = BIG_DATAGRAM(HELLO1),
		.verdict = REDIRECT,
		.out = ICMP(VIP2, HELLO1, 3, 4, .icmp_mtu = INNER_MTU, .quote = &big_datagram,
			    .quote_len = 28, .dst_mac = MAC_SLEEP, .src_mac = MAC_NODE),
		.count = COUNT(TOO_BIG)})},
	{"refuse: a SYN nobody serves gets RST", setup_nobody,
	 ANSWER(NO_BACKEND, FIELDS(A_SYN, .mss = 1460, .tos = 8, .ip_id = 77),
		.flags = RST | ACK, .ack = 1001)},
	{"refuse: a SYN with data: all of it is acknowledged", setup_nobody,
	 ANSWER(NO_BACKEND, FIELDS(A_SYN, .len = 33), .flags = RST | ACK, .ack = 1034)},
	{"refuse: a SYN with the largest sequence number", setup_nobody,
	 ANSWER(NO_BACKEND, FIELDS(.flags = SYN, .seq = 0xffffffff), .flags = RST | ACK, .ack = 0)},
	{"refuse: a SYN and FIN at once", setup_both_old,
	 ANSWER(NO_FLOW, FIELDS(.flags = SYN | FIN, .seq = 1000), .flags = RST | ACK,
		.ack = 1002)},
	{"refuse: an ACK in mid-stream gets RST with its own number", setup_both_old,
	 ANSWER(NO_FLOW, FIELDS(AN_ACK), .flags = RST, .seq = 5001)},
	{"refuse: data in mid-stream", setup_both_old,
	 ANSWER(NO_FLOW, FIELDS(SOME_DATA), .flags = RST, .seq = 5001)},
	{"refuse: FIN and ACK", setup_both_old,
	 ANSWER(NO_FLOW, FIELDS(.flags = FIN | ACK, .seq = 9, .ack = 0x80000000), .flags = RST,
		.seq = 0x80000000)},
	{"refuse: FIN without ACK, with data", setup_both_old,
	 ANSWER(NO_FLOW, FIELDS(.flags = FIN, .seq = 9, .len = 5), .flags = RST | ACK, .ack = 15)},
	{"refuse: a SYN-ACK from a pod", setup_both_old,
	 ANSWER(NO_FLOW, FIELDS(A_SYN_ACK), .flags = RST, .seq = 1001)},
	{"refuse: a RST is never answered", setup_both_old,
	 SILENCE(NO_FLOW, .flags = RST, .seq = 7)},
	{"refuse: a RST with ACK is never answered", setup_both_old,
	 SILENCE(NO_FLOW, .flags = RST | ACK, .seq = 7, .ack = 9)},
	{"refuse: a RST with SYN is never answered", setup_both_old,
	 SILENCE(NO_FLOW, .flags = SYN | RST, .seq = 7)},
	{"refuse: UDP nobody serves gets ICMP port unreachable", setup_nobody,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 100), .verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 3, .quote = &lonely_datagram, .quote_len = 28,
			    .dst_mac = MAC_SLEEP, .src_mac = MAC_NODE),
		.count = COUNT(NO_BACKEND), .tables = true})},
	{"refuse: no more answers than the rate allows", setup_nobody, .run = rate_limit},
	{"takeover: both taken long ago", setup_both_old,
	 ANSWER(NO_FLOW, FIELDS(AN_ACK), .flags = RST, .seq = 5001)},
	{"takeover: the service is new here", setup_new_service, TAKES_OVER(SOME_DATA)},
	{"takeover: the interface is new here", setup_new_iface, TAKES_OVER(SOME_DATA)},
	{"takeover: both are new here", setup_both_new, TAKES_OVER(AN_ACK)},
	{"takeover: a FIN or RST of an older connection passes too", setup_both_new,
	 STEPS({FROM_POD, .in = TO_VIP(.flags = FIN | ACK), .verdict = NEXT,
		.count = COUNT(TAKEOVER)},
	       {FROM_POD, .in = TO_VIP(.flags = RST), .verdict = NEXT, .count = COUNT(TAKEOVER)})},
	{"takeover: a pod born after us, an old service", setup_pod_born_with_us,
	 ANSWER(NO_FLOW, FIELDS(AN_ACK), .flags = RST, .seq = 5001)},
	{"takeover: a pod born after us, a new service", setup_pod_born_new_service,
	 TAKES_OVER(AN_ACK)},
	{"takeover: a SYN is never older than us", setup_both_new,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),
		.count = COUNT(TO_LOCAL)})},
	{"takeover: UDP is never older than us", setup_both_new,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 3), .verdict = NEXT,
		.out = UDP(SLEEP, CLIENT_PORT, HELLO1, HELLO_PORT, .len = 3),
		.count = COUNT(TO_LOCAL)})},
	{"takeover: switched off", setup_no_takeover,
	 ANSWER(NO_FLOW, FIELDS(AN_ACK), .flags = RST, .seq = 5001)},
};

REGISTER_CASES(rows);
