/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets at the gateway, and before it in XDP. */
#include <linux/bpf.h>

#include "cost.h"
#include "gateway_packets.h"

#define DATA                                                                                       \
	{UPLINK, .in = TO_VIP(AN_ACK, AT_GATEWAY()), .verdict = REDIRECT,                          \
	 .out = TO_HELLO2(ANY_SNAT, AN_ACK, ONE_HOP, FROM_OUTSIDE), .count = COUNT(GATEWAY_IN)}
#undef REPLIES
#define REPLIES                                                                                    \
	{FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, AN_ACK), .verdict = REDIRECT,          \
	 .out = FROM_VIP(AN_ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1()), .count = COUNT(GATEWAY_OUT)}
#define LOOKUPS(flows, embryonic, other, array)                                                    \
	[CALL_FLOWS] = flows, [CALL_EMBRYONIC] = embryonic, [CALL_OTHER_HASH] = other,             \
	[CALL_ARRAY] = array
#define MOST(...) {__VA_ARGS__}

static const struct cost_case rows[] = {
	{ "gateway, new flow", setup_gateway,
	  MOST(LOOKUPS(3, 1, 5, 24), [CALL_CHANGE] = 2, [CALL_CSUM] = 3, [CALL_STORE] = 2,
	       [CALL_RESIZE] = 1, [CALL_ROUTE] = 1, [CALL_SEND] = 1),
	  .instructions = 2056, STEPS(OPENS) },
	{ "gateway, established", setup_gateway,
	  MOST(LOOKUPS(1, 0, 0, 3), [CALL_CSUM] = 2, [CALL_RESIZE] = 1, [CALL_SEND] = 1),
	  .instructions = 745, STEPS(OPENS, ANSWERS, DATA, DATA) },
	{ "gateway, reply", setup_gateway,
	  MOST(LOOKUPS(1, 0, 0, 5), [CALL_CSUM] = 2, [CALL_STORE] = 3, [CALL_RESIZE] = 1,
	       [CALL_SEND] = 1),
	  .instructions = 611, STEPS(OPENS, ANSWERS, DATA, REPLIES, REPLIES) },
	{ "XDP, tunnel packet", setup_gateway, MOST(LOOKUPS(0, 0, 0, 2), [CALL_RESIZE] = 2),
	  .instructions = 267,
	  STEPS({ XDP, .in = TO_VIP(AN_ACK, AT_GATEWAY()), .verdict = XDP_PASS,
		  .out = TO_VIP(AN_ACK, FROM_OUTSIDE), .count = COUNT(XDP_DECAP),
		  .ip_bytes_unknown = true }) },
	{ "XDP, another packet", setup_gateway, MOST(LOOKUPS(0, 0, 0, 1)), .instructions = 23,
	  STEPS({ XDP, .in = TO_VIP(AN_ACK), .verdict = XDP_PASS }) },
	{ "uplink, another packet", setup_gateway, MOST(LOOKUPS(0, 0, 0, 2)), .instructions = 76,
	  STEPS({ UPLINK, .in = TO_VIP(AN_ACK), .verdict = NEXT }) },
};

COST_LIST(cost_gateway, rows);
