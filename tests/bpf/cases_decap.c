/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Client: replies out of a tunnel, and from whom they are accepted. */
#include "cases.h"

#define OPENS                                                                                      \
	{FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,                                       \
	 .out = TO_VIP(A_SYN, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL), .tables = true,   \
	 .half_open = 2, .state = STATE(OPENING)}
#define ANSWERS                                                                                    \
	{UPLINK, .in = FROM_VIP(A_SYN_ACK, FROM_GATEWAY()), .verdict = REDIRECT,                   \
	 .out = FROM_VIP(A_SYN_ACK, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL), .tables = true,    \
	 .flows = 2, .state = STATE(ESTABLISHED)}
#define OPENS_UDP                                                                                  \
	{FROM_POD, .in = UDP_TO_VIP(.len = 4), .verdict = REDIRECT,                                \
	 .out = UDP_TO_VIP(.len = 4, ANY_MAC,                                                      \
			   OUTER(NODE1, ANY_TUNNEL_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,           \
				 OTHER_ID)),                                                       \
	 .count = COUNT(TO_TUNNEL)}
/* The flow stays half open. */
#define REFUSES(reason, ...)                                                                       \
	STEPS(OPENS, {UPLINK, .in = __VA_ARGS__, .verdict = SHOT, .count = COUNT(reason),          \
		      .tables = true, .half_open = 2, .state = STATE(OPENING)})
#define ANSWER_BY(gateway, network)                                                                \
	FROM_VIP(A_SYN_ACK, OUTER(gateway, TUNNEL_PORT, NODE1, ANY_TUNNEL_PORT, network, HELLO_ID))

static const struct pkt our_datagram = UDP_TO_VIP(.len = 4);
static const struct pkt foreign_datagram = UDP(SLEEP, 999, VIP, HELLO_PORT, .len = 4);

#define UNREACHABLE(...)                                                                           \
	ICMP(VIP, SLEEP, 3, 3, .quote = &our_datagram, .quote_len = 28, __VA_ARGS__)

