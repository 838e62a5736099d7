/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The flow table when it is full, and floods that are to fill it. */
#include <arpa/inet.h>
#include <stdio.h>

#include "flow_packets.h"
#include "parallax_hash.h"
#include "parallax_limits.h"

#define PAIRS (WORLD_FLOWS / 2)

/* A live flow of another client, number `i`. */
static void plant_flow(struct world *world, uint32_t i)
{
	struct flow_key key = {.saddr = own_addr(IP(10, 99, 0, 1)), .daddr = own_addr(VIP),
			       .sport = htons(i), .dport = htons(HELLO_PORT),
			       .zone = FLOW_ZONE(0, FLOW_CLIENT, 0)};
	struct flow flow = {.tag = flow_tag(&key), .state = FLOW_ESTABLISHED, .action = FLOW_ENCAP,
			    .seen = world_ticks(world), .backend = 1, .generation = 1,
			    .service = TCP_ROW};

	world_put_flow(world, "flows", &key, &flow);
}

static void fill_flows(struct world *world, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		plant_flow(world, i + 1);
}

static void leave_one_place(struct world *world)
{
	fill_flows(world, WORLD_FLOWS - 1);
}

static void leave_no_place(struct world *world)
{
	fill_flows(world, WORLD_FLOWS);
}

static void setup_gateway_and_full(struct world *world)
{
	setup_gateway(world);
	leave_no_place(world);
}

/* ------------------------------------------------------------------ many flows, by number */

static const struct pkt client_packet = TO_VIP(.seq = 1001, .ack = 5001);
static const struct pkt server_packet = FROM_HELLO1(.seq = 5001, .ack = 1002);

static int client_sends(struct world *world, uint32_t i, uint8_t flags)
{
	static const struct step step = {.program = FROM_POD};
	struct port_values ports = {0};
	struct pkt pkt = client_packet;
	struct frame frame;
	int verdict;

	pkt.sport = 1024 + i;
	pkt.flags = flags;
	pkt.seq -= flags == SYN;
	pkt_build(&pkt, &ports, &frame);
	return frame_run(world, &step, frame.data, &frame.len, &verdict) ? -100 : verdict;
}

static int server_sends(struct world *world, uint32_t i, uint8_t flags)
{
	static const struct step step = {.program = TO_POD};
	struct port_values ports = {0};
	struct pkt pkt = server_packet;
	struct frame frame;
	int verdict;

	pkt.dport = 1024 + i;
	pkt.flags = flags;
	pkt_build(&pkt, &ports, &frame);
	return frame_run(world, &step, frame.data, &frame.len, &verdict) ? -100 : verdict;
}

/* Up to the client's answer, which it sends again when that is lost. */
static bool connects_within(struct world *world, uint32_t i, uint32_t tries)
{
	if (client_sends(world, i, SYN) != NEXT || server_sends(world, i, SYN | ACK) != NEXT)
		return false;
	while (tries--)
		if (client_sends(world, i, ACK) == NEXT)
			return true;
	return false;
}

static uint64_t refused(struct world *world, enum hook hook)
{
	struct counts counts;

	world_counts(world, &counts);
	return counts.packets[COUNTER(hook, REASON_FLOWS_FULL)];
}

/* In a full table each closed flow makes room for a new one; after that, further ones are refused. */
static bool closed_make_room(struct world *world)
{
	uint32_t i;

	for (i = 0; i < PAIRS; i++)
		if (!connects_within(world, i, 1) || client_sends(world, i, RST) != NEXT)
			return printf("      flow %u refused\n", i), false;
	if (world_flows(world, "flows", NULL) != WORLD_FLOWS)
		return printf("      the table is not full\n"), false;
	for (; i < 2 * PAIRS; i++)
		if (!connects_within(world, i, 8))
			return printf("      no closed flow made room for flow %u\n", i), false;
	if (!connects_within(world, i, 100) && refused(world, HOOK_FROM_POD) >= 100 &&
	    world_flows(world, "flows", NULL) == WORLD_FLOWS)
		return true;
	printf("      an established flow gave way\n");
	return false;
}

/* Two sets of clients take turns, each after the other's flows have gone idle: their tuples come
 * back again and again, and always find room. */
static bool same_tuples(struct world *world)
{
	const uint32_t clients = PAIRS * 3 / 4;

	for (uint32_t turn = 0; turn < 20; turn++) {
		for (uint32_t i = 0; i < clients; i++)
			if (!connects_within(world, turn % 2 * clients + i, 4))
				return printf("      turn %u, client %u refused\n", turn, i), false;
		world_let_pass(world, TIMEOUT_ESTABLISHED + 1);
	}
	return true;
}

