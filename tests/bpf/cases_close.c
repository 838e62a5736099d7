/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How flows close, forged RSTs, and a new connection with the same tuple. */
#include <stdio.h>

#include "flow_packets.h"

static void pass_eleven_seconds(struct world *world)
{
	world_let_pass(world, 11);
}

/* The same tuple for a new connection, which is counted from its start. */
#define REOPENS                                                                                    \
	{FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),                  \
	 .count = COUNT(TO_LOCAL), PROMOTED, .state = STATE(OPENING), .flags = FLAGS(0),           \
	 .after = counts_anew}
#define CONNECTS_AGAIN                                                                             \
	REOPENS, SERVER_SENDS(SYN | ACK, OPENING, PROMOTED, .flags = FLAGS(FLOW_ANSWERED)),        \
		CLIENT_SENDS(ACK, ESTABLISHED, PROMOTED, .flags = FLAGS(FLOW_ANSWERED))
/* A SYN for a connection that lives on. */
#define SYN_CHANGES_NOTHING(seen)                                                                  \
	{FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),                  \
	 .count = COUNT(TO_LOCAL), PROMOTED, .state = STATE(ESTABLISHED),                          \
	 .flags = FLAGS(FLOW_ANSWERED | (seen))}
#define FROM_BOTH FLAGS(FLOW_ANSWERED | FLOW_FIN_FORWARD | FLOW_FIN_REPLY)

/* With numbers that fit, or do not. */
#define CLIENT_RESETS(number, becomes)                                                             \
	{FROM_POD, .in = TO_VIP(.flags = RST, .seq = number), .verdict = NEXT,                     \
	 .out = TO_HELLO1(.flags = RST, .seq = number), .count = COUNT(TO_LOCAL),                  \
	 .state = STATE(becomes)}
#define SERVER_FLAGS(becomes, ...)                                                                 \
	{TO_POD, .in = FROM_HELLO1(__VA_ARGS__), .verdict = NEXT, .out = FROM_VIP(__VA_ARGS__),    \
	 .count = COUNT(REPLY), .state = STATE(becomes)}
#define SERVER_RESETS(number, becomes) SERVER_FLAGS(becomes, .flags = RST, .seq = number)
#define SERVER_REFUSES(number, becomes) SERVER_FLAGS(becomes, .flags = RST | ACK, .ack = number)
#define SERVER_FINISHES(number, becomes)                                                           \
	SERVER_FLAGS(becomes, .flags = FIN | ACK, .seq = number, .ack = 1001)
#define SERVER_FINISHES_WITH(number, bytes, becomes)                                               \
	SERVER_FLAGS(becomes, .flags = FIN | ACK, .seq = number, .ack = 1002, .len = bytes)
#define CLIENT_SAYS(...)                                                                           \
	{FROM_POD, .in = TO_VIP(__VA_ARGS__), .verdict = NEXT, .out = TO_HELLO1(__VA_ARGS__),      \
	 .count = COUNT(TO_LOCAL)}
#define CLIENT_HAS(number) CLIENT_SAYS(.flags = ACK, .seq = 1002, .ack = number)
#define SERVER_DATA(number, bytes)                                                                 \
	SERVER_FLAGS(ESTABLISHED, .flags = ACK, .seq = number, .ack = 1001, .len = bytes)

static void sum_bytes(const struct flow_key *key, struct flow *flow, void *data)
{
	(void)key;
	*(uint64_t *)data += flow->bytes;
}

static bool counts_anew(struct world *world)
{
	uint64_t sum = 0;
	struct flow_visit visit = {.visit = sum_bytes, .data = &sum};

	world_flows(world, "flows", &visit);
	if (sum == TCP_HEADERS)
		return true;
	printf("      %llu bytes after a SYN of %u\n", (unsigned long long)sum, TCP_HEADERS);
	return false;
}

