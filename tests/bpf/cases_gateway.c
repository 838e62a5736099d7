/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The gateway role: into this network and back. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "gateway_packets.h"
#include "parallax_hash.h"

static void setup_pod_elsewhere(struct world *world)
{
	world_become_gateway(world);
	world_service_of(world, VIP, IPPROTO_TCP, HELLO_ID, BACKEND_LOCAL, HELLO2_ELSEWHERE,
			 HELLO_PORT);
}

/* One endpoint here, one behind another gateway: nothing goes from gateway to gateway. */
static void setup_mixed(struct world *world)
{
	uint32_t service, rows[3];

	world_become_gateway(world);
	service = world_service(world, VIP, HELLO_PORT, IPPROTO_TCP, HELLO_ID);
	rows[0] = world_backend(world, service, BACKEND_GENEVE, GATEWAY3, STOCK_PORT);
	rows[1] = world_backend(world, service, BACKEND_LOCAL, HELLO2, HELLO_PORT);
	rows[2] = world_backend(world, service, BACKEND_PASSTHROUGH, STOCK, STOCK_PORT);
	world_table(world, service, rows, 3);
}

static void setup_own_address(struct world *world)
{
	setup_gateway(world);
	world->settings->snat[OWN_INDEX][0] = own_ip(GATEWAY);
	world->filters->destinations[address_bit(&(struct family_addr[]){ own_addr(GATEWAY) }[0]) / 64] |=
		1ULL << (address_bit(&(struct family_addr[]){ own_addr(GATEWAY) }[0]) % 64);
}

static void udp_backend_leaves(struct world *world)
{
	uint32_t row = world_backend(world, UDP_ROW, BACKEND_LOCAL, OTHER_POD, HELLO_PORT);

	world_table(world, UDP_ROW, &row, 1);
	world->backends[UDP_ROW].flags |= BACKEND_DRAINING;
}

/* OPENS and ANSWERS with other flows in the tables. */
#define OPENS_BESIDE                                                                               \
	{UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = REDIRECT,                           \
	 .out = TO_HELLO2(ANY_SNAT, A_SYN, ONE_HOP, FROM_OUTSIDE), .count = COUNT(GATEWAY_IN)}
#define ANSWERS_BESIDE                                                                             \
	{FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, A_SYN_ACK), .verdict = REDIRECT,       \
	 .out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1()),                            \
	 .count = COUNT(GATEWAY_OUT)}
#define UDP_AT_GATEWAY OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1, OTHER_ID)

#define CLIENT_SENDS(tcp_flags, becomes, ...)                                                      \
	{UPLINK, .in = TO_VIP(.flags = tcp_flags, .seq = 1001, .ack = 5001, AT_GATEWAY()),         \
	 .verdict = REDIRECT,                                                                      \
	 .out = TO_HELLO2(ANY_SNAT, .flags = tcp_flags, .seq = 1001, .ack = 5001, ONE_HOP,         \
			  FROM_OUTSIDE),                                                           \
	 .count = COUNT(GATEWAY_IN), .state = STATE(becomes),                                      \
	 __VA_ARGS__}
#define POD_SENDS(tcp_flags, becomes, ...)                                                         \
	{FROM_POD, DEVICE_POD1,                                                                    \
	 .in = FROM_HELLO2(ANY_SNAT, .flags = tcp_flags, .seq = 5001, .ack = 1001),                \
	 .verdict = REDIRECT,                                                                      \
	 .out = FROM_VIP(.flags = tcp_flags, .seq = 5001, .ack = 1001, ONE_HOP, ANY_MAC,           \
			 BACK_TO_NODE1()),                                                         \
	 .count = COUNT(GATEWAY_OUT), .state = STATE(becomes),                                     \
	 __VA_ARGS__}

static void backend_leaves(struct world *world)
{
	uint32_t row = world_backend(world, TCP_ROW, BACKEND_LOCAL, OTHER_POD, HELLO_PORT);

	world_table(world, TCP_ROW, &row, 1);
	world->backends[TCP_ROW].flags |= BACKEND_DRAINING;
}

/* A gateway whose own pods are clients of another network. */
static void setup_both_roles(struct world *world)
{
	uint32_t row;

	setup_gateway(world);
	row = world_service_of(world, VIP2, IPPROTO_TCP, UNKNOWN_ID, BACKEND_GENEVE, GATEWAY3,
			       STOCK_PORT);
	world->backends[row].network = NETWORK3;
}

