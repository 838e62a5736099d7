/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ICMP errors about packets of flows: addresses and the quoted packet are translated like the flow. */
#include "datagrams.h"

/* Quoted packets, as they were sent and as they came. */
#define QUOTABLE(name, packet) static const struct pkt name = packet(.len = 60, .ttl = 9, .ip_id = 3)

QUOTABLE(udp_to_vip, UDP_TO_VIP);
QUOTABLE(udp_to_hello1, UDP_TO_HELLO1);
QUOTABLE(udp_from_vip, UDP_FROM_VIP);
QUOTABLE(udp_from_hello1, UDP_FROM_HELLO1);
QUOTABLE(udp_to_hello2, UDP_TO_HELLO2);
QUOTABLE(udp_from_hello2, UDP_FROM_HELLO2);
QUOTABLE(tcp_to_vip, TO_VIP);
QUOTABLE(tcp_to_hello1, TO_HELLO1);
static const struct pkt udp_to_other = UDP(SLEEP, CLIENT_PORT, OTHER_POD, HELLO_PORT, .len = 60);
static const struct pkt unsummed_to_vip = UDP_TO_VIP(.len = 60, .zero_sum = true);
static const struct pkt unsummed_to_hello1 = UDP_TO_HELLO1(.len = 60, .zero_sum = true);
static const struct pkt first_to_vip = UDP_TO_VIP(.len = 60, .frag = MF);
static const struct pkt first_to_hello1 = UDP_TO_HELLO1(.len = 60, .frag = MF);
static const struct pkt later_to_hello1 = UDP_TO_HELLO1(.len = 60, .frag = 9);
static const struct pkt own_sent = UDP(VIP, CLIENT_PORT, SLEEP, HELLO_PORT, .len = 60);
static const struct pkt own_quoted = UDP_TO_VIP(.len = 60);

#define OPENS_LOCAL                                                                                \
	{FROM_POD, .in = UDP_TO_VIP(.len = 10), .verdict = NEXT, .out = UDP_TO_HELLO1(.len = 10),  \
	 .count = COUNT(TO_LOCAL)}
#define OPENS_REDIRECT                                                                             \
	{FROM_POD, .in = UDP_TO_VIP(.len = 10), .verdict = REDIRECT,                               \
	 .out = UDP_TO_HELLO1(.len = 10, ONE_HOP), .count = COUNT(TO_LOCAL)}
#define OPENS_TUNNEL                                                                               \
	{FROM_POD, .in = UDP_TO_VIP(.len = 10), .verdict = REDIRECT,                               \
	 .out = UDP_TO_VIP(.len = 10, ANY_MAC, TO_OTHER()), .count = COUNT(TO_TUNNEL)}
#define OPENS_GATEWAY                                                                              \
	{UPLINK, .in = UDP_TO_VIP(.len = 10, OTHER_AT_GATEWAY()), .verdict = REDIRECT,             \
	 .out = UDP_TO_HELLO2(.len = 10, ONE_HOP, FROM_OUTSIDE), .count = COUNT(GATEWAY_IN)}
#define OPENS_TCP                                                                                  \
	{FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),                  \
	 .count = COUNT(TO_LOCAL)}

/* An error that arrives at the client's veth and passes on. */
#define ARRIVES(from, becomes, type, code, quoted, translated, ...)                                \
	{TO_POD, .in = ICMP(from, SLEEP, type, code, .quote = &(quoted), __VA_ARGS__),             \
	 .verdict = NEXT, .count = COUNT(ICMP_ERROR),                                              \
	 .out = ICMP(becomes, SLEEP, type, code, .quote = &(translated), __VA_ARGS__)}
#define UNTOUCHED(program, ...) {program, .in = ICMP(__VA_ARGS__), .verdict = NEXT}

