/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IPv6 extension headers: those that are passed over keep their place, all others end the packet. */
#include "datagrams.h"

#define HOP_BY_HOP EXT({ EXT_HOP_BY_HOP, 1, 0 })
#define OPTIONS EXT({ EXT_DESTINATION, 3, 0 })
#define ROUTED EXT({ EXT_ROUTING, 2, 0 })
#define ROUTES_ON EXT({ EXT_ROUTING, 2, 1 })
#define FOUR EXT({ EXT_HOP_BY_HOP, 1, 0 }, { EXT_DESTINATION, 1, 0 }, { EXT_ROUTING, 2, 0 }, { EXT_DESTINATION, 2, 0 })
#define FIVE                                                                                       \
	EXT({ EXT_HOP_BY_HOP, 1, 0 }, { EXT_DESTINATION, 1, 0 }, { EXT_ROUTING, 2, 0 },            \
	    { EXT_DESTINATION, 2, 0 }, { EXT_DESTINATION, 1, 0 })
#define LONGEST EXT({ EXT_DESTINATION, 16, 0 })
#define TOO_MANY_BYTES EXT({ EXT_DESTINATION, 17, 0 })
#define UNKNOWN EXT({ EXT_DESTINATION, 1, 0 }, { EXT_MOBILITY, 1, 0 })
#define ATOMIC .atomic = true, .ip_id = 5
/* A fragment behind options for each hop. */
#define FIRST HOP_BY_HOP, .ip_id = 77, .frag = MF, .whole = 1000, .len = 800
#define LATER HOP_BY_HOP, .ip_id = 77, .frag = 101, .from = 800, .len = 200

#define STACK(...)                                                                                 \
	{FROM_POD, .in = TO_VIP(__VA_ARGS__), .verdict = NEXT, .out = TO_HELLO1(__VA_ARGS__),      \
	 .count = COUNT(TO_LOCAL)}
#define STACK_BACK(...)                                                                            \
	{TO_POD, .in = FROM_HELLO1(__VA_ARGS__), .verdict = NEXT, .out = FROM_VIP(__VA_ARGS__),    \
	 .count = COUNT(REPLY)}
#define STACK_UDP(...)                                                                             \
	{FROM_POD, .in = UDP_TO_VIP(__VA_ARGS__), .verdict = NEXT,                                 \
	 .out = UDP_TO_HELLO1(__VA_ARGS__), .count = COUNT(TO_LOCAL)}
#define REDIRECTED(...)                                                                            \
	{FROM_POD, .in = TO_VIP(__VA_ARGS__), .verdict = REDIRECT,                                 \
	 .out = TO_HELLO1(__VA_ARGS__, ONE_HOP), .count = COUNT(TO_LOCAL)}
#define REDIRECTED_BACK(...)                                                                       \
	{FROM_POD, DEVICE_POD1, .in = FROM_HELLO1(__VA_ARGS__), .verdict = REDIRECT,               \
	 .out = FROM_VIP(__VA_ARGS__, ONE_HOP), .count = COUNT(REPLY)}
#define TUNNEL(...)                                                                                \
	{FROM_POD, .in = TO_VIP(__VA_ARGS__), .verdict = REDIRECT,                                 \
	 .out = TO_VIP(__VA_ARGS__, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL)}
#define TUNNEL_BACK(...)                                                                           \
	{UPLINK, .in = FROM_VIP(__VA_ARGS__, FROM_GATEWAY()), .verdict = REDIRECT,                 \
	 .out = FROM_VIP(__VA_ARGS__, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL)}
#define TUNNEL_UDP(...)                                                                            \
	{FROM_POD, .in = UDP_TO_VIP(__VA_ARGS__), .verdict = REDIRECT,                             \
	 .out = UDP_TO_VIP(__VA_ARGS__, ANY_MAC, TO_OTHER()), .count = COUNT(TO_TUNNEL)}
#define ENTERS(...)                                                                                \
	{UPLINK, .in = TO_VIP(__VA_ARGS__, AT_GATEWAY()), .verdict = REDIRECT,                     \
	 .out = TCP(SNAT, ANY_SNAT, HELLO2, HELLO_PORT, __VA_ARGS__, ONE_HOP, FROM_OUTSIDE),       \
	 .count = COUNT(GATEWAY_IN)}
#define COMES_BACK(...)                                                                            \
	{FROM_POD, DEVICE_POD1, .in = TCP(HELLO2, HELLO_PORT, SNAT, ANY_SNAT, __VA_ARGS__),        \
	 .verdict = REDIRECT,                                                                      \
	 .out = FROM_VIP(__VA_ARGS__, ONE_HOP, ANY_MAC, BACK_TO_NODE1()),                          \
	 .count = COUNT(GATEWAY_OUT)}
#define ENTERS_UDP(...)                                                                            \
	{UPLINK, .in = UDP_TO_VIP(__VA_ARGS__, OTHER_AT_GATEWAY()), .verdict = REDIRECT,           \
	 .out = UDP_TO_HELLO2(__VA_ARGS__, ONE_HOP, FROM_OUTSIDE), .count = COUNT(GATEWAY_IN)}