static const struct test_case rows[] = {
	{"close: FIN of both sides closes", setup_local,
	 STEPS(CONNECTS, CLIENT_SENDS(FIN | ACK, ESTABLISHED), SERVER_SENDS(ACK, ESTABLISHED),
	       SERVER_SENDS(FIN | ACK, CLOSING), CLIENT_SENDS(ACK, CLOSING))},
	{"close: two FINs of one side do not close", setup_local,
	 STEPS(CONNECTS, CLIENT_SENDS(FIN | ACK, ESTABLISHED),
	       CLIENT_SENDS(FIN | ACK, ESTABLISHED))},
	{"close: RST of the client closes", setup_local,
	 STEPS(CONNECTS, CLIENT_SENDS(RST, CLOSING))},
	{"close: RST of the server closes", setup_local,
	 STEPS(CONNECTS, SERVER_SENDS(RST | ACK, CLOSING))},
	{"close: a SYN opens a flow again that a RST closed", setup_local,
	 STEPS(CONNECTS, CLIENT_SENDS(RST, CLOSING), CONNECTS_AGAIN)},
	{"close: a SYN opens a flow again that both sides closed", setup_local,
	 STEPS(CONNECTS, CLIENT_SENDS(FIN | ACK, ESTABLISHED), SERVER_SENDS(FIN | ACK, CLOSING),
	       CONNECTS_AGAIN)},
	{"close: a SYN opens a flow again whose client sent FIN", setup_local,
	 STEPS(CONNECTS, CLIENT_SENDS(FIN | ACK, ESTABLISHED), CONNECTS_AGAIN)},
	{"close: opened again it takes both FINs to close", setup_local,
	 STEPS(CONNECTS, CLIENT_SENDS(FIN | ACK, ESTABLISHED), CONNECTS_AGAIN,
	       SERVER_SENDS(FIN | ACK, ESTABLISHED), CLIENT_SENDS(FIN | ACK, CLOSING))},
	{"close: a SYN changes nothing about an established flow", setup_local,
	 STEPS(CONNECTS, SYN_CHANGES_NOTHING(0))},
	{"close: a SYN changes nothing when only the server sent FIN", setup_local,
	 STEPS(CONNECTS, SERVER_SENDS(FIN | ACK, ESTABLISHED),
	       SYN_CHANGES_NOTHING(FLOW_FIN_REPLY))},
	{"close: a RST counts as its sender's FIN", setup_local,
	 STEPS(CONNECTS,
	       CLIENT_SENDS(RST, CLOSING, .flags = FLAGS(FLOW_ANSWERED | FLOW_FIN_FORWARD)))},
	{"close: a RST of the server counts as its FIN", setup_local,
	 STEPS(CONNECTS,
	       SERVER_SENDS(RST | ACK, CLOSING, .flags = FLAGS(FLOW_ANSWERED | FLOW_FIN_REPLY)))},
	{"blind: the client goes on after a RST in its name", setup_local,
	 STEPS(CONNECTS, CLIENT_SENDS(RST, CLOSING), SERVER_SENDS(PSH | ACK, CLOSING),
	       CLIENT_SENDS(ACK, ESTABLISHED, PROMOTED, .flags = FLAGS(FLOW_ANSWERED)),
	       SERVER_SENDS(ACK, ESTABLISHED))},
	{"blind: the server goes on after a RST in its name", setup_local,
	 STEPS(CONNECTS, SERVER_SENDS(RST | ACK, CLOSING), CLIENT_SENDS(PSH | ACK, CLOSING),
	       SERVER_SENDS(PSH | ACK, ESTABLISHED, PROMOTED, .flags = FLAGS(FLOW_ANSWERED)))},
	{"blind: a flow that went on closes by both FINs", setup_local,
	 STEPS(CONNECTS, SERVER_SENDS(RST, CLOSING), SERVER_SENDS(ACK, ESTABLISHED),
	       CLIENT_SENDS(FIN | ACK, ESTABLISHED), SERVER_SENDS(FIN | ACK, CLOSING))},
	{"blind: FIN, RST and SYN-ACK are no sign of life", setup_local,
	 STEPS(CONNECTS, SERVER_SENDS(RST, CLOSING), SERVER_SENDS(RST | ACK, CLOSING),
	       SERVER_SENDS(FIN | ACK, CLOSING), SERVER_SENDS(SYN | ACK, CLOSING))},
	{"blind: a RST that came before the SYN-ACK", setup_local,
	 STEPS(OPENS, SERVER_SENDS(RST | ACK, CLOSING, EMBRYONIC),
	       SERVER_SENDS(SYN | ACK, CLOSING, EMBRYONIC), CLIENT_SENDS(ACK, CLOSING, EMBRYONIC),
	       SERVER_SENDS(PSH | ACK, OPENING, EMBRYONIC, .flags = FLAGS(FLOW_ANSWERED)),
	       CLIENT_SENDS(ACK, ESTABLISHED, PROMOTED))},
	{"blind: RSTs of both sides are believed", setup_local,
	 STEPS(CONNECTS, SERVER_SENDS(RST, CLOSING), CLIENT_SENDS(RST, CLOSING, .flags = FROM_BOTH),
	       SERVER_SENDS(ACK, CLOSING), CLIENT_SENDS(ACK, CLOSING))},
	{"blind: what follows both FINs is no sign of life", setup_local,
	 STEPS(CONNECTS, CLIENT_SENDS(FIN | ACK, ESTABLISHED), SERVER_SENDS(FIN | ACK, CLOSING),
	       SERVER_SENDS(ACK, CLOSING), CLIENT_SENDS(ACK, CLOSING, .flags = FROM_BOTH))},
	{"number: a RST of the client that does not fit changes nothing", setup_local,
	 STEPS(CONNECTS, CLIENT_RESETS(1000, ESTABLISHED), CLIENT_RESETS(1002, ESTABLISHED),
	       CLIENT_RESETS(0x80000000, ESTABLISHED), CLIENT_RESETS(1001, CLOSING))},
	{"number: a RST of the server that does not fit changes nothing", setup_local,
	 STEPS(CONNECTS, SERVER_RESETS(5000, ESTABLISHED), SERVER_RESETS(5002, ESTABLISHED),
	       SERVER_RESETS(0, ESTABLISHED), SERVER_RESETS(5001, CLOSING))},
	{"number: a RST fits behind data that nobody has acknowledged", setup_local,
	 STEPS(CONNECTS, SERVER_DATA(5001, 1000), SERVER_RESETS(6000, ESTABLISHED),
	       SERVER_RESETS(6001, CLOSING))},
	{"number: a RST fits the last acknowledgement", setup_local,
	 STEPS(CONNECTS, SERVER_DATA(5001, 1000), SERVER_RESETS(5001, CLOSING))},
	{"number: forged data do not lead the numbers astray", setup_local,
	 STEPS(CONNECTS, SERVER_DATA(0x70000000, 10), SERVER_RESETS(0x7000000a, ESTABLISHED),
	       SERVER_RESETS(5001, CLOSING))},
	{"number: they go round", setup_local,
	 STEPS({FROM_POD, .in = TO_VIP(.flags = SYN, .seq = 0xfffffffe), .verdict = NEXT,
		.out = TO_HELLO1(.flags = SYN, .seq = 0xfffffffe), .count = COUNT(TO_LOCAL)},
	       ANSWERS,
	       {FROM_POD, .in = TO_VIP(.flags = ACK, .seq = 0xffffffff, .ack = 5001, .len = 5),
		.verdict = NEXT,
		.out = TO_HELLO1(.flags = ACK, .seq = 0xffffffff, .ack = 5001, .len = 5),
		.count = COUNT(TO_LOCAL)},
	       CLIENT_RESETS(3, ESTABLISHED), CLIENT_RESETS(4, CLOSING))},
	{"number: a RST that acknowledges the SYN refuses it", setup_local,
	 STEPS(OPENS, SERVER_REFUSES(1002, OPENING), SERVER_REFUSES(1001, CLOSING))},
	{"number: FINs that do not fit do not close", setup_local,
	 STEPS(CONNECTS, CLIENT_SENDS(FIN | ACK, ESTABLISHED), SERVER_FINISHES(0x40000000, ESTABLISHED),
	       SERVER_FINISHES(4000, ESTABLISHED), SERVER_FINISHES(5001, CLOSING))},
	{"number: a FIN closes behind data that were lost before", setup_local,
	 STEPS(CONNECTS, CLIENT_SENDS(FIN | ACK, ESTABLISHED), SERVER_FINISHES(45001, CLOSING))},
	{"lost: the acknowledgement of the data, which come again with the FIN", setup_local,
	 STEPS(CONNECTS, CLIENT_SENDS(FIN | ACK, ESTABLISHED), SERVER_DATA(5001, 1000),
	       CLIENT_HAS(6001), SERVER_FINISHES_WITH(5001, 1000, CLOSING))},
	{"lost: the client's too", setup_local,
	 STEPS(CONNECTS, SERVER_FINISHES(5001, ESTABLISHED),
	       CLIENT_SAYS(.flags = ACK, .seq = 1001, .ack = 5002, .len = 500),
	       SERVER_FLAGS(ESTABLISHED, .flags = ACK, .seq = 5002, .ack = 1501),
	       CLIENT_SAYS(.flags = FIN | ACK, .seq = 1001, .ack = 5002, .len = 500),
	       SERVER_FLAGS(CLOSING, .flags = ACK, .seq = 5002, .ack = 1502))},
	{"lost: data before a FIN, of a window that nobody has acknowledged", setup_local,
	 STEPS(CONNECTS, CLIENT_SENDS(FIN | ACK, ESTABLISHED), SERVER_DATA(0x81001, 1000),
	       SERVER_DATA(0x101001, 1000), SERVER_DATA(0x181001, 1000),
	       SERVER_FINISHES(0x181801, CLOSING))},
	{"lost: a FIN, behind which it comes again", setup_local,
	 STEPS(CONNECTS, CLIENT_SENDS(FIN | ACK, ESTABLISHED), SERVER_DATA(5001, 1000),
	       SERVER_FINISHES_WITH(6001, 500, CLOSING), SERVER_FINISHES_WITH(6001, 500, CLOSING),
	       SERVER_FINISHES_WITH(5001, 1500, CLOSING))},
	{"lost: the data before a RST, which fits when it is challenged", setup_local,
	 STEPS(CONNECTS, SERVER_RESETS(9001, ESTABLISHED), CLIENT_SENDS(ACK, ESTABLISHED),
	       SERVER_RESETS(5001, CLOSING))},
	{"lost: nothing, and a FIN with old data is forged", setup_local,
	 STEPS(CONNECTS, CLIENT_SENDS(FIN | ACK, ESTABLISHED), SERVER_DATA(5001, 1000),
	       CLIENT_HAS(6001), SERVER_FINISHES_WITH(5001, 999, ESTABLISHED),
	       SERVER_FINISHES_WITH(4001, 1000, ESTABLISHED), SERVER_FINISHES(6001, CLOSING))},
	{"number: a new connection has new numbers", setup_local,
	 STEPS(CONNECTS, CLIENT_RESETS(1001, CLOSING),
	       {FROM_POD, .in = TO_VIP(.flags = SYN, .seq = 0x50000000), .verdict = NEXT,
		.out = TO_HELLO1(.flags = SYN, .seq = 0x50000000), .count = COUNT(TO_LOCAL)},
	       SERVER_REFUSES(1001, OPENING), SERVER_REFUSES(0x50000001, CLOSING))},
	{"close: a closed flow's reply key may be taken after its time", setup_two_vips,
	 STEPS(CONNECTS, CLIENT_SENDS(RST, CLOSING),
	       {FROM_POD, .before = pass_eleven_seconds,
		.in = TCP(SLEEP, CLIENT_PORT, VIP2, HELLO_PORT, A_SYN), .verdict = NEXT,
		.out = TO_HELLO1(A_SYN), .count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = FROM_HELLO1(A_SYN_ACK), .verdict = NEXT,
		.out = TCP(VIP2, HELLO_PORT, SLEEP, CLIENT_PORT, A_SYN_ACK),
		.count = COUNT(REPLY)})},
};

REGISTER_CASES(rows);
