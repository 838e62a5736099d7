/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A gateway of mode forward in XDP: the same packets as TC would send, and all else as it came. */
#include <linux/bpf.h>

#include "family.h"
#include "forward_packets.h"
#include "world_keys.h"

static void setup_keys(struct world *world)
{
	setup_forward_xdp(world);
	use_keys(world, ADMISSION_ALL);
}

static void setup_here(struct world *world)
{
	setup_own_pod(world);
	world->settings->flags |= SETTING_XDP_SEND;
}

static void setup_narrow(struct world *world)
{
	setup_forward_xdp(world);
	world->settings->hop_mtu = 1000;
}

#define POD_DOOR(...) TO_DOOR(HELLO2_ELSEWHERE, .endpoint = ENDPOINT, __VA_ARGS__)
#define CAME_BACK FROM_DOOR(HELLO2_ELSEWHERE, .endpoint = ENDPOINT)
/* TC looks the next hop up. */
#define TC_REQUEST                                                                                 \
	{UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = REDIRECT,                           \
	 .out = TO_VIP(A_SYN, ANY_MAC, POD_DOOR()), .count = COUNT(GATEWAY_IN)}
#define TC_REPLY                                                                                   \
	{UPLINK, .in = FROM_VIP(A_SYN_ACK, CAME_BACK), .verdict = REDIRECT,                        \
	 .out = FROM_VIP(A_SYN_ACK, ANY_MAC, BACK_TO_NODE1(KNOWS)), .count = COUNT(GATEWAY_OUT)}
#define SENT_ON(outer_in, ...)                                                                     \
	{XDP, .in = TO_VIP(__VA_ARGS__, outer_in), .verdict = XDP_TX,                              \
	 .out = TO_VIP(__VA_ARGS__, ANY_MAC, POD_DOOR()), .count = COUNT(GATEWAY_IN)}
#define SENT_BACK(...)                                                                             \
	{XDP, .in = FROM_VIP(__VA_ARGS__, CAME_BACK), .verdict = XDP_TX,                           \
	 .out = FROM_VIP(__VA_ARGS__, ANY_MAC, BACK_TO_NODE1(KNOWS)), .count = COUNT(GATEWAY_OUT)}
#define LEFT(packet) {XDP, .in = packet, .verdict = XDP_PASS, .tables = true}

static const struct test_case rows[] = {
	{"forward xdp: a request", setup_forward_xdp,
	 STEPS(TC_REQUEST, SENT_ON(AT_GATEWAY(KNOWS), SOME_DATA), SENT_ON(AT_GATEWAY(KNOWS), AN_ACK))},
	{"forward xdp: a request without id grows", setup_forward_xdp,
	 STEPS(TC_REQUEST, SENT_ON(AT_GATEWAY(), A_SYN), SENT_ON(AT_GATEWAY(), AN_ACK))},
	{"forward xdp: a reply", setup_forward_xdp, STEPS(TC_REPLY, SENT_BACK(REPLY_DATA))},
	{"forward xdp: the congestion mark stays outside", setup_forward_xdp,
	 STEPS(TC_REQUEST,
	       {XDP, .in = TO_VIP(SOME_DATA, .tos = 2, AT_GATEWAY(KNOWS, .tos = 3)), .verdict = XDP_TX,
		.out = TO_VIP(SOME_DATA, .tos = 2, ANY_MAC, POD_DOOR(.tos = 3)),
		.count = COUNT(GATEWAY_IN)})},
	{"forward xdp: TC looks the next hop up", setup_forward_xdp,
	 STEPS(LEFT(TO_VIP(SOME_DATA, AT_GATEWAY(KNOWS))), TC_REQUEST,
	       SENT_ON(AT_GATEWAY(KNOWS), SOME_DATA),
	       LEFT(FROM_VIP(REPLY_DATA, CAME_BACK)), TC_REPLY, SENT_BACK(REPLY_DATA))},
	{"forward xdp: devices that do not send", setup_forward,
	 STEPS(TC_REQUEST, LEFT(TO_VIP(SOME_DATA, AT_GATEWAY(KNOWS))))},
	{"forward xdp: a pod of this node", setup_here,
	 STEPS(LEFT(TO_VIP(SOME_DATA, AT_GATEWAY(KNOWS))))},
	{"forward xdp: what does not fit is for TC to refuse", setup_narrow,
	 STEPS(TC_REQUEST, SENT_ON(AT_GATEWAY(KNOWS), AN_ACK, .len = 600),
	       LEFT(TO_VIP(AN_ACK, .len = 1000, AT_GATEWAY(KNOWS))))},
	{"forward xdp: an unknown endpoint is for TC to refuse", setup_forward_xdp,
	 STEPS(TC_REQUEST, LEFT(TO_VIP(SOME_DATA, AT_GATEWAY(.endpoint = ENDPOINT + 9, .room = true))))},
	{"forward xdp: a stranger is for TC to drop", setup_forward_xdp,
	 STEPS(TC_REQUEST,
	       LEFT(TO_VIP(SOME_DATA, OUTER(STRANGER, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
					    HELLO_ID, KNOWS))))},
	{"forward xdp: a reply of no endpoint is for TC to drop", setup_forward_xdp,
	 STEPS(TC_REPLY, LEFT(FROM_VIP(REPLY_DATA, FROM_DOOR(HELLO1, .endpoint = ENDPOINT))))},
	{"forward xdp: a wrong inner header is for TC to drop", setup_forward_xdp, .ipv4 = HEADER_CHECKSUM,
	 STEPS(TC_REQUEST, LEFT(TO_VIP(SOME_DATA, .bad_ip_sum = 1, AT_GATEWAY(KNOWS))))},
	{"forward xdp: no tag where tags are required", setup_keys,
	 STEPS({XDP, .in = TO_VIP(SOME_DATA, AT_GATEWAY(KNOWS)), .verdict = XDP_DROP,
		.count = COUNT(TUNNEL_UNSIGNED), .ip_bytes_unknown = true})},
};

REGISTER_CASES(rows);