#define STAYS(reason, ...)                                                                         \
	{FROM_POD, .in = TO_VIP(A_SYN, __VA_ARGS__), .verdict = SHOT, .count = COUNT(reason),      \
	 .tables = true, .ip_bytes_unknown = true}
#define ENDS(reason, ...)                                                                          \
	{UPLINK, .in = TO_VIP(A_SYN, __VA_ARGS__, AT_GATEWAY()), .verdict = SHOT,                  \
	 .count = COUNT(reason), .tables = true}
#define LEAVES(...) {TO_UPLINK, .in = __VA_ARGS__, .verdict = SHOT, .count = COUNT(BAD_HEADER)}

static const struct pkt datagram = UDP_TO_VIP(.len = 100, HOP_BY_HOP);
static const struct pkt big = UDP_TO_VIP(.len = INNER_UDP, HOP_BY_HOP);

static const struct test_case rows[] = {
	{"extension: to a local pod through the stack, and back", setup_local, .ipv6 = EXTENSIONS,
	 STEPS(STACK(A_SYN, HOP_BY_HOP), STACK_BACK(A_SYN_ACK, OPTIONS), STACK(AN_ACK, ROUTED),
	       STACK(SOME_DATA, FOUR), STACK_BACK(REPLY_DATA, LONGEST),
	       STACK_UDP(.len = 9, OPTIONS))},
	{"extension: past the stack, and back", setup_redirect, .ipv6 = EXTENSIONS,
	 STEPS(REDIRECTED(A_SYN, OPTIONS), REDIRECTED_BACK(A_SYN_ACK, HOP_BY_HOP),
	       REDIRECTED(SOME_DATA, FOUR))},
	{"extension: into the tunnel, and out of it", setup_geneve, .ipv6 = EXTENSIONS,
	 STEPS(TUNNEL(A_SYN, HOP_BY_HOP), TUNNEL_BACK(A_SYN_ACK, OPTIONS), TUNNEL(AN_ACK, FOUR),
	       TUNNEL_BACK(REPLY_DATA, ROUTED))},
	{"extension: at the gateway, there and back", setup_gateway, .ipv6 = EXTENSIONS,
	 STEPS(ENTERS(A_SYN, OPTIONS), COMES_BACK(A_SYN_ACK, HOP_BY_HOP), ENTERS(AN_ACK, FOUR),
	       COMES_BACK(REPLY_DATA, LONGEST))},
	{"extension: the MSS leaves room for it", setup_geneve, .ipv6 = EXTENSIONS,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .mss = LINK_MSS, OPTIONS), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, .mss = INNER_MSS - 24, OPTIONS, ANY_MAC, TO_GATEWAY()),
		.count = COUNT(TO_TUNNEL)})},
	{"extension: refusals", setup_nobody, .ipv6 = EXTENSIONS,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .len = 4, OPTIONS), .verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST | ACK, .ack = 1005, .no_window = true,
				.dst_mac = MAC_SLEEP, .src_mac = MAC_NODE),
		.count = COUNT(NO_BACKEND), .tables = true},
	       {FROM_POD, .in = UDP_TO_VIP(.len = 100, HOP_BY_HOP), .verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 3, .quote = &datagram, .quote_len = 36,
			    .dst_mac = MAC_SLEEP, .src_mac = MAC_NODE),
		.count = COUNT(NO_BACKEND), .tables = true})},
	{"extension: too big for the tunnel", setup_geneve, .ipv6 = EXTENSIONS,
	 STEPS(TUNNEL_UDP(.len = INNER_UDP - 8, HOP_BY_HOP),
	       {FROM_POD, .in = UDP_TO_VIP(.len = INNER_UDP, HOP_BY_HOP), .verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 4, .icmp_mtu = INNER_MTU, .quote = &big, .quote_len = 36,
			    .dst_mac = MAC_SLEEP, .src_mac = MAC_NODE),
		.count = COUNT(TOO_BIG)})},
	{"extension: others to a VIP", setup_local, .ipv6 = EXTENSIONS,
	 STEPS(STAYS(BAD_HEADER, ROUTES_ON), STAYS(BAD_HEADER, UNKNOWN), STAYS(BAD_HEADER, FIVE),
	       STAYS(BAD_HEADER, TOO_MANY_BYTES), STAYS(BAD_HEADER, HOP_BY_HOP, .cut = 24), STAYS(TRUNCATED, LONGEST, .cut = 40),
	       STAYS(TRUNCATED, OPTIONS, .cut = 4))},
	{"extension: an unknown protocol to a VIP passes", setup_local, .ipv6 = EXTENSIONS,
	 STEPS({FROM_POD, .in = {.proto = EXT_MOBILITY, .saddr = SLEEP, .daddr = VIP, .len = 40},
		.verdict = NEXT})},
	{"extension: others to a pod pass", setup_local, .ipv6 = EXTENSIONS,
	 STEPS({FROM_POD, .in = TO_HELLO1(A_SYN, ROUTES_ON), .verdict = NEXT},
	       {FROM_POD, .in = TO_HELLO1(A_SYN, UNKNOWN), .verdict = NEXT},
	       {FROM_POD, .in = TO_HELLO1(A_SYN, FIVE), .verdict = NEXT},
	       {TO_POD, .in = FROM_HELLO1(A_SYN, FIVE), .verdict = NEXT})},
	{"extension: others in a tunnel", setup_gateway, .ipv6 = EXTENSIONS,
	 STEPS(ENDS(BAD_HEADER, ROUTES_ON), ENDS(BAD_HEADER, UNKNOWN), ENDS(BAD_HEADER, FIVE),
	       ENDS(BAD_HEADER, TOO_MANY_BYTES), ENDS(TRUNCATED, OPTIONS, .ip_length_add = 1))},
	{"extension: others do not leave the node for a VIP", setup_local, .ipv6 = EXTENSIONS,
	 STEPS(LEAVES(TO_VIP(A_SYN, ROUTES_ON)), LEAVES(TO_VIP(A_SYN, UNKNOWN)))},
	{"extension: outer headers with one are left to the stack", setup_gateway, .ipv6 = EXTENSIONS,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY(HOP_BY_HOP)), .verdict = NEXT},
	       {UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY(OPTIONS)), .verdict = NEXT},
	       {XDP, .in = TO_VIP(A_SYN, AT_GATEWAY(OPTIONS)), .verdict = 2 /* XDP_PASS */})},

	{"fragment: atomic, there and back", setup_local, .ipv6 = EXTENSIONS,
	 STEPS(STACK(A_SYN, ATOMIC), STACK_BACK(A_SYN_ACK, ATOMIC), STACK(AN_ACK),
	       STACK_BACK(REPLY_DATA, ATOMIC), STACK_UDP(.len = 30, ATOMIC))},
	{"fragment: atomic, through the tunnel", setup_geneve, .ipv6 = EXTENSIONS,
	 STEPS(TUNNEL(A_SYN, ATOMIC), TUNNEL_BACK(A_SYN_ACK, ATOMIC), TUNNEL(SOME_DATA, ATOMIC))},
	{"fragment: atomic, at the gateway", setup_gateway, .ipv6 = EXTENSIONS,
	 STEPS(ENTERS(A_SYN, ATOMIC), COMES_BACK(A_SYN_ACK, ATOMIC), ENTERS(AN_ACK))},
	{"fragment: behind options for each hop", setup_local, .ipv6 = EXTENSIONS,
	 STEPS(STACK_UDP(FIRST), STACK_UDP(LATER))},
	{"fragment: behind options, into the tunnel", setup_geneve, .ipv6 = EXTENSIONS,
	 STEPS(TUNNEL_UDP(FIRST), TUNNEL_UDP(LATER))},
	{"fragment: behind options, at the gateway", setup_gateway, .ipv6 = EXTENSIONS,
	 STEPS(ENTERS_UDP(FIRST), ENTERS_UDP(LATER))},
	{"fragment: before other options", setup_local, .ipv6 = EXTENSIONS,
	 STEPS({FROM_POD, .verdict = SHOT, .count = COUNT(BAD_HEADER),
		.in = {.proto = EXT_DESTINATION, .saddr = SLEEP, .daddr = VIP, .atomic = true,
		       .len = 40}},
	       {FROM_POD, .verdict = SHOT, .count = COUNT(BAD_HEADER),
		.in = {.proto = EXT_DESTINATION, .saddr = SLEEP, .daddr = VIP, .frag = 101,
		       .len = 40}})},

	{"checksum: IPv6 has no UDP without one", setup_local, .ipv6 = UDP_CHECKSUM,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 33, .zero_sum = true), .verdict = SHOT,
		.count = COUNT(CHECKSUM), .tables = true},
	       {FROM_POD, .in = UDP_TO_VIP(.frag = MF, .whole = 99, .len = 48, .zero_sum = true),
		.verdict = SHOT, .count = COUNT(CHECKSUM), .tables = true})},
	{"checksum: nor does one come out of a tunnel", setup_gateway, .ipv6 = UDP_CHECKSUM,
	 STEPS({UPLINK, .in = UDP_TO_VIP(.len = 40, .zero_sum = true, OTHER_AT_GATEWAY()),
		.verdict = SHOT, .count = COUNT(CHECKSUM), .tables = true})},
	{"icmp: neighbour discovery is left alone", setup_gateway, .ipv6 = NEIGHBOURS,
	 STEPS({FROM_POD, .in = ICMP(SLEEP, VIP, 135, 0, .len = 24), .verdict = NEXT},
	       {TO_POD, .in = ICMP(NODE1, SLEEP, 135, 0, .len = 24), .verdict = NEXT},
	       {UPLINK, .in = ICMP(NODE1, SNAT, 135, 0, .len = 24), .verdict = NEXT},
	       {UPLINK, .in = ICMP(NODE1, GATEWAY, 136, 0, .len = 24), .verdict = NEXT},
	       {TO_UPLINK, .in = ICMP(SLEEP, VIP, 133, 0, .len = 16), .verdict = NEXT})},
};

REGISTER_CASES(rows);
