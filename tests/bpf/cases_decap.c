/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Client: replies out of a tunnel, and from whom they are accepted. */
#include "cases.h"

#include <arpa/inet.h>
#include <string.h>

#define OPENS                                                                                      \
	{FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,                                       \
	 .out = TO_VIP(A_SYN, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL), .tables = true,   \
	 .embryonic = 2, .state = STATE(OPENING)}
#define ANSWERS                                                                                    \
	{UPLINK, .in = FROM_VIP(A_SYN_ACK, FROM_GATEWAY()), .verdict = REDIRECT,                   \
	 .out = FROM_VIP(A_SYN_ACK, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL), .tables = true,    \
	 .embryonic = 2, .state = STATE(OPENING), .flags = FLAGS(FLOW_ANSWERED)}
/* The client's answer to the SYN-ACK establishes. */
#define CONFIRMS                                                                                   \
	{FROM_POD, .in = TO_VIP(AN_ACK), .verdict = REDIRECT,                                      \
	 .out = TO_VIP(AN_ACK, .dst_mac = MAC_GATEWAY, .src_mac = MAC_UPLINK, TO_GATEWAY()),       \
	 .count = COUNT(TO_TUNNEL), .tables = true, .flows = 2, .state = STATE(ESTABLISHED)}
#define CONNECTS OPENS, ANSWERS, CONFIRMS
#define OPENS_UDP                                                                                  \
	{FROM_POD, .in = UDP_TO_VIP(.len = 4), .verdict = REDIRECT,                                \
	 .out = UDP_TO_VIP(.len = 4, ANY_MAC,                                                      \
			   OUTER(NODE1, ANY_TUNNEL_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,           \
				 OTHER_ID)),                                                       \
	 .count = COUNT(TO_TUNNEL)}
/* The flow stays embryonic. */
#define REFUSES(reason, ...)                                                                       \
	STEPS(OPENS, {UPLINK, .in = __VA_ARGS__, .verdict = SHOT, .count = COUNT(reason),          \
		      .tables = true, .embryonic = 2, .state = STATE(OPENING)})
#define ANSWER_FROM(gateway, port, network)                                                        \
	FROM_VIP(A_SYN_ACK, OUTER(gateway, port, NODE1, ANY_TUNNEL_PORT, network, HELLO_ID))
#define ANSWER_BY(gateway, network) ANSWER_FROM(gateway, TUNNEL_PORT, network)

/* Gateways that listen on ports of their own. */
#define OPENS_AT_7000                                                                              \
	{FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,                                       \
	 .out = TO_VIP(A_SYN, ANY_MAC,                                                             \
		       OUTER(NODE1, ANY_TUNNEL_PORT, GATEWAY, 7000, NETWORK1, HELLO_ID)),          \
	 .count = COUNT(TO_TUNNEL)}
#define ANSWERED_BY(gateway, port)                                                                 \
	{UPLINK, .in = ANSWER_FROM(gateway, port, NETWORK2), .verdict = REDIRECT,                  \
	 .out = FROM_VIP(A_SYN_ACK, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL),                    \
	 .flags = FLAGS(FLOW_ANSWERED)}
#define NOT_ANSWERED_BY(gateway, port)                                                             \
	{UPLINK, .in = ANSWER_FROM(gateway, port, NETWORK2), .verdict = SHOT,                      \
	 .count = COUNT(TUNNEL_SOURCE), .flags = FLAGS(0)}

static struct gateway_key in_network2(uint32_t addr)
{
	struct gateway_key key;

	memset(&key, 0, sizeof(key)); /* every byte counts, also those of the union */
	key.addr = own_ip(addr);
	key.network = NETWORK2;
	return key;
}

static void listen_on(struct world *world, uint32_t addr, uint16_t port)
{
	struct gateway gateway = {.port = htons(STOCK_PORT), .tunnel_port = htons(port),
				  .kind = BACKEND_GENEVE};
	struct gateway_key key = in_network2(addr);

	world_update(world, "gateways", &key, &gateway);
}

static void gateways_leave(struct world *world)
{
	struct gateway_key key = in_network2(GATEWAY), key2 = in_network2(GATEWAY2);

	world_delete(world, "gateways", &key);
	world_delete(world, "gateways", &key2);
}

static void setup_other_ports(struct world *world)
{
	setup_geneve(world);
	world->backends[TCP_ROW].tunnel_port = htons(7000);
	listen_on(world, GATEWAY, 7000);
	listen_on(world, GATEWAY2, 7001);
}