/* Each network's node for its own network only. */
static void setup_bound(struct world *world)
{
	struct allowed_key all = {.prefix = ALLOWED_NETWORK_BITS + IP_MAPPED_BITS + 16,
				  .network = OWN_ALLOWED, .addr = own_ip(IP(192, 23, 0, 0))};

	setup_gateway(world);
	world_delete(world, "allowed", &all);
	world_allow(world, NODE1, NETWORK1);
	world_allow(world, NODE3, NETWORK3);
}

#define AS_NETWORK1(node, port)                                                                    \
	OUTER(node, port, GATEWAY, TUNNEL_PORT, NETWORK1, HELLO_ID)
#define GOES_IN(outer_from, ...)                                                                   \
	{UPLINK, .in = TO_VIP(__VA_ARGS__, outer_from), .verdict = REDIRECT,                       \
	 .out = TO_HELLO2(ANY_SNAT, __VA_ARGS__, ONE_HOP, FROM_OUTSIDE), .count = COUNT(GATEWAY_IN)}

static const struct test_case rows[] = {
	{"bound: a source opens flows of its own network", setup_bound, STEPS(CONNECTS)},
	{"bound: a source of another network opens none", setup_bound,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AS_NETWORK1(NODE3, NODE1_PORT)), .verdict = SHOT,
		.count = COUNT(TUNNEL_SOURCE), .tables = true})},
	{"bound: a source of another network takes none over", setup_bound,
	 STEPS(CONNECTS,
	       {UPLINK, .in = TO_VIP(AN_ACK, AS_NETWORK1(NODE3, NODE1_PORT)), .verdict = SHOT,
		.count = COUNT(TUNNEL_SOURCE)},
	       REPLIES(BACK_TO_NODE1(), REPLY_DATA))},
	{"number: a bare ACK out of the window does not move the return address", setup_gateway,
	 STEPS(CONNECTS, GOES_IN(AS_NETWORK1(NODE1, 1555), .flags = ACK, .seq = 999, .ack = 5001),
	       GOES_IN(AS_NETWORK1(NODE1, 1555), .flags = ACK, .seq = 70000, .ack = 5001),
	       REPLIES(BACK_TO_NODE1(), REPLY_DATA))},
	{"number: a keep-alive moves the return address", setup_gateway,
	 STEPS(CONNECTS, GOES_IN(AS_NETWORK1(NODE1, 1555), .flags = ACK, .seq = 1000, .ack = 5001),
	       REPLIES(OUTER(GATEWAY, TUNNEL_PORT, NODE1, 1555, NETWORK2, HELLO_ID), REPLY_DATA))},

	{"gateway: a whole connection", setup_gateway,
	 STEPS(CONNECTS,
	       {UPLINK, .in = TO_VIP(SOME_DATA, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TO_HELLO2(ANY_SNAT, SOME_DATA, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, REPLY_DATA), .verdict = REDIRECT,
		.out = FROM_VIP(REPLY_DATA, ONE_HOP, .dst_mac = MAC_NODE1, .src_mac = MAC_UPLINK,
				BACK_TO_NODE1()),
		.count = COUNT(GATEWAY_OUT)})},
	{"gateway: the MSS is clamped both ways", setup_gateway,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, .mss = LINK_MSS, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TO_HELLO2(ANY_SNAT, A_SYN, .mss = INNER_MSS, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, A_SYN_ACK, .mss = LINK_MSS),
		.verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, .mss = INNER_MSS, ONE_HOP, ANY_MAC, BACK_TO_NODE1()),
		.count = COUNT(GATEWAY_OUT)})},
	{"gateway: UDP", setup_gateway,
	 STEPS({UPLINK,
		.in = UDP_TO_VIP(.len = 40, OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
						  OTHER_ID)),
		.verdict = REDIRECT,
		.out = UDP(SNAT, ANY_SNAT, HELLO2, HELLO_PORT, .len = 40, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .tables = true, .embryonic = 2},
	       {FROM_POD, DEVICE_POD1, .in = UDP(HELLO2, HELLO_PORT, SNAT, ANY_SNAT, .len = 50),
		.verdict = REDIRECT,
		.out = UDP_FROM_VIP(.len = 50, ONE_HOP, ANY_MAC,
				    OUTER(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2,
					  OTHER_ID)),
		.count = COUNT(GATEWAY_OUT)})},
	{"gateway: inner UDP without checksum keeps having none", setup_gateway, .ipv4 = NO_CHECKSUM,
	 STEPS({UPLINK,
		.in = UDP_TO_VIP(.len = 40, .zero_sum = true,
				 OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
				       OTHER_ID)),
		.verdict = REDIRECT,
		.out = UDP(SNAT, ANY_SNAT, HELLO2, HELLO_PORT, .len = 40, .zero_sum = true, ONE_HOP,
			   FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)})},
	{"gateway: a wrong inner checksum stays wrong", setup_gateway,
	 STEPS(OPENS,
	       {UPLINK, .in = TO_VIP(A_SYN, .bad_sum = 0x0303, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TO_HELLO2(ANY_SNAT, A_SYN, .bad_sum = 0x0303, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)})},
	{"gateway: a wrong inner checksum opens no flow", setup_gateway,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, .bad_sum = 1, AT_GATEWAY()), .verdict = SHOT,
		.count = COUNT(CHECKSUM), .tables = true},
	       {UPLINK, .in = UDP_TO_VIP(.len = 1200, .bad_sum = 1, UDP_AT_GATEWAY), .verdict = SHOT,
		.count = COUNT(CHECKSUM), .tables = true})},
	{"gateway: TOS of the reply is copied out", setup_gateway,
	 STEPS(OPENS,
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, A_SYN_ACK, .tos = 0xba),
		.verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, .tos = 0xba, ONE_HOP, ANY_MAC,
				BACK_TO_NODE1(.tos = 0xba)),
		.count = COUNT(GATEWAY_OUT)})},
	{"gateway: a pod on another node", setup_pod_elsewhere,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TCP(SNAT, ANY_SNAT, HELLO2_ELSEWHERE, HELLO_PORT, A_SYN, ONE_HOP, ANY_MAC),
		.count = COUNT(GATEWAY_IN)},
	       {UPLINK, .in = TCP(HELLO2_ELSEWHERE, HELLO_PORT, SNAT, ANY_SNAT, A_SYN_ACK),
		.verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1()),
		.count = COUNT(GATEWAY_OUT)},
	       {UPLINK, .in = TO_VIP(AN_ACK, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TCP(SNAT, ANY_SNAT, HELLO2_ELSEWHERE, HELLO_PORT, AN_ACK, ONE_HOP,
			   .dst_mac = MAC_ROUTER, .src_mac = MAC_UPLINK),
		.count = COUNT(GATEWAY_IN)})},
	{"gateway: the inner destination may be any address of the service", setup_gateway,
	 STEPS({UPLINK, .in = TCP(SLEEP, CLIENT_PORT, VIP2, 80, A_SYN, AT_GATEWAY()),
		.verdict = REDIRECT, .out = TO_HELLO2(ANY_SNAT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, A_SYN_ACK), .verdict = REDIRECT,
		.out = TCP(VIP2, 80, SLEEP, CLIENT_PORT, A_SYN_ACK, ONE_HOP, ANY_MAC,
			   BACK_TO_NODE1()),
		.count = COUNT(GATEWAY_OUT)})},
	{"gateway: equal pods of two networks get ports of their own", setup_gateway,
	 STEPS(OPENS,
	       {UPLINK, .in = TO_VIP(A_SYN, FROM_NODE3()), .verdict = REDIRECT,
		.out = TO_HELLO2(ANY_SNAT_B, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .tables = true, .embryonic = 4},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT_B, A_SYN_ACK),
		.verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC,
				OUTER(GATEWAY, TUNNEL_PORT, NODE3, NODE1_PORT, NETWORK2, HELLO_ID)),
		.count = COUNT(GATEWAY_OUT)},
	       ANSWERS)},
	{"gateway: a retransmitted SYN keeps its port", setup_gateway, STEPS(OPENS, OPENS)},
	{"gateway: the answer follows the client's NAT to another port", setup_gateway,
	 STEPS(CONNECTS,
	       {UPLINK,
		.in = TO_VIP(SOME_DATA, OUTER(NODE1, 1555, GATEWAY, TUNNEL_PORT, NETWORK1,
					      HELLO_ID)),
		.verdict = REDIRECT, .out = TO_HELLO2(ANY_SNAT, SOME_DATA, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .tables = true, .flows = 2},
	       REPLIES(OUTER(GATEWAY, TUNNEL_PORT, NODE1, 1555, NETWORK2, HELLO_ID), REPLY_DATA))},
	{"gateway: the answer follows to another address", setup_gateway,
	 STEPS(CONNECTS,
	       {UPLINK,
		.in = TO_VIP(SOME_DATA, OUTER(NODE3, 1556, GATEWAY, TUNNEL_PORT, NETWORK1,
					      HELLO_ID)),
		.verdict = REDIRECT, .out = TO_HELLO2(ANY_SNAT, SOME_DATA, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)},
	       REPLIES(OUTER(GATEWAY, TUNNEL_PORT, NODE3, 1556, NETWORK2, HELLO_ID), REPLY_DATA))},
	{"gateway: it does not follow to an address that may not enter", setup_gateway,
	 STEPS(CONNECTS,
	       {UPLINK,
		.in = TO_VIP(SOME_DATA, OUTER(STRANGER, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
					      HELLO_ID)),
		.verdict = SHOT, .count = COUNT(TUNNEL_SOURCE)},
	       REPLIES(BACK_TO_NODE1(), REPLY_DATA))},
	{"gateway: only endpoints of this network are chosen", setup_mixed,
	 STEPS(OPENS,
	       {UPLINK, .in = TCP(SLEEP, CLIENT_PORT + 1, VIP, HELLO_PORT, A_SYN, AT_GATEWAY()),
		.verdict = REDIRECT, .out = TO_HELLO2(ANY_SNAT_B, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)})},
	{"gateway: FINs and RST close", setup_gateway,
	 STEPS(CONNECTS,
	       {UPLINK, .in = TO_VIP(CLIENT_FIN, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TO_HELLO2(ANY_SNAT, CLIENT_FIN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .state = STATE(ESTABLISHED)},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, SERVER_FIN),
		.verdict = REDIRECT,
		.out = FROM_VIP(SERVER_FIN, ONE_HOP, ANY_MAC, BACK_TO_NODE1()),
		.count = COUNT(GATEWAY_OUT), .state = STATE(CLOSING)})},
	{"gateway: a SYN opens a closing flow again, with its port", setup_gateway,
	 STEPS(CONNECTS,
	       {UPLINK, .in = TO_VIP(CLIENT_RST, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TO_HELLO2(ANY_SNAT, CLIENT_RST, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .state = STATE(CLOSING)},
	       OPENS_AGAIN)},
	{"gateway: a SYN opens a flow again whose client sent FIN", setup_gateway,
	 STEPS(CONNECTS, CLIENT_SENDS(FIN | ACK, ESTABLISHED), CONNECTS_AGAIN)},
	{"gateway: a SYN changes nothing about an established flow", setup_gateway,
	 STEPS(CONNECTS, CLIENT_SENDS(SYN, ESTABLISHED, .flags = FLAGS(FLOW_ANSWERED)))},
	{"gateway: a RST in the client's name", setup_gateway,
	 STEPS(CONNECTS,
	       CLIENT_SENDS(RST, CLOSING, .flags = FLAGS(FLOW_ANSWERED | FLOW_FIN_FORWARD)),
	       POD_SENDS(ACK, CLOSING),
	       CLIENT_SENDS(ACK, ESTABLISHED, .flags = FLAGS(FLOW_ANSWERED)))},
	{"gateway: a RST in the pod's name", setup_gateway,
	 STEPS(CONNECTS,
	       POD_SENDS(RST | ACK, CLOSING, .flags = FLAGS(FLOW_ANSWERED | FLOW_FIN_REPLY)),
	       CLIENT_SENDS(ACK, CLOSING),
	       POD_SENDS(ACK, ESTABLISHED, .flags = FLAGS(FLOW_ANSWERED)))},
	{"gateway: the client's packet before a SYN-ACK establishes nothing", setup_gateway,
	 STEPS(OPENS, CLIENT_SENDS(ACK, OPENING, .flags = FLAGS(0)))},
	{"gateway: a first reply with data establishes", setup_gateway,
	 STEPS(OPENS, POD_SENDS(PSH | ACK, ESTABLISHED))},
	{"gateway: a RST as first reply establishes nothing", setup_gateway,
	 STEPS(OPENS, POD_SENDS(RST | ACK, CLOSING), OPENS)},
	{"gateway: a pod here is a client elsewhere", setup_both_roles,
	 STEPS({FROM_POD, .in = TCP(SLEEP, CLIENT_PORT, VIP2, HELLO_PORT, A_SYN),
		.verdict = REDIRECT,
		.out = TCP(SLEEP, CLIENT_PORT, VIP2, HELLO_PORT, A_SYN, ANY_MAC,
			   OUTER(GATEWAY, ANY_TUNNEL_PORT, GATEWAY3, TUNNEL_PORT, NETWORK2,
				 UNKNOWN_ID)),
		.count = COUNT(TO_TUNNEL)},
	       {UPLINK,
		.in = TCP(VIP2, HELLO_PORT, SLEEP, CLIENT_PORT, A_SYN_ACK,
			  OUTER(GATEWAY3, TUNNEL_PORT, GATEWAY, ANY_TUNNEL_PORT, NETWORK3,
				UNKNOWN_ID)),
		.verdict = REDIRECT,
		.out = TCP(VIP2, HELLO_PORT, SLEEP, CLIENT_PORT, A_SYN_ACK, FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL)})},
	{"gateway: a pod here is a client of a pod here", setup_gateway,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),
		.count = COUNT(TO_LOCAL)},
	       OPENS_BESIDE,
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO1(A_SYN_ACK), .verdict = NEXT},
	       {TO_POD, .in = FROM_HELLO1(A_SYN_ACK), .verdict = NEXT, .out = FROM_VIP(A_SYN_ACK),
		.count = COUNT(REPLY)},
	       ANSWERS_BESIDE)},
	{"gateway: UDP chooses again when its pod left", setup_gateway,
	 STEPS({UPLINK, .in = UDP_TO_VIP(.len = 4, UDP_AT_GATEWAY), .verdict = REDIRECT,
		.out = UDP(SNAT, ANY_SNAT, HELLO2, HELLO_PORT, .len = 4, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)},
	       {UPLINK, .before = udp_backend_leaves, .in = UDP_TO_VIP(.len = 4, UDP_AT_GATEWAY),
		.verdict = REDIRECT,
		.out = UDP(SNAT, ANY_SNAT, OTHER_POD, HELLO_PORT, .len = 4, ONE_HOP,
			   FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .tables = true, .embryonic = 2})},
	{"gateway: an established flow stays with a pod that left", setup_gateway,
	 STEPS(CONNECTS,
	       {UPLINK, .before = backend_leaves, .in = TO_VIP(SOME_DATA, AT_GATEWAY()),
		.verdict = REDIRECT, .out = TO_HELLO2(ANY_SNAT, SOME_DATA, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)})},
	{"gateway: a SYN of an established flow chooses again", setup_gateway,
	 STEPS(CONNECTS,
	       {UPLINK, .before = backend_leaves, .in = TO_VIP(A_SYN, AT_GATEWAY()),
		.verdict = REDIRECT,
		.out = TCP(SNAT, ANY_SNAT, OTHER_POD, HELLO_PORT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .tables = true, .embryonic = 2, .state = STATE(OPENING),
		.flags = FLAGS(0)})},
	{"gateway: a SYN of an opening flow chooses again", setup_gateway,
	 STEPS(OPENS,
	       {UPLINK, .before = backend_leaves, .in = TO_VIP(A_SYN, AT_GATEWAY()),
		.verdict = REDIRECT,
		.out = TCP(SNAT, ANY_SNAT, OTHER_POD, HELLO_PORT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .tables = true, .embryonic = 2})},
	{"gateway: its own address as SNAT address", setup_own_address,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TCP(GATEWAY, ANY_SNAT, HELLO2, HELLO_PORT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)},
	       {FROM_POD, DEVICE_POD1, .in = TCP(HELLO2, HELLO_PORT, GATEWAY, ANY_SNAT, A_SYN_ACK),
		.verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1()),
		.count = COUNT(GATEWAY_OUT)},
	       {UPLINK, .in = TCP(NODE1, 5555, GATEWAY, 22, A_SYN), .verdict = NEXT})},
};

REGISTER_CASES(rows);