/* ------------------------------------------------------------------ floods */

static void count_established(const struct flow_key *key, struct flow *flow, void *data)
{
	if (key->sport == htons(CLIENT_PORT) || key->dport == htons(CLIENT_PORT))
		*(uint32_t *)data += flow->state == FLOW_ESTABLISHED;
}

/* Four times as many SYNs as `embryonic` holds; the server may answer them all. */
static bool flood(struct world *world, bool answered)
{
	uint32_t established = 0, flows;
	struct flow_visit visit = {.visit = count_established, .data = &established};

	for (uint32_t i = 0; i < 4 * WORLD_EMBRYONIC; i++) {
		if (client_sends(world, i, SYN) != NEXT ||
		    (answered && server_sends(world, i, SYN | ACK) != NEXT))
			return printf("      SYN %u did not pass\n", i), false;
	}
	flows = world_flows(world, "flows", &visit);
	if (established == 2 && flows == 2)
		return true;
	printf("      %u of 2 established entries survived, among %u\n", established, flows);
	return false;
}

static bool flood_syn(struct world *world)
{
	return flood(world, false);
}

static bool flood_answered(struct world *world)
{
	return flood(world, true);
}

#define SYN_PASSES(full)                                                                           \
	{FROM_POD, .before = full, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),  \
	 .count = COUNT(TO_LOCAL)}
#define SYN_ACK_PASSES                                                                             \
	{TO_POD, .in = FROM_HELLO1(A_SYN_ACK), .verdict = NEXT, .out = FROM_VIP(A_SYN_ACK),        \
	 .count = COUNT(REPLY)}
#define REFUSED(planted)                                                                           \
	.verdict = SHOT, .count = COUNT(FLOWS_FULL), .tables = true, .flows = planted,             \
	.embryonic = 2

static const struct test_case rows[] = {
	{"full: SYN and SYN-ACK get through, the client's answer is refused", setup_local,
	 STEPS(SYN_PASSES(leave_no_place), SYN_ACK_PASSES,
	       {FROM_POD, .in = TO_VIP(AN_ACK), REFUSED(WORLD_FLOWS)},
	       {FROM_POD, .in = TO_VIP(SOME_DATA), REFUSED(WORLD_FLOWS)})},
	{"full: a reply that is no SYN-ACK is refused", setup_local,
	 STEPS(SYN_PASSES(leave_no_place),
	       {TO_POD, .in = FROM_HELLO1(REPLY_DATA), REFUSED(WORLD_FLOWS)})},
	{"full: UDP gets through, its reply is refused", setup_local,
	 STEPS({FROM_POD, .before = leave_no_place, .in = UDP_TO_VIP(.len = 1), .verdict = NEXT,
		.out = UDP(SLEEP, CLIENT_PORT, HELLO1, HELLO_PORT, .len = 1),
		.count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = UDP(HELLO1, HELLO_PORT, SLEEP, CLIENT_PORT, .len = 1),
		REFUSED(WORLD_FLOWS)})},
	{"full: one place is no place for a pair", setup_local,
	 STEPS(SYN_PASSES(leave_one_place), SYN_ACK_PASSES,
	       {FROM_POD, .in = TO_VIP(AN_ACK), REFUSED(WORLD_FLOWS - 1)},
	       {TO_POD, .in = FROM_HELLO1(REPLY_DATA), REFUSED(WORLD_FLOWS - 1)})},
	{"full: the gateway refuses the client's answer", setup_gateway_and_full,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TCP(SNAT, ANY_SNAT, HELLO2, HELLO_PORT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)},
	       {FROM_POD, DEVICE_POD1, .in = TCP(HELLO2, HELLO_PORT, SNAT, ANY_SNAT, A_SYN_ACK),
		.verdict = REDIRECT, .out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1()),
		.count = COUNT(GATEWAY_OUT)},
	       {UPLINK, .in = TO_VIP(AN_ACK, AT_GATEWAY()), REFUSED(WORLD_FLOWS)})},
	{"full: closed flows make room, established ones do not", setup_local,
	 .run = closed_make_room},
	{"full: the same tuples after the table was swept", setup_local, .run = same_tuples},
	{"flood: SYNs leave established flows alone", setup_local, STEPS(CONNECTS),
	 .run = flood_syn},
	{"flood: SYNs of which all are answered enter no flow", setup_local, STEPS(CONNECTS),
	 .run = flood_answered},
};

REGISTER_CASES(rows);