/* A packet that is no tunnel packet passes: its port may be one that masquerading allocated. */
#define NOT_OURS(...)                                                                              \
	{UPLINK, .in = FROM_VIP(A_SYN_ACK, FROM_GATEWAY(__VA_ARGS__)), .verdict = NEXT,            \
	 .tables = true, .embryonic = 2, .flags = FLAGS(0)}

static const struct pkt our_datagram = UDP_TO_VIP(.len = 4);
static const struct pkt foreign_datagram = UDP(SLEEP, 999, VIP, HELLO_PORT, .len = 4);

#define UNREACHABLE(...)                                                                           \
	ICMP(VIP, SLEEP, 3, 3, .quote = &our_datagram, .quote_len = 28, __VA_ARGS__)

static const struct test_case rows[] = {
	{"decap: a whole connection through the tunnel", setup_geneve,
	 STEPS(CONNECTS,
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
	{"decap: a reply with a wrong header checksum", setup_geneve, .ipv4 = HEADER_CHECKSUM,
	 REFUSES(TUNNEL_CHECKSUM, FROM_VIP(A_SYN_ACK, .bad_ip_sum = 1, FROM_GATEWAY()))},
	{"decap: a wrong checksum of the outer header", setup_geneve, .ipv4 = HEADER_CHECKSUM,
	 REFUSES(TUNNEL_CHECKSUM, FROM_VIP(A_SYN_ACK, FROM_GATEWAY(.bad_ip_sum = 1)))},
	{"decap: an outer checksum may be there", setup_geneve,
	 STEPS(OPENS,
	       {UPLINK, .in = FROM_VIP(A_SYN_ACK, FROM_GATEWAY(.udp_sum = true)),
		.verdict = REDIRECT, .out = FROM_VIP(A_SYN_ACK, FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL)})},
	{"decap: the MSS of a SYN-ACK is clamped", setup_geneve,
	 STEPS(OPENS,
	       {UPLINK, .in = FROM_VIP(A_SYN_ACK, .mss = LINK_MSS, FROM_GATEWAY()),
		.verdict = REDIRECT, .out = FROM_VIP(A_SYN_ACK, .mss = INNER_MSS, FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL)})},
	{"decap: another gateway of the flow's network may answer", setup_geneve,
	 STEPS(OPENS,
	       {UPLINK,
		.in = FROM_VIP(A_SYN_ACK, OUTER(GATEWAY2, TUNNEL_PORT, NODE1, ANY_TUNNEL_PORT,
						NETWORK2, HELLO_ID)),
		.verdict = REDIRECT, .out = FROM_VIP(A_SYN_ACK, FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL)})},
	{"decap: the gateway answers from the port it was sent to", setup_other_ports,
	 STEPS(OPENS_AT_7000, ANSWERED_BY(GATEWAY, 7000))},
	{"decap: the flow's gateway answers also when it has left the list", setup_geneve,
	 STEPS(OPENS,
	       {UPLINK, .before = gateways_leave, .in = ANSWER_BY(GATEWAY2, NETWORK2),
		.verdict = SHOT, .count = COUNT(TUNNEL_SOURCE)},
	       {UPLINK, .in = ANSWER_BY(GATEWAY, NETWORK2), .verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL)})},
	{"decap: another gateway answers from the port it listens on", setup_other_ports,
	 STEPS(OPENS_AT_7000, ANSWERED_BY(GATEWAY2, 7001))},
	{"decap: not from another port of the gateway", setup_geneve,
	 REFUSES(TUNNEL_SOURCE, ANSWER_FROM(GATEWAY, 1234, NETWORK2))},
	{"decap: not from another port of another gateway", setup_other_ports,
	 STEPS(OPENS_AT_7000, NOT_ANSWERED_BY(GATEWAY2, TUNNEL_PORT),
	       NOT_ANSWERED_BY(GATEWAY2, 7000))},
	{"decap: a stock gateway of that network may not answer", setup_geneve,
	 REFUSES(TUNNEL_SOURCE, ANSWER_BY(STOCK, NETWORK2))},
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
	 STEPS(CONNECTS,
	       {FROM_POD, .in = TO_VIP(CLIENT_FIN), .verdict = REDIRECT,
		.out = TO_VIP(CLIENT_FIN, .dst_mac = MAC_GATEWAY, .src_mac = MAC_UPLINK,
			      TO_GATEWAY()),
		.count = COUNT(TO_TUNNEL), .state = STATE(ESTABLISHED)},
	       {UPLINK, .in = FROM_VIP(SERVER_FIN, FROM_GATEWAY()), .verdict = REDIRECT,
		.out = FROM_VIP(SERVER_FIN, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL),
		.state = STATE(CLOSING)})},
	{"decap: the gateway's RST closes", setup_geneve,
	 STEPS(OPENS,
	       {UPLINK, .in = FROM_VIP(.flags = RST | ACK, .ack = 1001, FROM_GATEWAY()),
		.verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST | ACK, .ack = 1001, FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL), .state = STATE(CLOSING)})},
	{"decap: a first reply with data promotes", setup_geneve,
	 STEPS(OPENS,
	       {UPLINK, .in = FROM_VIP(REPLY_DATA, FROM_GATEWAY()), .verdict = REDIRECT,
		.out = FROM_VIP(REPLY_DATA, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL),
		.tables = true, .flows = 2, .state = STATE(ESTABLISHED)})},
	{"decap: malformed headers to a client's port are not ours", setup_geneve,
	 STEPS(OPENS, NOT_OURS(.version = 1), NOT_OURS(.protocol = 0x6558),
	       NOT_OURS(.option_length_add = TOO_LONG), NOT_OURS(.option_length_add = -1),
	       NOT_OURS(.no_service = true))},
	{"decap: other UDP to a client's port is not ours", setup_geneve,
	 STEPS({UPLINK, .in = UDP(STRANGER, 53, NODE1, TUNNEL_SOURCE_PORT, .len = 60),
		.verdict = NEXT},
	       {UPLINK, .in = UDP(STRANGER, 53, NODE1, TUNNEL_SOURCE_PORT + 63, .len = 2),
		.verdict = NEXT})},
	{"decap: an unknown critical option to a client's port is refused", setup_geneve,
	 REFUSES(TUNNEL_CRITICAL,
		 FROM_VIP(A_SYN_ACK, FROM_GATEWAY(.option_type = 0x80, .option_class = 0x0102)))},
	{"decap: the gateway's ICMP about our packet", setup_geneve,
	 STEPS(OPENS_UDP,
	       {UPLINK, .in = UNREACHABLE(FROM_GATEWAY()), .verdict = REDIRECT,
		.out = UNREACHABLE(FROM_OUTSIDE), .count = COUNT(ICMP_ERROR)})},
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
	{"decap: ICMP from another port of the gateway", setup_geneve,
	 STEPS(OPENS_UDP,
	       {UPLINK,
		.in = UNREACHABLE(OUTER(GATEWAY, 1234, NODE1, ANY_TUNNEL_PORT, NETWORK2, OTHER_ID)),
		.verdict = SHOT, .count = COUNT(TUNNEL_NO_FLOW)})},
	{"decap: ICMP with IP options", setup_geneve, .ipv4 = HEADER_OPTIONS,
	 STEPS(OPENS_UDP,
	       {UPLINK, .in = UNREACHABLE(.ip_options = 1, FROM_GATEWAY()), .verdict = SHOT,
		.count = COUNT(BAD_HEADER)})},
	{"decap: ICMP with a wrong header checksum", setup_geneve, .ipv4 = HEADER_CHECKSUM,
	 STEPS(OPENS_UDP,
	       {UPLINK, .in = UNREACHABLE(.bad_ip_sum = 1, FROM_GATEWAY()), .verdict = SHOT,
		.count = COUNT(TUNNEL_CHECKSUM)})},
	{"decap: fragments of ICMP", setup_geneve,
	 STEPS(OPENS_UDP,
	       {UPLINK, .in = UNREACHABLE(.frag = MF, FROM_GATEWAY()), .verdict = SHOT,
		.count = COUNT(BAD_HEADER)},
	       {UPLINK, .in = UNREACHABLE(.frag = 2, .len = 40, FROM_GATEWAY()), .verdict = SHOT,
		.count = COUNT(BAD_HEADER)})},
	{"decap: ICMP that quotes less than eight bytes behind the IP header", setup_geneve,
	 STEPS(OPENS_UDP,
	       {UPLINK,
		.in = ICMP(VIP, SLEEP, 3, 3, .quote = &our_datagram, .quote_len = 27,
			   FROM_GATEWAY()),
		.verdict = SHOT, .count = COUNT(TUNNEL_NO_FLOW)},
	       {UPLINK, .in = ICMP(VIP, SLEEP, 3, 3, FROM_GATEWAY()), .verdict = SHOT,
		.count = COUNT(TUNNEL_NO_FLOW)})},
	{"decap: ICMP longer than its frame", setup_geneve,
	 STEPS(OPENS_UDP,
	       {UPLINK, .in = UNREACHABLE(.ip_length_add = 8, FROM_GATEWAY()), .verdict = SHOT,
		.count = COUNT(TUNNEL_NO_FLOW)})},
};

REGISTER_CASES(rows);
