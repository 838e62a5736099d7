/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Client: to pods of this network and to stock gateways, and their replies. */
#include <stdio.h>

#include "cases.h"

#include <netinet/in.h>

static void setup_far_pod(struct world *world)
{
	world_service_of(world, VIP, IPPROTO_TCP, HELLO_ID, BACKEND_LOCAL, HELLO2_ELSEWHERE,
			 HELLO_PORT);
	world->settings->flags |= SETTING_REDIRECT;
}

static void setup_other_port(struct world *world)
{
	world_service_of(world, VIP, IPPROTO_TCP, HELLO_ID, BACKEND_LOCAL, HELLO1, 8443);
}

static void setup_passthrough_redirect(struct world *world)
{
	setup_passthrough(world);
	world->settings->flags |= SETTING_REDIRECT;
}

static void turn_redirect_on(struct world *world)
{
	world->settings->flags |= SETTING_REDIRECT;
}

static void turn_redirect_off(struct world *world)
{
	world->settings->flags &= ~SETTING_REDIRECT;
}

#define TO_SELF(...) TCP(VIP, CLIENT_PORT, SLEEP, HELLO_PORT, __VA_ARGS__)
#define SELF_ANSWERS(...) TCP(SLEEP, HELLO_PORT, VIP, CLIENT_PORT, __VA_ARGS__)
#define UDP_TO_HELLO1(...) UDP(SLEEP, CLIENT_PORT, HELLO1, HELLO_PORT, __VA_ARGS__)
#define UDP_FROM_HELLO1(...) UDP(HELLO1, HELLO_PORT, SLEEP, CLIENT_PORT, __VA_ARGS__)

#define OPENS_LOCAL                                                                                \
	{FROM_POD, .in = TO_VIP(A_SYN, .mss = 1460), .verdict = NEXT,                              \
	 .out = TO_HELLO1(A_SYN, .mss = 1460), .count = COUNT(TO_LOCAL)}
#define ANSWERS_LOCAL                                                                              \
	{TO_POD, .in = FROM_HELLO1(A_SYN_ACK, .mss = 1460), .verdict = NEXT,                       \
	 .out = FROM_VIP(A_SYN_ACK, .mss = 1460), .count = COUNT(REPLY)}

#define OPENS_NOTHING(...)                                                                         \
	{FROM_POD, .in = __VA_ARGS__, .verdict = SHOT, .count = COUNT(CHECKSUM), .tables = true}

static const struct pkt long_syn = TO_VIP(A_SYN);
static const struct pkt long_datagram = UDP_TO_VIP(.ttl = 64);

static bool checksum_passes(struct world *world, const struct pkt *like, uint16_t length)
{
	static const struct step step = {.program = FROM_POD};
	struct port_values ports = {0};
	struct pkt pkt = *like;
	struct frame frame;
	int verdict = 0;

	pkt.len = length;
	pkt.sport = 1024 + length;
	pkt_build(&pkt, &ports, &frame);
	return (!frame_run(world, &step, frame.data, &frame.len, &verdict) && verdict == NEXT) ||
	       (printf("      %u bytes: verdict %d\n", length, verdict), false);
}

static bool checksums_of_all_lengths(struct world *world)
{
	for (uint16_t length = 0; length < 1460; length += length < 1100 ? 1 : 37)
		if (!checksum_passes(world, &long_syn, length) ||
		    !checksum_passes(world, &long_datagram, length))
			return false;
	return true;
}

