/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets at the gateway, and before it in XDP. */
#include <linux/bpf.h>

#include "cost.h"
#include "forward_packets.h"
#include "gateway_packets.h"
#include "world_keys.h"

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
/* In mode forward: TC looks the next hop up, XDP sends on. As pods' nodes with keys say it: of the client's network. */
#define DOOR                                                                                       \
	OUTER(HELLO2_ELSEWHERE, NODE1_PORT + 1, GATEWAY, TUNNEL_PORT, NETWORK1, HELLO_ID, CARRIES)
#define REQUEST(program, verdict_, ...)                                                            \
	{ program, .in = TO_VIP(AN_ACK, AT_GATEWAY(KNOWS, __VA_ARGS__)), .verdict = verdict_,      \
	  .out = TO_VIP(AN_ACK, ANY_MAC, TO_DOOR(HELLO2_ELSEWHERE, .endpoint = ENDPOINT)),         \
	  .count = COUNT(GATEWAY_IN) }
#define ANSWER(program, verdict_, ...)                                                             \
	{ program, .in = FROM_VIP(AN_ACK, DOOR), .verdict = verdict_,                              \
	  .out = FROM_VIP(AN_ACK, ANY_MAC, BACK_TO_NODE1(KNOWS, __VA_ARGS__)),                     \
	  .count = COUNT(GATEWAY_OUT) }

static void setup_forward_keys(struct world *world)
{
	setup_forward_xdp(world);
	use_keys(world, ADMISSION_ALL);
}

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
	{ "XDP, forwarded request", setup_forward_xdp, MOST(LOOKUPS(0, 0, 3, 4)),
	  .instructions = 1098, STEPS(REQUEST(UPLINK, REDIRECT), REQUEST(XDP, XDP_TX)) },
	{ "XDP, forwarded request with a tag", setup_forward_keys,
	  MOST(LOOKUPS(0, 0, 3, 6), [CALL_RESIZE] = 1), .instructions = 1393,
	  STEPS(REQUEST(UPLINK, REDIRECT, .key = KEY1), REQUEST(XDP, XDP_TX, .key = KEY1)) },
	{ "XDP, forwarded reply", setup_forward_xdp, MOST(LOOKUPS(0, 0, 1, 4)), .instructions = 986,
	  STEPS(ANSWER(UPLINK, REDIRECT), ANSWER(XDP, XDP_TX)) },
	{ "XDP, forwarded reply with a tag", setup_forward_keys,
	  MOST(LOOKUPS(0, 0, 1, 5), [CALL_RESIZE] = 1), .instructions = 1165,
	  STEPS(ANSWER(UPLINK, REDIRECT, .key = KEY1), ANSWER(XDP, XDP_TX, .key = KEY1)) },
	{ "uplink, another packet", setup_gateway, MOST(LOOKUPS(0, 0, 0, 2)), .instructions = 76,
	  STEPS({ UPLINK, .in = TO_VIP(AN_ACK), .verdict = NEXT }) },
};

COST_LIST(cost_gateway, rows);
