/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Flow states, the half-open table and the full one. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "flow_packets.h"
#include "parallax_hash.h"

/* A living flow of somebody else, number `i`. */
static void plant_flow(struct world *world, uint32_t i)
{
	struct flow_key key = {.saddr = htonl(IP(10, 99, 0, 1)), .daddr = htonl(VIP),
			       .sport = htons(i), .dport = htons(HELLO_PORT),
			       .scope = FLOW_SCOPE(0, FLOW_CLIENT, 0)};
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

static void setup_two_vips_and_full(struct world *world)
{
	setup_two_vips(world);
	leave_no_place(world);
}

static void setup_gateway_and_full(struct world *world)
{
	setup_gateway(world);
	leave_no_place(world);
}

static void pass_two_seconds(struct world *world)
{
	world_let_pass(world, 2);
}

static void pass_eleven_seconds(struct world *world)
{
	world_let_pass(world, 11);
}

static void check_young(const struct flow_key *key, struct flow *flow, void *data)
{
	uint32_t *oldest_allowed = data;

	(void)key;
	if ((int32_t)(flow->seen - *oldest_allowed) < 0)
		*oldest_allowed = 0;
}

/* Both halves were touched within the last second. */
static bool all_young(struct world *world)
{
	uint32_t limit = world_ticks(world) - world->hz;
	struct flow_visit visit = {.visit = check_young, .data = &limit};

	if (world_flows(world, "flows", &visit) == 2 && limit)
		return true;
	printf("      a half was not touched\n");
	return false;
}

static void delete_half(struct world *world, enum flow_role role, const char *map)
{
	struct flow_key key = {.saddr = htonl(SLEEP), .daddr = htonl(VIP),
			       .sport = htons(CLIENT_PORT), .dport = htons(HELLO_PORT),
			       .scope = FLOW_SCOPE(0, FLOW_CLIENT, 0)};

	if (role == FLOW_REPLY)
		key = (struct flow_key){.saddr = htonl(HELLO1), .daddr = htonl(SLEEP),
					.sport = htons(HELLO_PORT), .dport = htons(CLIENT_PORT),
					.scope = FLOW_SCOPE(0, FLOW_REPLY, 0)};
	if (world_delete(world, map, &key))
		printf("      there was no such half\n");
}

/* Lose the reply half and let the time come at which the pair is looked after. */
static void lose_reply_half(struct world *world)
{
	delete_half(world, FLOW_REPLY, "flows");
	world_let_pass(world, 2);
}

static void lose_half_open_reply(struct world *world)
{
	delete_half(world, FLOW_REPLY, "half_open");
}

static void lose_half_open_forward(struct world *world)
{
	delete_half(world, FLOW_CLIENT, "half_open");
}

static void count_established(const struct flow_key *key, struct flow *flow, void *data)
{
	if (key->sport == htons(CLIENT_PORT) || key->dport == htons(CLIENT_PORT))
		*(uint32_t *)data += flow->state == FLOW_ESTABLISHED;
}

static const struct pkt flood_syn = TCP(SLEEP, 1024, VIP, HELLO_PORT, A_SYN);

/* Four times as many SYNs as the half-open table holds. */
static bool flood(struct world *world)
{
	static const struct step step = {.program = FROM_POD};
	uint32_t established = 0;
	struct flow_visit visit = {.visit = count_established, .data = &established};
	struct port_values ports = {0};
	struct pkt pkt = flood_syn;
	struct frame frame;
	int verdict;

	for (uint32_t i = 0; i < 4 * WORLD_HALF_OPEN; i++) {
		pkt.sport = 1024 + i;
		pkt_build(&pkt, &ports, &frame);
		if (frame_run(world, &step, frame.data, &frame.len, &verdict) || verdict != NEXT) {
			printf("      SYN %u got verdict %d\n", i, verdict);
			return false;
		}
	}
	world_flows(world, "flows", &visit);
	if (established == 2)
		return true;
	printf("      %u of 2 established halves survived\n", established);
	return false;
}

static const struct test_case rows[] = {
	{"flow: the first reply promotes both halves", setup_local, STEPS(OPENS, ANSWERS)},
	{"flow: a retransmitted SYN opens no second flow", setup_local,
	 STEPS(OPENS, OPENS, ANSWERS)},
	{"flow: FIN of both sides closes", setup_local,
	 STEPS(OPENS, ANSWERS, CLIENT_SENDS(FIN | ACK, ESTABLISHED), SERVER_SENDS(ACK, ESTABLISHED),
	       SERVER_SENDS(FIN | ACK, CLOSING), CLIENT_SENDS(ACK, CLOSING))},
	{"flow: two FINs of one side do not close", setup_local,
	 STEPS(OPENS, ANSWERS, CLIENT_SENDS(FIN | ACK, ESTABLISHED),
	       CLIENT_SENDS(FIN | ACK, ESTABLISHED))},
	{"flow: RST of the client closes", setup_local,
	 STEPS(OPENS, ANSWERS, CLIENT_SENDS(RST, CLOSING))},
	{"flow: RST of the server closes", setup_local,
	 STEPS(OPENS, ANSWERS, SERVER_SENDS(RST | ACK, CLOSING))},
	{"flow: a SYN opens a closing flow again", setup_local,
	 STEPS(OPENS, ANSWERS, CLIENT_SENDS(RST, CLOSING),
	       {FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),
		.count = COUNT(TO_LOCAL), .state = STATE(OPENING)},
	       {TO_POD, .in = FROM_HELLO1(A_SYN_ACK), .verdict = NEXT, .out = FROM_VIP(A_SYN_ACK),
		.count = COUNT(REPLY), .tables = true, .flows = 2, .state = STATE(ESTABLISHED)})},
	{"flow: UDP is promoted by its reply", setup_local,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 1), .verdict = NEXT,
		.out = UDP(SLEEP, CLIENT_PORT, HELLO1, HELLO_PORT, .len = 1),
		.count = COUNT(TO_LOCAL), .tables = true, .half_open = 2},
	       {TO_POD, .in = UDP(HELLO1, HELLO_PORT, SLEEP, CLIENT_PORT, .len = 1),
		.verdict = NEXT, .out = UDP_FROM_VIP(.len = 1), .count = COUNT(REPLY),
		.tables = true, .flows = 2, .state = STATE(ESTABLISHED)})},
	{"flow: after a second a packet keeps both halves young", setup_local,
	 STEPS(OPENS, ANSWERS,
	       {FROM_POD, .before = pass_two_seconds, .in = TO_VIP(AN_ACK), .verdict = NEXT,
		.out = TO_HELLO1(AN_ACK), .count = COUNT(TO_LOCAL), .after = all_young},
	       {TO_POD, .before = pass_two_seconds, .in = FROM_HELLO1(REPLY_DATA), .verdict = NEXT,
		.out = FROM_VIP(REPLY_DATA), .count = COUNT(REPLY), .after = all_young})},
	{"flow: a lost reply half is made anew", setup_local,
	 STEPS(OPENS, ANSWERS,
	       {FROM_POD, .before = lose_reply_half, .in = TO_VIP(AN_ACK), .verdict = NEXT,
		.out = TO_HELLO1(AN_ACK), .count = COUNT(TO_LOCAL), .tables = true, .flows = 2},
	       {TO_POD, .in = FROM_HELLO1(REPLY_DATA), .verdict = NEXT, .out = FROM_VIP(REPLY_DATA),
		.count = COUNT(REPLY)})},
	{"flow: a SYN restores an evicted half-open reply", setup_local,
	 STEPS(OPENS,
	       {FROM_POD, .before = lose_half_open_reply, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TO_HELLO1(A_SYN), .count = COUNT(TO_LOCAL), .tables = true, .half_open = 2},
	       ANSWERS)},
	{"flow: a SYN restores an evicted half-open forward half", setup_local,
	 STEPS(OPENS,
	       {FROM_POD, .before = lose_half_open_forward, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TO_HELLO1(A_SYN), .count = COUNT(TO_LOCAL), .tables = true, .half_open = 2},
	       ANSWERS)},
	{"flow: a SYN flood leaves established flows alone", setup_local, STEPS(OPENS, ANSWERS),
	 .run = flood},
	{"full: a SYN still gets through, its reply is refused", setup_local,
	 STEPS({FROM_POD, .before = leave_no_place, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TO_HELLO1(A_SYN), .count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = FROM_HELLO1(A_SYN_ACK), .verdict = SHOT, .count = COUNT(FLOWS_FULL),
		.tables = true, .flows = WORLD_FLOWS, .half_open = 2})},
	{"full: one place is no place for a pair", setup_local,
	 STEPS({FROM_POD, .before = leave_one_place, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TO_HELLO1(A_SYN), .count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = FROM_HELLO1(A_SYN_ACK), .verdict = SHOT, .count = COUNT(FLOWS_FULL),
		.tables = true, .flows = WORLD_FLOWS - 1, .half_open = 2})},
	{"full: a rewritten port is refused at once", setup_two_vips_and_full,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),
		.count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = TCP(SLEEP, CLIENT_PORT, VIP2, HELLO_PORT, A_SYN), .verdict = SHOT,
		.count = COUNT(FLOWS_FULL), .tables = true, .flows = WORLD_FLOWS, .half_open = 2})},
	{"full: the gateway refuses a new flow", setup_gateway_and_full,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = SHOT,
		.count = COUNT(FLOWS_FULL), .tables = true, .flows = WORLD_FLOWS})},
	{"flow: a closed flow's reply key may be taken after its time", setup_two_vips,
	 STEPS(OPENS, ANSWERS, CLIENT_SENDS(RST, CLOSING),
	       {FROM_POD, .before = pass_eleven_seconds,
		.in = TCP(SLEEP, CLIENT_PORT, VIP2, HELLO_PORT, A_SYN), .verdict = NEXT,
		.out = TO_HELLO1(A_SYN), .count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = FROM_HELLO1(A_SYN_ACK), .verdict = NEXT,
		.out = TCP(VIP2, HELLO_PORT, SLEEP, CLIENT_PORT, A_SYN_ACK),
		.count = COUNT(REPLY)})},
};

CASE_LIST(flow_cases, rows);