static const struct test_case rows[] = {
	{"icmp: a router's about what the client sent", setup_local,
	 STEPS(OPENS_LOCAL,
	       ARRIVES(ROUTER, ROUTER, 3, 4, udp_to_hello1, udp_to_vip, .icmp_mtu = 1400),
	       ARRIVES(ROUTER, ROUTER, 11, 0, udp_to_hello1, udp_to_vip),
	       ARRIVES(ROUTER, ROUTER, 12, 0, udp_to_hello1, udp_to_vip))},
	{"icmp: the backend's comes from the VIP", setup_local,
	 STEPS(OPENS_LOCAL, ARRIVES(HELLO1, VIP, 3, 3, udp_to_hello1, udp_to_vip))},
	{"icmp: with no more than RFC 792 asks for", setup_local,
	 STEPS(OPENS_LOCAL,
	       ARRIVES(HELLO1, VIP, 3, 3, udp_to_hello1, udp_to_vip, .quote_len = 28))},
	{"icmp: about a datagram without a checksum", setup_local, .ipv4 = NO_CHECKSUM,
	 STEPS(OPENS_LOCAL, ARRIVES(HELLO1, VIP, 3, 3, unsummed_to_hello1, unsummed_to_vip))},
	{"icmp: about a first fragment", setup_local,
	 STEPS(OPENS_LOCAL, ARRIVES(ROUTER, ROUTER, 11, 1, first_to_hello1, first_to_vip))},
	{"icmp: about TCP, whose checksum may be quoted", setup_local,
	 STEPS(OPENS_TCP, ARRIVES(ROUTER, ROUTER, 3, 1, tcp_to_hello1, tcp_to_vip),
	       ARRIVES(ROUTER, ROUTER, 11, 0, tcp_to_hello1, tcp_to_vip, .quote_len = 38),
	       ARRIVES(ROUTER, ROUTER, 11, 0, tcp_to_hello1, tcp_to_vip, .quote_len = 36),
	       ARRIVES(ROUTER, ROUTER, 11, 0, tcp_to_hello1, tcp_to_vip, .quote_len = 28))},
	{"icmp: it moves neither state nor time of the flow", setup_local,
	 STEPS(OPENS_TCP,
	       {TO_POD, .in = ICMP(HELLO1, SLEEP, 3, 3, .quote = &tcp_to_hello1), .verdict = NEXT,
		.out = ICMP(VIP, SLEEP, 3, 3, .quote = &tcp_to_vip), .count = COUNT(ICMP_ERROR),
		.tables = true, .embryonic = 2, .state = STATE(OPENING), .flags = FLAGS(0)})},
	{"icmp: about other packets", setup_local,
	 STEPS(OPENS_LOCAL, UNTOUCHED(TO_POD, OTHER_POD, SLEEP, 3, 3, .quote = &udp_to_other),
	       UNTOUCHED(TO_POD, ROUTER, SLEEP, 3, 3, .quote = &tcp_to_hello1),
	       UNTOUCHED(TO_POD, ROUTER, OTHER_POD, 3, 3, .quote = &udp_to_hello1),
	       UNTOUCHED(TO_POD, ROUTER, SLEEP, 3, 3, .quote = &later_to_hello1),
	       UNTOUCHED(TO_POD, ROUTER, SLEEP, 3, 3, .quote = &udp_to_hello1, .quote_len = 27))},
	{"icmp: other types", setup_local,
	 STEPS(OPENS_LOCAL, UNTOUCHED(TO_POD, HELLO1, SLEEP, 0, 0, .len = 60),
	       UNTOUCHED(TO_POD, ROUTER, SLEEP, 5, 1, .quote = &udp_to_hello1))},
	{"icmp: the client's about an answer", setup_local,
	 STEPS(OPENS_LOCAL,
	       {FROM_POD, .in = ICMP(SLEEP, VIP, 3, 3, .quote = &udp_from_vip), .verdict = NEXT,
		.out = ICMP(SLEEP, HELLO1, 3, 3, .quote = &udp_from_hello1),
		.count = COUNT(ICMP_ERROR)})},
	{"icmp: past the stack, there and back", setup_redirect,
	 STEPS(OPENS_REDIRECT,
	       {FROM_POD, .in = ICMP(SLEEP, VIP, 3, 3, .quote = &udp_from_vip), .verdict = REDIRECT,
		.out = ICMP(SLEEP, HELLO1, 3, 3, .quote = &udp_from_hello1, ONE_HOP),
		.count = COUNT(ICMP_ERROR)},
	       {FROM_POD, DEVICE_POD1, .in = ICMP(HELLO1, SLEEP, 3, 3, .quote = &udp_to_hello1),
		.verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 3, .quote = &udp_to_vip, ONE_HOP),
		.count = COUNT(ICMP_ERROR)})},
	{"icmp: of the caller to itself", setup_hairpin,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 10), .verdict = REDIRECT, .count = COUNT(TO_LOCAL),
		.out = UDP(VIP, CLIENT_PORT, SLEEP, HELLO_PORT, .len = 10, ONE_HOP)},
	       {FROM_POD, .in = ICMP(SLEEP, VIP, 3, 3, .quote = &own_sent), .verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 3, .quote = &own_quoted, ONE_HOP),
		.count = COUNT(ICMP_ERROR)})},
	{"icmp: from another pod than the one it names", setup_redirect,
	 STEPS(OPENS_REDIRECT,
	       {FROM_POD, .in = ICMP(HELLO1, SLEEP, 3, 3, .quote = &udp_to_hello1),
		.verdict = SHOT, .count = COUNT(SPOOFED)},
	       {FROM_POD, DEVICE_POD1, .in = ICMP(OTHER_POD, SLEEP, 3, 3, .quote = &udp_to_hello1),
		.verdict = NEXT})},
	{"icmp: the client's, into the tunnel", setup_geneve,
	 STEPS(OPENS_TUNNEL,
	       {FROM_POD, .in = ICMP(SLEEP, VIP, 3, 3, .quote = &udp_from_vip), .verdict = REDIRECT,
		.out = ICMP(SLEEP, VIP, 3, 3, .quote = &udp_from_vip, ANY_MAC, TO_OTHER()),
		.count = COUNT(ICMP_ERROR)})},
	{"icmp: the client's, at the gateway", setup_gateway,
	 STEPS(OPENS_GATEWAY,
	       {UPLINK, .in = ICMP(SLEEP, VIP, 3, 3, .quote = &udp_from_vip, OTHER_AT_GATEWAY()),
		.verdict = REDIRECT, .count = COUNT(ICMP_ERROR),
		.out = ICMP(SNAT, HELLO2, 3, 3, .quote = &udp_from_hello2, ONE_HOP, FROM_OUTSIDE)})},
	{"icmp: the pod's, at the gateway", setup_gateway,
	 STEPS(OPENS_GATEWAY,
	       {FROM_POD, DEVICE_POD1, .in = ICMP(HELLO2, SNAT, 3, 3, .quote = &udp_to_hello2),
		.verdict = REDIRECT, .count = COUNT(ICMP_ERROR),
		.out = ICMP(VIP, SLEEP, 3, 3, .quote = &udp_to_vip, ONE_HOP, ANY_MAC,
			    OTHER_TO_NODE1())})},
	{"icmp: a router's behind the gateway", setup_gateway,
	 STEPS(OPENS_GATEWAY,
	       {UPLINK,
		.in = ICMP(ROUTER, SNAT, 11, 0, .quote = &udp_to_hello2, .quote_len = 28,
			   FROM_OUTSIDE),
		.verdict = REDIRECT, .count = COUNT(ICMP_ERROR),
		.out = ICMP(ROUTER, SLEEP, 11, 0, .quote = &udp_to_vip, .quote_len = 28, ONE_HOP,
			    FROM_OUTSIDE, ANY_MAC, OTHER_TO_NODE1())})},
	{"icmp: at the gateway about no flow", setup_gateway,
	 STEPS(UNTOUCHED(UPLINK, ROUTER, SNAT, 11, 0, .quote = &udp_to_hello2),
	       {UPLINK, .in = ICMP(SLEEP, VIP, 3, 3, .quote = &udp_from_vip, OTHER_AT_GATEWAY()),
		.verdict = SHOT, .count = COUNT(TUNNEL_NO_FLOW)})},
};

REGISTER_CASES(rows);
