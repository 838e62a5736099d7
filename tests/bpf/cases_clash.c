/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One source port, two connections that would become one tuple behind the translation. */
#include "cases.h"

#include <netinet/in.h>
#include <stdio.h>

#define TO_VIP2(...) TCP(SLEEP, CLIENT_PORT, VIP2, HELLO_PORT, __VA_ARGS__)
#define FROM_VIP2(...) TCP(VIP2, HELLO_PORT, SLEEP, CLIENT_PORT, __VA_ARGS__)
#define MOVED(...) TCP(SLEEP, ANY_CLASH, HELLO1, HELLO_PORT, __VA_ARGS__)
#define MOVED_REPLY(...) TCP(HELLO1, HELLO_PORT, SLEEP, ANY_CLASH, __VA_ARGS__)

#define OPENS_VIP                                                                                  \
	{FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),                  \
	 .count = COUNT(TO_LOCAL)}
#define ANSWERS_VIP                                                                                \
	{TO_POD, .in = FROM_HELLO1(A_SYN_ACK), .verdict = NEXT, .out = FROM_VIP(A_SYN_ACK),        \
	 .count = COUNT(REPLY)}
#define CONFIRMS_VIP                                                                               \
	{FROM_POD, .in = TO_VIP(AN_ACK), .verdict = NEXT, .out = TO_HELLO1(AN_ACK),                \
	 .count = COUNT(TO_LOCAL)}
#define OPENS_VIP2_MOVED                                                                           \
	{FROM_POD, .in = TO_VIP2(A_SYN), .verdict = NEXT, .out = MOVED(A_SYN),                     \
	 .count = COUNT(TO_LOCAL), .tables = true, .embryonic = 4}
#define ANSWERS_VIP2_MOVED                                                                         \
	{TO_POD, .in = MOVED_REPLY(A_SYN_ACK), .verdict = NEXT, .out = FROM_VIP2(A_SYN_ACK),       \
	 .count = COUNT(REPLY)}

static void setup_two_redirect(struct world *world)
{
	setup_redirect(world);
	world_service_of(world, VIP2, IPPROTO_TCP, UNKNOWN_ID, BACKEND_LOCAL, HELLO1, HELLO_PORT);
}

static void setup_two_geneve(struct world *world)
{
	setup_geneve(world);
	world_service_of(world, VIP2, IPPROTO_TCP, UNKNOWN_ID, BACKEND_GENEVE, GATEWAY, STOCK_PORT);
}

static void setup_two_hairpins(struct world *world)
{
	setup_hairpin(world);
	world_service_of(world, VIP2, IPPROTO_TCP, UNKNOWN_ID, BACKEND_LOCAL, SLEEP, HELLO_PORT);
}

