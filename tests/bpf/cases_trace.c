/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* traceroute to a virtual IP, by UDP and by TCP: each hop is seen, and the last one is the virtual IP. */
#include "datagrams.h"

#define PROBES(name, packet, ...) static const struct pkt name = packet(__VA_ARGS__)

/* At the TTL that is left where the error begins. */
PROBES(udp_at_end, UDP_TO_VIP, .len = 32, .ttl = 1);
PROBES(udp_at_hello1, UDP_TO_HELLO1, .len = 32, .ttl = 1);
PROBES(udp_at_hello2, UDP_TO_HELLO2, .len = 32, .ttl = 1);
PROBES(tcp_at_end, TO_VIP, A_SYN, .ttl = 1);
PROBES(tcp_at_hello1, TO_HELLO1, A_SYN, .ttl = 1);
static const struct pkt tcp_at_hello2 = TCP(SNAT, ANY_SNAT, HELLO2, HELLO_PORT, A_SYN, .ttl = 1);

/* The node is the first hop: its stack answers a packet that was translated, or one that was not. */
#define TRANSLATED(in_packet, out_packet)                                                          \
	{FROM_POD, .in = in_packet, .verdict = NEXT, .out = out_packet, .count = COUNT(TO_LOCAL)}
#define NODE_SAYS(quoted, translated)                                                              \
	{TO_POD, .in = ICMP(NODE1, SLEEP, 11, 0, .quote = &(quoted)), .verdict = NEXT,             \
	 .count = COUNT(ICMP_ERROR),                                                               \
	 .out = ICMP(NODE1, SLEEP, 11, 0, .quote = &(translated))}
#define LEFT_TO_STACK(packet)                                                                      \
	{FROM_POD, .in = packet, .verdict = NEXT, .count = COUNT(TTL_EXPIRED)}
