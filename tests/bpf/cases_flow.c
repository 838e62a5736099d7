/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How flows open: the embryonic table, promotion, and how both entries stay paired. */
#include <arpa/inet.h>
#include <stdio.h>

#include "flow_packets.h"

static void pass_two_seconds(struct world *world)
{
	world_let_pass(world, 2);
}

static void check_young(const struct flow_key *key, struct flow *flow, void *data)
{
	uint32_t *oldest_allowed = data;

	(void)key;
	if ((int32_t)(flow->seen - *oldest_allowed) < 0)
		*oldest_allowed = 0;
}

/* Both entries were touched within the last second. */
static bool all_young(struct world *world)
{
	uint32_t limit = world_ticks(world) - world->hz;
	struct flow_visit visit = {.visit = check_young, .data = &limit};

	if (world_flows(world, "flows", &visit) == 2 && limit)
		return true;
	printf("      an entry was not touched\n");
	return false;
}

static void delete_half(struct world *world, enum flow_role role, const char *map)
{
	struct flow_key key = {.saddr = own_addr(SLEEP), .daddr = own_addr(VIP),
			       .sport = htons(CLIENT_PORT), .dport = htons(HELLO_PORT),
			       .zone = FLOW_ZONE(0, FLOW_CLIENT, 0)};

	if (role == FLOW_REPLY)
		key = (struct flow_key){.saddr = own_addr(HELLO1), .daddr = own_addr(SLEEP),
					.sport = htons(HELLO_PORT), .dport = htons(CLIENT_PORT),
					.zone = FLOW_ZONE(0, FLOW_REPLY, 0)};
	if (world_delete(world, map, &key))
		printf("      there was no such entry\n");
}

/* Lose the reply entry, and let the second pass after which the pair is refreshed. */
static void lose_reply_half(struct world *world)
{
	delete_half(world, FLOW_REPLY, "flows");
	world_let_pass(world, 2);
}

static void lose_embryonic_reply(struct world *world)
{
	delete_half(world, FLOW_REPLY, "embryonic");
}

static void lose_embryonic_forward(struct world *world)
{
	delete_half(world, FLOW_CLIENT, "embryonic");
}

static const struct test_case rows[] = {
	{"flow: the client's answer to a SYN-ACK promotes both entries", setup_local,
	 STEPS(OPENS, ANSWERS, ANSWERS, CONFIRMS)},
	{"flow: a retransmitted SYN opens no second flow", setup_local,
	 STEPS(OPENS, OPENS, ANSWERS,
	       {FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),
		.count = COUNT(TO_LOCAL), .tables = true, .embryonic = 2, .state = STATE(OPENING),
		.flags = FLAGS(FLOW_ANSWERED)},
	       ANSWERS, CONFIRMS)},
	{"flow: what the client sends before a SYN-ACK promotes nothing", setup_local,
	 STEPS(OPENS, CLIENT_SENDS(ACK, OPENING, EMBRYONIC))},
	{"flow: the client's data promote", setup_local,
	 STEPS(OPENS, ANSWERS, CLIENT_SENDS(PSH | ACK, ESTABLISHED, PROMOTED))},
	{"flow: the client's FIN promotes", setup_local,
	 STEPS(OPENS, ANSWERS, CLIENT_SENDS(FIN | ACK, ESTABLISHED, PROMOTED))},
	{"flow: a first reply that is no SYN-ACK promotes", setup_local,
	 STEPS(OPENS, SERVER_SENDS(PSH | ACK, ESTABLISHED, PROMOTED))},
	{"flow: data after a SYN-ACK promote", setup_local,
	 STEPS(OPENS, ANSWERS, SERVER_SENDS(PSH | ACK, ESTABLISHED, PROMOTED))},
	{"flow: a RST as first reply promotes nothing", setup_local,
	 STEPS(OPENS, SERVER_SENDS(RST | ACK, CLOSING, EMBRYONIC), OPENS)},
	{"flow: a RST in answer to a SYN-ACK promotes nothing", setup_local,
	 STEPS(OPENS, ANSWERS, CLIENT_SENDS(RST, CLOSING, EMBRYONIC), OPENS)},
	{"flow: UDP is promoted by its reply", setup_local,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 1), .verdict = NEXT,
		.out = UDP(SLEEP, CLIENT_PORT, HELLO1, HELLO_PORT, .len = 1),
		.count = COUNT(TO_LOCAL), .tables = true, .embryonic = 2},
	       {TO_POD, .in = UDP(HELLO1, HELLO_PORT, SLEEP, CLIENT_PORT, .len = 1),
		.verdict = NEXT, .out = UDP_FROM_VIP(.len = 1), .count = COUNT(REPLY),
		.tables = true, .flows = 2, .state = STATE(ESTABLISHED)})},
	{"flow: after a second a packet keeps both entries young", setup_local,
	 STEPS(CONNECTS,
	       {FROM_POD, .before = pass_two_seconds, .in = TO_VIP(AN_ACK), .verdict = NEXT,
		.out = TO_HELLO1(AN_ACK), .count = COUNT(TO_LOCAL), .after = all_young},
	       {TO_POD, .before = pass_two_seconds, .in = FROM_HELLO1(REPLY_DATA), .verdict = NEXT,
		.out = FROM_VIP(REPLY_DATA), .count = COUNT(REPLY), .after = all_young})},
	{"flow: a lost reply entry is created again", setup_local,
	 STEPS(CONNECTS,
	       {FROM_POD, .before = lose_reply_half, .in = TO_VIP(AN_ACK), .verdict = NEXT,
		.out = TO_HELLO1(AN_ACK), .count = COUNT(TO_LOCAL), .tables = true, .flows = 2},
	       {TO_POD, .in = FROM_HELLO1(REPLY_DATA), .verdict = NEXT, .out = FROM_VIP(REPLY_DATA),
		.count = COUNT(REPLY)})},
	{"flow: a SYN restores an evicted embryonic reply entry", setup_local,
	 STEPS(OPENS,
	       {FROM_POD, .before = lose_embryonic_reply, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TO_HELLO1(A_SYN), .count = COUNT(TO_LOCAL), .tables = true, .embryonic = 2},
	       ANSWERS, CONFIRMS)},
	{"flow: a SYN restores an evicted embryonic forward entry", setup_local,
	 STEPS(OPENS,
	       {FROM_POD, .before = lose_embryonic_forward, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TO_HELLO1(A_SYN), .count = COUNT(TO_LOCAL), .tables = true, .embryonic = 2},
	       ANSWERS, CONFIRMS)},
	{"flow: the client's answer restores an evicted embryonic reply entry", setup_local,
	 STEPS(OPENS, ANSWERS,
	       {FROM_POD, .before = lose_embryonic_reply, .in = TO_VIP(AN_ACK), .verdict = NEXT,
		.out = TO_HELLO1(AN_ACK), .count = COUNT(TO_LOCAL), PROMOTED,
		.state = STATE(ESTABLISHED)},
	       SERVER_SENDS(ACK, ESTABLISHED))},
};

REGISTER_CASES(rows);