static const struct test_case rows[] = {
	{"local: a whole connection over the stack", setup_local,
	 STEPS(OPENS_LOCAL, ANSWERS_LOCAL,
	       {FROM_POD, .in = TO_VIP(AN_ACK), .verdict = NEXT, .out = TO_HELLO1(AN_ACK),
		.count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = TO_VIP(SOME_DATA), .verdict = NEXT, .out = TO_HELLO1(SOME_DATA),
		.count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = FROM_HELLO1(REPLY_DATA), .verdict = NEXT, .out = FROM_VIP(REPLY_DATA),
		.count = COUNT(REPLY)})},
	{"local: the backend's port differs from the service's", setup_other_port,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TCP(SLEEP, CLIENT_PORT, HELLO1, 8443, A_SYN), .count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = TCP(HELLO1, 8443, SLEEP, CLIENT_PORT, A_SYN_ACK), .verdict = NEXT,
		.out = FROM_VIP(A_SYN_ACK), .count = COUNT(REPLY)})},
	{"local: the IP header's other fields stay", setup_local,
	 STEPS({FROM_POD,
		.in = TO_VIP(A_SYN, .tos = 0xb9, .ip_id = 0xbeef, .ttl = 7, .no_df = true),
		.verdict = NEXT,
		.out = TO_HELLO1(A_SYN, .tos = 0xb9, .ip_id = 0xbeef, .ttl = 7, .no_df = true),
		.count = COUNT(TO_LOCAL)})},
	{"local: an MSS is not clamped without a tunnel", setup_local,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .mss = 8960), .verdict = NEXT,
		.out = TO_HELLO1(A_SYN, .mss = 8960), .count = COUNT(TO_LOCAL)})},
	{"local: UDP there and back", setup_local,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 33), .verdict = NEXT,
		.out = UDP_TO_HELLO1(.len = 33), .count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = UDP_FROM_HELLO1(.len = 200), .verdict = NEXT,
		.out = UDP_FROM_VIP(.len = 200), .count = COUNT(REPLY)},
	       {FROM_POD, .in = UDP_TO_VIP(.len = 0), .verdict = NEXT, .out = UDP_TO_HELLO1(),
		.count = COUNT(TO_LOCAL)})},
	{"local: a UDP packet without checksum keeps having none", setup_local, .ipv4 = NO_CHECKSUM,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 33, .zero_sum = true), .verdict = NEXT,
		.out = UDP_TO_HELLO1(.len = 33, .zero_sum = true), .count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = UDP_FROM_HELLO1(.len = 9, .zero_sum = true), .verdict = NEXT,
		.out = UDP_FROM_VIP(.len = 9, .zero_sum = true), .count = COUNT(REPLY)})},
	{"local: a wrong checksum stays wrong", setup_local,
	 STEPS(OPENS_LOCAL,
	       {FROM_POD, .in = TO_VIP(A_SYN, .bad_sum = 0x0101), .verdict = NEXT,
		.out = TO_HELLO1(A_SYN, .bad_sum = 0x0101), .count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = UDP_TO_VIP(.len = 5), .verdict = NEXT,
		.out = UDP_TO_HELLO1(.len = 5), .count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = UDP_TO_VIP(.len = 5, .bad_sum = 0x1234), .verdict = NEXT,
		.out = UDP_TO_HELLO1(.len = 5, .bad_sum = 0x1234), .count = COUNT(TO_LOCAL)})},
	{"local: a wrong checksum opens no flow", setup_local,
	 STEPS(OPENS_NOTHING(TO_VIP(A_SYN, .bad_sum = 1)),
	       OPENS_NOTHING(TO_VIP(A_SYN, .len = 1001, .bad_sum = 0x100)),
	       OPENS_NOTHING(UDP_TO_VIP(.len = 1, .bad_sum = 1)),
	       OPENS_NOTHING(UDP_TO_VIP(.len = 1472, .bad_sum = 0x8000)))},
	{"local: a right checksum of any length opens a flow", setup_local,
	 .run = checksums_of_all_lengths},
	{"local: TCP and UDP of one tuple do not meet", setup_local,
	 STEPS(OPENS_LOCAL,
	       {TO_POD, .in = UDP_FROM_HELLO1(.len = 5), .verdict = NEXT})},
	{"local: a reply to another client's port passes", setup_local,
	 STEPS(OPENS_LOCAL,
	       {TO_POD, .in = TCP(HELLO1, HELLO_PORT, SLEEP, CLIENT_PORT + 1, A_SYN_ACK),
		.verdict = NEXT})},
	{"redirect: a whole connection enters the pods directly", setup_redirect,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .mss = 1460), .verdict = REDIRECT,
		.out = TO_HELLO1(A_SYN, .mss = 1460, ONE_HOP), .count = COUNT(TO_LOCAL)},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO1(A_SYN_ACK), .verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, ONE_HOP), .count = COUNT(REPLY)},
	       {FROM_POD, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = TO_HELLO1(SOME_DATA, ONE_HOP), .count = COUNT(TO_LOCAL)},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO1(REPLY_DATA), .verdict = REDIRECT,
		.out = FROM_VIP(REPLY_DATA, ONE_HOP), .count = COUNT(REPLY)})},
	{"redirect: UDP there and back", setup_redirect,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 21), .verdict = REDIRECT,
		.out = UDP_TO_HELLO1(.len = 21, ONE_HOP), .count = COUNT(TO_LOCAL)},
	       {FROM_POD, DEVICE_POD1, .in = UDP_FROM_HELLO1(.len = 2), .verdict = REDIRECT,
		.out = UDP_FROM_VIP(.len = 2, ONE_HOP), .count = COUNT(REPLY)})},
	{"redirect: a TTL at its end goes to the stack", setup_redirect,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .ttl = 1), .verdict = NEXT,
		.count = COUNT(TTL_EXPIRED)})},
	{"redirect: a pod of another node is reached over the stack", setup_far_pod,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TCP(SLEEP, CLIENT_PORT, HELLO2_ELSEWHERE, HELLO_PORT, A_SYN),
		.count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = TCP(HELLO2_ELSEWHERE, HELLO_PORT, SLEEP, CLIENT_PORT, A_SYN_ACK),
		.verdict = NEXT, .out = FROM_VIP(A_SYN_ACK), .count = COUNT(REPLY)})},
	{"redirect: switched on, an open flow keeps to the stack, both ways", setup_local,
	 STEPS(OPENS_LOCAL,
	       {TO_POD, .before = turn_redirect_on, .in = FROM_HELLO1(A_SYN_ACK), .verdict = NEXT,
		.out = FROM_VIP(A_SYN_ACK), .count = COUNT(REPLY)},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO1(REPLY_DATA), .verdict = NEXT},
	       {FROM_POD, .in = TO_VIP(SOME_DATA), .verdict = NEXT, .out = TO_HELLO1(SOME_DATA),
		.count = COUNT(TO_LOCAL)})},
	{"redirect: switched off, an open flow keeps to it, both ways", setup_redirect,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = TO_HELLO1(A_SYN, ONE_HOP), .count = COUNT(TO_LOCAL)},
	       {FROM_POD, DEVICE_POD1, .before = turn_redirect_off, .in = FROM_HELLO1(A_SYN_ACK),
		.verdict = REDIRECT, .out = FROM_VIP(A_SYN_ACK, ONE_HOP), .count = COUNT(REPLY)},
	       {FROM_POD, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = TO_HELLO1(SOME_DATA, ONE_HOP), .count = COUNT(TO_LOCAL)})},
	{"redirect: a stock gateway is reached over the stack", setup_passthrough_redirect,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TCP(SLEEP, CLIENT_PORT, STOCK, STOCK_PORT, A_SYN),
		.count = COUNT(TO_PASSTHROUGH)})},
	{"hairpin: the pod calls itself and answers itself", setup_hairpin,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .mss = 1460), .verdict = REDIRECT,
		.out = TO_SELF(A_SYN, .mss = 1460, ONE_HOP), .count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = SELF_ANSWERS(A_SYN_ACK), .verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, ONE_HOP), .count = COUNT(REPLY)},
	       {FROM_POD, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = TO_SELF(SOME_DATA, ONE_HOP), .count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = SELF_ANSWERS(REPLY_DATA), .verdict = REDIRECT,
		.out = FROM_VIP(REPLY_DATA, ONE_HOP), .count = COUNT(REPLY)})},
	{"hairpin: UDP", setup_hairpin,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 8), .verdict = REDIRECT,
		.out = UDP(VIP, CLIENT_PORT, SLEEP, HELLO_PORT, .len = 8, ONE_HOP),
		.count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = UDP(SLEEP, HELLO_PORT, VIP, CLIENT_PORT, .len = 6),
		.verdict = REDIRECT, .out = UDP_FROM_VIP(.len = 6, ONE_HOP),
		.count = COUNT(REPLY)})},
	{"hairpin: another pod's call to it goes the ordinary way", setup_hairpin,
	 STEPS({FROM_POD, DEVICE_POD1, .in = TCP(HELLO1, CLIENT_PORT, VIP, HELLO_PORT, A_SYN),
		.verdict = NEXT, .out = TCP(HELLO1, CLIENT_PORT, SLEEP, HELLO_PORT, A_SYN),
		.count = COUNT(TO_LOCAL)})},
	{"passthrough: a whole connection to a stock gateway", setup_passthrough,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .mss = 1460), .verdict = NEXT,
		.out = TCP(SLEEP, CLIENT_PORT, STOCK, STOCK_PORT, A_SYN, .mss = 1460),
		.count = COUNT(TO_PASSTHROUGH)},
	       {TO_POD, .in = TCP(STOCK, STOCK_PORT, SLEEP, CLIENT_PORT, A_SYN_ACK),
		.verdict = NEXT, .out = FROM_VIP(A_SYN_ACK), .count = COUNT(REPLY)},
	       {FROM_POD, .in = TO_VIP(SOME_DATA), .verdict = NEXT,
		.out = TCP(SLEEP, CLIENT_PORT, STOCK, STOCK_PORT, SOME_DATA),
		.count = COUNT(TO_PASSTHROUGH)},
	       {TO_POD, .in = TCP(STOCK, STOCK_PORT, SLEEP, CLIENT_PORT, REPLY_DATA),
		.verdict = NEXT, .out = FROM_VIP(REPLY_DATA), .count = COUNT(REPLY)})},
	{"passthrough: UDP", setup_passthrough,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 3), .verdict = NEXT,
		.out = UDP(SLEEP, CLIENT_PORT, STOCK, STOCK_PORT, .len = 3),
		.count = COUNT(TO_PASSTHROUGH)})},
};

REGISTER_CASES(rows);