#define INTO_TUNNEL(packet, ...)                                                                   \
	{FROM_POD, .in = packet(__VA_ARGS__), .verdict = REDIRECT, .count = COUNT(TO_TUNNEL),      \
	 .out = packet(__VA_ARGS__, ANY_MAC, TUNNEL_OF_##packet)}
#define TUNNEL_OF_TO_VIP TO_GATEWAY()
#define TUNNEL_OF_UDP_TO_VIP TO_OTHER()
#define OUT_OF_TUNNEL(from, type, code, quoted, tunnel)                                            \
	{UPLINK, .in = ICMP(from, SLEEP, type, code, .quote = &(quoted), tunnel),                  \
	 .verdict = REDIRECT, .count = COUNT(ICMP_ERROR),                                          \
	 .out = ICMP(from, SLEEP, type, code, .quote = &(quoted), FROM_OUTSIDE)}
#define BEHIND_GATEWAY(sender, sender_seen, type, code, quoted, translated, tunnel)                \
	{UPLINK, .in = ICMP(sender, SNAT, type, code, .quote = &(quoted), FROM_OUTSIDE),           \
	 .verdict = REDIRECT, .count = COUNT(ICMP_ERROR),                                          \
	 .out = ICMP(sender_seen, SLEEP, type, code, .quote = &(translated), ONE_HOP,              \
		     FROM_OUTSIDE, ANY_MAC, tunnel)}

static const struct test_case rows[] = {
	{"traceroute: UDP to a local pod", setup_local,
	 STEPS(TRANSLATED(UDP_TO_VIP(.len = 32, .ttl = 1), UDP_TO_HELLO1(.len = 32, .ttl = 1)),
	       NODE_SAYS(udp_at_hello1, udp_at_end),
	       {TO_POD, .in = ICMP(HELLO1, SLEEP, 3, 3, .quote = &udp_at_hello1), .verdict = NEXT,
		.count = COUNT(ICMP_ERROR),
		.out = ICMP(VIP, SLEEP, 3, 3, .quote = &udp_at_end)})},
	{"traceroute: TCP to a local pod", setup_local,
	 STEPS(TRANSLATED(TO_VIP(A_SYN, .ttl = 1), TO_HELLO1(A_SYN, .ttl = 1)),
	       NODE_SAYS(tcp_at_hello1, tcp_at_end),
	       TRANSLATED(TO_VIP(A_SYN, .ttl = 2), TO_HELLO1(A_SYN, .ttl = 2)),
	       {TO_POD, .in = FROM_HELLO1(A_SYN_ACK), .verdict = NEXT, .out = FROM_VIP(A_SYN_ACK),
		.count = COUNT(REPLY)})},
	{"traceroute: past the stack, the stack answers at its end", setup_redirect,
	 STEPS(LEFT_TO_STACK(UDP_TO_VIP(.len = 32, .ttl = 1)), LEFT_TO_STACK(TO_VIP(A_SYN, .ttl = 1)))},
	{"traceroute: UDP through the tunnel", setup_geneve,
	 STEPS(LEFT_TO_STACK(UDP_TO_VIP(.len = 32, .ttl = 1)),
	       INTO_TUNNEL(UDP_TO_VIP, .len = 32, .ttl = 2),
	       OUT_OF_TUNNEL(SNAT, 11, 0, udp_at_end, FROM_OTHER()),
	       OUT_OF_TUNNEL(VIP, 3, 3, udp_at_end, FROM_OTHER()))},
	{"traceroute: TCP through the tunnel", setup_geneve,
	 STEPS(LEFT_TO_STACK(TO_VIP(A_SYN, .ttl = 1)), INTO_TUNNEL(TO_VIP, A_SYN, .ttl = 2),
	       OUT_OF_TUNNEL(SNAT, 11, 0, tcp_at_end, FROM_GATEWAY()),
	       {UPLINK, .in = FROM_VIP(A_SYN_ACK, FROM_GATEWAY()), .verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL)})},
	{"traceroute: UDP at the gateway and behind it", setup_gateway,
	 STEPS({UPLINK, .in = UDP_TO_VIP(.len = 32, .ttl = 1, OTHER_AT_GATEWAY()),
		.verdict = REDIRECT, .count = COUNT(TUNNEL_TTL), .ip_bytes_unknown = true,
		.out = ICMP(SNAT, SLEEP, 11, 0, .quote = &udp_at_end, .quote_len = 28, ANY_MAC,
			    OTHER_TO_NODE1())},
	       {UPLINK, .in = UDP_TO_VIP(.len = 32, .ttl = 2, OTHER_AT_GATEWAY()),
		.verdict = REDIRECT, .count = COUNT(GATEWAY_IN),
		.out = UDP_TO_HELLO2(.len = 32, .ttl = 1, FROM_OUTSIDE)},
	       BEHIND_GATEWAY(ROUTER, ROUTER, 11, 0, udp_at_hello2, udp_at_end, OTHER_TO_NODE1()),
	       BEHIND_GATEWAY(HELLO2, VIP, 3, 3, udp_at_hello2, udp_at_end, OTHER_TO_NODE1()))},
	{"traceroute: TCP at the gateway and behind it", setup_gateway,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, .ttl = 1, AT_GATEWAY()), .verdict = REDIRECT,
		.count = COUNT(TUNNEL_TTL), .ip_bytes_unknown = true,
		.out = ICMP(SNAT, SLEEP, 11, 0, .quote = &tcp_at_end, .quote_len = 40, ANY_MAC,
			    BACK_TO_NODE1())},
	       {UPLINK, .in = TO_VIP(A_SYN, .ttl = 2, AT_GATEWAY()), .verdict = REDIRECT,
		.count = COUNT(GATEWAY_IN),
		.out = TCP(SNAT, ANY_SNAT, HELLO2, HELLO_PORT, A_SYN, .ttl = 1, FROM_OUTSIDE)},
	       BEHIND_GATEWAY(ROUTER, ROUTER, 11, 0, tcp_at_hello2, tcp_at_end, BACK_TO_NODE1()))},
};

REGISTER_CASES(rows);
