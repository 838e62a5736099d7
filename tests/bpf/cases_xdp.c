/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* XDP strips the outer headers; TC decides by the mark that XDP left before the frame. */
#include "cases.h"

#include <linux/bpf.h>

#define TO_HELLO2(...) TCP(SNAT, ANY_SNAT, HELLO2, HELLO_PORT, __VA_ARGS__, ONE_HOP, FROM_OUTSIDE)
#define LEAVES(...) STEPS({XDP, .in = __VA_ARGS__, .verdict = XDP_PASS, .after = no_mark})

static bool no_mark(struct world *world)
{
	return world->mark_len == 0;
}

static bool has_mark(struct world *world)
{
	return world->mark_len > 0;
}

static const struct test_case rows[] = {
	{"xdp: a request is decapsulated and marked", setup_gateway,
	 STEPS({XDP, .in = TO_VIP(A_SYN, .mss = LINK_MSS, AT_GATEWAY()), .verdict = XDP_PASS,
		.out = TO_VIP(A_SYN, .mss = LINK_MSS, FROM_OUTSIDE), .count = COUNT(XDP_DECAP),
		.ip_bytes_unknown = true, .after = has_mark})},
	{"xdp: TC delivers what XDP decapsulated", setup_gateway,
	 STEPS({XDP, .live = DEVICE_POD1, .in = TO_VIP(A_SYN, .mss = LINK_MSS, AT_GATEWAY()),
		.verdict = REDIRECT, .out = TO_HELLO2(A_SYN, .mss = INNER_MSS),
		.count = COUNT(GATEWAY_IN), .tables = true, .embryonic = 2},
	       {FROM_POD, DEVICE_POD1, .in = TCP(HELLO2, HELLO_PORT, SNAT, ANY_SNAT, A_SYN_ACK),
		.verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1()),
		.count = COUNT(GATEWAY_OUT)},
	       {XDP, .live = DEVICE_POD1, .in = TO_VIP(SOME_DATA, AT_GATEWAY()),
		.verdict = REDIRECT, .out = TO_HELLO2(SOME_DATA), .count = COUNT(GATEWAY_IN)})},
	{"xdp: TC delivers what XDP left alone", setup_gateway,
	 STEPS({XDP, .in = TO_VIP(A_SYN, AT_GATEWAY(.option_type = 7, .option_class = 0x0102)),
		.verdict = XDP_PASS},
	       {UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY(.option_type = 7, .option_class = 0x0102)),
		.verdict = REDIRECT, .out = TO_HELLO2(A_SYN), .count = COUNT(GATEWAY_IN)})},
	{"xdp: TC refuses what XDP decapsulated", setup_gateway,
	 STEPS({XDP, .live = DEVICE_POD1,
		.in = TO_VIP(A_SYN, OUTER(STRANGER, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
					  HELLO_ID)),
		.verdict = SHOT, .count = COUNT(TUNNEL_SOURCE), .tables = true},
	       {XDP, .live = DEVICE_POD1,
		.in = TO_VIP(A_SYN, OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, UNKNOWN_NETWORK,
					  HELLO_ID)),
		.verdict = SHOT, .count = COUNT(TUNNEL_VNI), .tables = true})},
	{"xdp: TC refuses an inner header with a wrong checksum", setup_gateway, .ipv4 = HEADER_CHECKSUM,
	 STEPS({XDP, .live = DEVICE_POD1, .in = TO_VIP(A_SYN, .bad_ip_sum = 1, AT_GATEWAY()),
		.verdict = SHOT, .count = COUNT(TUNNEL_CHECKSUM), .tables = true})},
	{"xdp: TC refuses a reply with a wrong checksum", setup_geneve, .ipv4 = HEADER_CHECKSUM,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL)},
	       {XDP, .live = DEVICE_POD0, .in = FROM_VIP(A_SYN_ACK, .bad_ip_sum = 1, FROM_GATEWAY()),
		.verdict = SHOT, .count = COUNT(TUNNEL_CHECKSUM), .tables = true, .embryonic = 2,
		.state = STATE(OPENING), .flags = FLAGS(0)})},
	{"xdp: a congestion mark survives the two steps", setup_gateway,
	 STEPS({XDP, .live = DEVICE_POD1, .in = TO_VIP(A_SYN, .tos = 2, AT_GATEWAY(.tos = 3)),
		.verdict = REDIRECT, .out = TO_HELLO2(A_SYN, .tos = 3), .count = COUNT(GATEWAY_IN)},
	       {XDP, .live = DEVICE_POD1, .in = TO_VIP(A_SYN, AT_GATEWAY(.tos = 3)),
		.verdict = SHOT, .count = COUNT(TUNNEL_ECN)})},
	{"xdp: what follows the inner packet is trimmed", setup_gateway,
	 STEPS({XDP, .live = DEVICE_POD1, .in = TO_VIP(A_SYN, .padding = 6, AT_GATEWAY()),
		.verdict = REDIRECT, .out = TO_HELLO2(A_SYN), .count = COUNT(GATEWAY_IN),
		.ip_bytes_unknown = true})},
	{"xdp: a client's reply", setup_geneve,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL)},
	       {XDP, .live = DEVICE_POD0, .in = FROM_VIP(A_SYN_ACK, .mss = LINK_MSS, FROM_GATEWAY()),
		.verdict = REDIRECT, .out = FROM_VIP(A_SYN_ACK, .mss = INNER_MSS, FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL), .tables = true, .embryonic = 2},
	       {FROM_POD, .in = TO_VIP(AN_ACK), .verdict = REDIRECT,
		.out = TO_VIP(AN_ACK, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL),
		.tables = true, .flows = 2},
	       {XDP, .live = DEVICE_POD0, .in = FROM_VIP(REPLY_DATA, FROM_GATEWAY()),
		.verdict = REDIRECT, .out = FROM_VIP(REPLY_DATA, FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL)})},
	{"xdp: a reply for no flow of ours", setup_geneve,
	 STEPS({XDP, .live = DEVICE_POD0,
		.in = FROM_VIP(A_SYN_ACK, OUTER(GATEWAY, TUNNEL_PORT, NODE1, TUNNEL_SOURCE_PORT,
						NETWORK2, HELLO_ID)),
		.verdict = SHOT, .count = COUNT(TUNNEL_NO_FLOW), .tables = true})},
	{"xdp: other traffic", setup_gateway, LEAVES(TCP(NODE1, 5000, GATEWAY, 22, A_SYN))},
	{"xdp: ARP", setup_gateway, LEAVES({.ethertype = 0x0806, .len = 46})},
	{"xdp: a VLAN tag", setup_gateway, LEAVES(TO_VIP(A_SYN, .vlan = 7, AT_GATEWAY()))},
	/* On its way to px_uplink the kernel takes the tag out of the frame. */
	{"xdp: TC leaves the tunnel packets of another VLAN alone", setup_gateway,
	 STEPS({XDP, .live = DEVICE_POD1, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TO_HELLO2(A_SYN), .count = COUNT(GATEWAY_IN), .tables = true, .embryonic = 2},
	       {XDP, .live = DEVICE_POD1,
		.in = TCP(SLEEP, CLIENT_PORT + 1, VIP, HELLO_PORT, A_SYN, .vlan = 7, AT_GATEWAY()),
		.verdict = SHOT, .tables = true, .embryonic = 2})},
	{"xdp: IPv6", setup_gateway, LEAVES({.ethertype = 0x86dd, .len = 46})},
	{"xdp: another UDP port", setup_gateway,
	 LEAVES(UDP(NODE1, NODE1_PORT, GATEWAY, 4789, .len = 60))},
	{"xdp: another address", setup_gateway,
	 LEAVES(TO_VIP(A_SYN, OUTER(NODE1, NODE1_PORT, GATEWAY2, TUNNEL_PORT, NETWORK1,
				    HELLO_ID)))},
	{"xdp: no gateway role", setup_local,
	 LEAVES(TO_VIP(A_SYN, OUTER(GATEWAY, NODE1_PORT, NODE1, TUNNEL_PORT, NETWORK2,
				    HELLO_ID)))},
	{"xdp: unusual headers are left to TC", setup_gateway,
	 LEAVES(TO_VIP(A_SYN, AT_GATEWAY(.option_type = 0x07, .option_class = 0x0102,
					 .option_words = 4)))},
	{"xdp: malformed headers are left to TC", setup_gateway,
	 LEAVES(TO_VIP(A_SYN, AT_GATEWAY(.version = 2)))},
	{"xdp: a wrong checksum of the outer header is left to TC", setup_gateway, .ipv4 = HEADER_CHECKSUM,
	 LEAVES(TO_VIP(A_SYN, AT_GATEWAY(.bad_ip_sum = 1)))},
	{"xdp: outer fragments are left to TC", setup_gateway,
	 LEAVES(TO_VIP(A_SYN, AT_GATEWAY(.frag = MF)))},
	{"xdp: a frame cut in its headers", setup_gateway,
	 LEAVES(TO_VIP(A_SYN, .cut = 45, AT_GATEWAY()))},
};

REGISTER_CASES(rows);