static const struct test_case rows[] = {
	{"clash: two VIPs share a pod", setup_two_vips,
	 STEPS(OPENS_VIP, OPENS_VIP2_MOVED, ANSWERS_VIP, ANSWERS_VIP2_MOVED,
	       {FROM_POD, .in = TO_VIP2(SOME_DATA), .verdict = NEXT, .out = MOVED(SOME_DATA),
		.count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = TO_VIP(SOME_DATA), .verdict = NEXT, .out = TO_HELLO1(SOME_DATA),
		.count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = MOVED_REPLY(REPLY_DATA), .verdict = NEXT,
		.out = FROM_VIP2(REPLY_DATA), .count = COUNT(REPLY)},
	       {TO_POD, .in = FROM_HELLO1(REPLY_DATA), .verdict = NEXT, .out = FROM_VIP(REPLY_DATA),
		.count = COUNT(REPLY)})},
	{"clash: the second comes when the first is established", setup_two_vips,
	 STEPS(OPENS_VIP, ANSWERS_VIP, CONFIRMS_VIP,
	       {FROM_POD, .in = TO_VIP2(A_SYN), .verdict = NEXT, .out = MOVED(A_SYN),
		.count = COUNT(TO_LOCAL), .tables = true, .flows = 2, .embryonic = 2},
	       ANSWERS_VIP2_MOVED, ANSWERS_VIP)},
	{"clash: a retransmitted SYN keeps its port", setup_two_vips,
	 STEPS(OPENS_VIP, OPENS_VIP2_MOVED, OPENS_VIP2_MOVED, OPENS_VIP)},
	{"clash: UDP", setup_two_vips,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 5), .verdict = NEXT,
		.out = UDP(SLEEP, CLIENT_PORT, HELLO1, HELLO_PORT, .len = 5),
		.count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = UDP(SLEEP, CLIENT_PORT, VIP2, HELLO_PORT, .len = 5),
		.verdict = NEXT, .out = UDP(SLEEP, ANY_CLASH, HELLO1, HELLO_PORT, .len = 5),
		.count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = UDP(HELLO1, HELLO_PORT, SLEEP, ANY_CLASH, .len = 6), .verdict = NEXT,
		.out = UDP(VIP2, HELLO_PORT, SLEEP, CLIENT_PORT, .len = 6),
		.count = COUNT(REPLY)})},
	{"clash: TCP and UDP of one tuple do not clash", setup_two_vips,
	 STEPS(OPENS_VIP,
	       {FROM_POD, .in = UDP(SLEEP, CLIENT_PORT, VIP2, HELLO_PORT, .len = 5),
		.verdict = NEXT, .out = UDP(SLEEP, CLIENT_PORT, HELLO1, HELLO_PORT, .len = 5),
		.count = COUNT(TO_LOCAL)})},
	{"clash: with redirect", setup_two_redirect,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = TO_HELLO1(A_SYN, ONE_HOP), .count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = TO_VIP2(A_SYN), .verdict = REDIRECT, .out = MOVED(A_SYN, ONE_HOP),
		.count = COUNT(TO_LOCAL)},
	       {FROM_POD, DEVICE_POD1, .in = MOVED_REPLY(A_SYN_ACK), .verdict = REDIRECT,
		.out = FROM_VIP2(A_SYN_ACK, ONE_HOP), .count = COUNT(REPLY)},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO1(A_SYN_ACK), .verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, ONE_HOP), .count = COUNT(REPLY)})},
	{"clash: two VIPs behind one stock gateway", setup_two_stock,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TCP(SLEEP, CLIENT_PORT, STOCK, STOCK_PORT, A_SYN),
		.count = COUNT(TO_PASSTHROUGH)},
	       {FROM_POD, .in = TO_VIP2(A_SYN), .verdict = NEXT,
		.out = TCP(SLEEP, ANY_CLASH, STOCK, STOCK_PORT, A_SYN),
		.count = COUNT(TO_PASSTHROUGH)},
	       {TO_POD, .in = TCP(STOCK, STOCK_PORT, SLEEP, ANY_CLASH, A_SYN_ACK), .verdict = NEXT,
		.out = FROM_VIP2(A_SYN_ACK), .count = COUNT(REPLY)},
	       {TO_POD, .in = TCP(STOCK, STOCK_PORT, SLEEP, CLIENT_PORT, A_SYN_ACK),
		.verdict = NEXT, .out = FROM_VIP(A_SYN_ACK), .count = COUNT(REPLY)})},
	{"clash: two VIPs behind one tunnel do not clash", setup_two_geneve,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL)},
	       {FROM_POD, .in = TO_VIP2(A_SYN), .verdict = REDIRECT,
		.out = TO_VIP2(A_SYN, .dst_mac = MAC_GATEWAY, .src_mac = MAC_UPLINK,
			       OUTER(NODE1, ANY_TUNNEL_PORT_B, GATEWAY, TUNNEL_PORT, NETWORK1,
				     UNKNOWN_ID)),
		.count = COUNT(TO_TUNNEL), .tables = true, .embryonic = 4})},
	{"clash: two hairpins keep their VIPs apart", setup_two_hairpins,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = TCP(VIP, CLIENT_PORT, SLEEP, HELLO_PORT, A_SYN, ONE_HOP),
		.count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = TO_VIP2(A_SYN), .verdict = REDIRECT,
		.out = TCP(VIP2, CLIENT_PORT, SLEEP, HELLO_PORT, A_SYN, ONE_HOP),
		.count = COUNT(TO_LOCAL)})},
	{"clash: a VIP and directly to its pod", setup_local,
	 STEPS(OPENS_VIP, ANSWERS_VIP, CONFIRMS_VIP,
	       {FROM_POD, .in = TO_HELLO1(A_SYN), .verdict = NEXT, .out = MOVED(A_SYN),
		.count = COUNT(TO_LOCAL), .tables = true, .flows = 2, .embryonic = 2},
	       {TO_POD, .in = MOVED_REPLY(A_SYN_ACK), .verdict = NEXT,
		.out = FROM_HELLO1(A_SYN_ACK), .count = COUNT(REPLY)},
	       {FROM_POD, .in = TO_HELLO1(SOME_DATA), .verdict = NEXT, .out = MOVED(SOME_DATA),
		.count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = FROM_HELLO1(REPLY_DATA), .verdict = NEXT, .out = FROM_VIP(REPLY_DATA),
		.count = COUNT(REPLY)},
	       {FROM_POD, .in = TO_VIP(SOME_DATA), .verdict = NEXT, .out = TO_HELLO1(SOME_DATA),
		.count = COUNT(TO_LOCAL)})},
	{"clash: a retransmitted direct SYN keeps its port", setup_local,
	 STEPS(OPENS_VIP,
	       {FROM_POD, .in = TO_HELLO1(A_SYN), .verdict = NEXT, .out = MOVED(A_SYN),
		.count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = TO_HELLO1(A_SYN), .verdict = NEXT, .out = MOVED(A_SYN),
		.count = COUNT(TO_LOCAL), .tables = true, .embryonic = 4})},
	{"clash: a direct connection from the port another one was moved to", setup_local,
	 STEPS(OPENS_VIP,
	       {FROM_POD, .in = TO_HELLO1(A_SYN), .verdict = NEXT, .out = MOVED(A_SYN),
		.count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = MOVED(A_SYN), .verdict = NEXT,
		.out = TCP(SLEEP, ANY_CLASH_B, HELLO1, HELLO_PORT, A_SYN),
		.count = COUNT(TO_LOCAL), .tables = true, .embryonic = 6})},
	{"clash: other direct traffic to that pod is left alone", setup_local,
	 STEPS(OPENS_VIP,
	       {FROM_POD, .in = TO_HELLO1(A_SYN), .verdict = NEXT, .out = MOVED(A_SYN),
		.count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = TCP(SLEEP, 999, HELLO1, HELLO_PORT, A_SYN), .verdict = NEXT},
	       {FROM_POD, .in = TCP(SLEEP, 999, HELLO1, HELLO_PORT, SOME_DATA), .verdict = NEXT},
	       {TO_POD, .in = TCP(HELLO1, HELLO_PORT, SLEEP, 999, A_SYN_ACK), .verdict = NEXT},
	       {FROM_POD, .in = UDP(SLEEP, CLIENT_PORT, HELLO1, HELLO_PORT, .len = 2),
		.verdict = NEXT})},
};

REGISTER_CASES(rows);