static const struct test_case rows[] = {
	{"decap: a whole connection through the tunnel", setup_geneve,
	 STEPS(OPENS, ANSWERS,
	       {FROM_POD, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = TO_VIP(SOME_DATA, .dst_mac = MAC_GATEWAY, .src_mac = MAC_UPLINK,
			      TO_GATEWAY()),
		.count = COUNT(TO_TUNNEL)},
	       {UPLINK, .in = FROM_VIP(REPLY_DATA, FROM_GATEWAY()), .verdict = REDIRECT,
		.out = FROM_VIP(REPLY_DATA, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL)})},
	{"decap: UDP", setup_geneve,
	 STEPS(OPENS_UDP,
	       {UPLINK, .in = UDP_FROM_VIP(.len = 300, FROM_GATEWAY()), .verdict = REDIRECT,
		.out = UDP_FROM_VIP(.len = 300, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL),
		.tables = true, .flows = 2})},
	{"decap: an outer checksum may be there", setup_geneve,
	 STEPS(OPENS,
	       {UPLINK, .in = FROM_VIP(A_SYN_ACK, FROM_GATEWAY(.udp_sum = true)),
		.verdict = REDIRECT, .out = FROM_VIP(A_SYN_ACK, FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL)})},
	{"decap: the MSS of a SYN-ACK is clamped", setup_geneve,
	 STEPS(OPENS,
	       {UPLINK, .in = FROM_VIP(A_SYN_ACK, .mss = 1460, FROM_GATEWAY()),
		.verdict = REDIRECT, .out = FROM_VIP(A_SYN_ACK, .mss = 1412, FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL)})},
	{"decap: another gateway of the flow's network may answer", setup_geneve,
	 STEPS(OPENS,
	       {UPLINK,
		.in = FROM_VIP(A_SYN_ACK, OUTER(GATEWAY2, TUNNEL_PORT, NODE1, ANY_TUNNEL_PORT,
						NETWORK2, HELLO_ID)),
		.verdict = REDIRECT, .out = FROM_VIP(A_SYN_ACK, FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL)})},
	{"decap: the source port of the gateway does not matter", setup_geneve,
	 STEPS(OPENS,
	       {UPLINK,
		.in = FROM_VIP(A_SYN_ACK, OUTER(GATEWAY, 1234, NODE1, ANY_TUNNEL_PORT, NETWORK2,
						HELLO_ID)),
		.verdict = REDIRECT, .out = FROM_VIP(A_SYN_ACK, FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL)})},
	{"decap: a stranger may not answer", setup_geneve,
	 REFUSES(TUNNEL_SOURCE, ANSWER_BY(STRANGER, NETWORK2))},
	{"decap: a gateway of another network may not answer", setup_geneve,
	 REFUSES(TUNNEL_SOURCE, ANSWER_BY(GATEWAY3, NETWORK2))},
	{"decap: the network must be the flow's", setup_geneve,
	 REFUSES(TUNNEL_VNI, ANSWER_BY(GATEWAY, NETWORK3))},
	{"decap: a gateway of another network in that network's name", setup_geneve,
	 REFUSES(TUNNEL_VNI, ANSWER_BY(GATEWAY3, NETWORK3))},
	{"decap: no flow of ours", setup_geneve,
	 REFUSES(TUNNEL_NO_FLOW,
		 TCP(VIP, HELLO_PORT, SLEEP, CLIENT_PORT + 1, A_SYN_ACK, FROM_GATEWAY()))},
	{"decap: the flow of the other protocol", setup_geneve,
	 REFUSES(TUNNEL_NO_FLOW, UDP_FROM_VIP(.len = 3, FROM_GATEWAY()))},
	{"decap: a new connection from the gateway's side", setup_geneve,
	 STEPS({UPLINK,
		.in = TCP(HELLO2, 4444, SLEEP, 80, A_SYN,
			  OUTER(GATEWAY, TUNNEL_PORT, NODE1, TUNNEL_SOURCE_PORT, NETWORK2,
				HELLO_ID)),
		.verdict = SHOT, .count = COUNT(TUNNEL_NO_FLOW)})},
	{"decap: no tunnel packet speaks for a flow outside tunnels", setup_local,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),
		.count = COUNT(TO_LOCAL)},
	       {UPLINK,
		.in = FROM_HELLO1(A_SYN_ACK, OUTER(GATEWAY, TUNNEL_PORT, NODE1, TUNNEL_SOURCE_PORT,
						   NETWORK2, HELLO_ID)),
		.verdict = SHOT, .count = COUNT(TUNNEL_NO_FLOW)})},
	{"decap: the ports just outside our 64 are not ours", setup_geneve,
	 STEPS({UPLINK,
		.in = FROM_VIP(A_SYN_ACK, OUTER(GATEWAY, TUNNEL_PORT, NODE1, 61439, NETWORK2,
						HELLO_ID)),
		.verdict = NEXT},
	       {UPLINK,
		.in = FROM_VIP(A_SYN_ACK, OUTER(GATEWAY, TUNNEL_PORT, NODE1, 61504, NETWORK2,
						HELLO_ID)),
		.verdict = NEXT})},
	{"decap: both sides' FINs close", setup_geneve,
	 STEPS(OPENS, ANSWERS,
	       {FROM_POD, .in = TO_VIP(.flags = FIN | ACK), .verdict = REDIRECT,
		.out = TO_VIP(.flags = FIN | ACK, .dst_mac = MAC_GATEWAY, .src_mac = MAC_UPLINK,
			      TO_GATEWAY()),
		.count = COUNT(TO_TUNNEL), .state = STATE(ESTABLISHED)},
	       {UPLINK, .in = FROM_VIP(.flags = FIN | ACK, FROM_GATEWAY()), .verdict = REDIRECT,
		.out = FROM_VIP(.flags = FIN | ACK, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL),
		.state = STATE(CLOSING)})},
	{"decap: the gateway's RST closes", setup_geneve,
	 STEPS(OPENS,
	       {UPLINK, .in = FROM_VIP(.flags = RST | ACK, .ack = 1001, FROM_GATEWAY()),
		.verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST | ACK, .ack = 1001, FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL), .state = STATE(CLOSING)})},
	{"decap: the gateway's ICMP about our packet", setup_geneve,
	 STEPS(OPENS_UDP,
	       {UPLINK, .in = UNREACHABLE(FROM_GATEWAY()), .verdict = REDIRECT,
		.out = UNREACHABLE(FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL)})},
	{"decap: ICMP about a packet we did not send", setup_geneve,
	 STEPS(OPENS_UDP,
	       {UPLINK,
		.in = ICMP(VIP, SLEEP, 3, 3, .quote = &foreign_datagram, .quote_len = 28,
			   FROM_GATEWAY()),
		.verdict = SHOT, .count = COUNT(TUNNEL_NO_FLOW)})},
	{"decap: ICMP from a stranger", setup_geneve,
	 STEPS(OPENS_UDP,
	       {UPLINK,
		.in = UNREACHABLE(OUTER(STRANGER, TUNNEL_PORT, NODE1, ANY_TUNNEL_PORT, NETWORK2,
					OTHER_ID)),
		.verdict = SHOT, .count = COUNT(TUNNEL_NO_FLOW)})},
	{"decap: ICMP about our packet, but to another pod", setup_geneve,
	 STEPS(OPENS_UDP,
	       {UPLINK,
		.in = ICMP(VIP, OTHER_POD, 3, 3, .quote = &our_datagram, .quote_len = 28,
			   FROM_GATEWAY()),
		.verdict = SHOT, .count = COUNT(TUNNEL_NO_FLOW)})},
	{"decap: an ICMP redirect that quotes our packet", setup_geneve,
	 STEPS(OPENS_UDP,
	       {UPLINK,
		.in = ICMP(VIP, SLEEP, 5, 1, .quote = &our_datagram, .quote_len = 28,
			   FROM_GATEWAY()),
		.verdict = SHOT, .count = COUNT(TUNNEL_NO_FLOW)})},
	{"decap: ICMP echo", setup_geneve,
	 STEPS(OPENS_UDP,
	       {UPLINK, .in = ICMP(VIP, SLEEP, 8, 0, .len = 40, FROM_GATEWAY()), .verdict = SHOT,
		.count = COUNT(TUNNEL_NO_FLOW)})},
	{"decap: ICMP longer than its frame", setup_geneve,
	 STEPS(OPENS_UDP,
	       {UPLINK, .in = UNREACHABLE(.ip_length_add = 8, FROM_GATEWAY()), .verdict = SHOT,
		.count = COUNT(TRUNCATED)})},
};

CASE_LIST(decap_cases, rows);
