/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The gateway role: into this network and back. */
#include "cases.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include "parallax_hash.h"

#define TO_HELLO2(port, ...) TCP(SNAT, port, HELLO2, HELLO_PORT, __VA_ARGS__)
#define FROM_HELLO2(port, ...) TCP(HELLO2, HELLO_PORT, SNAT, port, __VA_ARGS__)

#define OPENS                                                                                      \
	{UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = REDIRECT,                           \
	 .out = TO_HELLO2(ANY_SNAT, A_SYN, ONE_HOP, FROM_OUTSIDE), .count = COUNT(GATEWAY_IN),     \
	 .tables = true, .flows = 2, .state = STATE(OPENING)}
#define ANSWERS                                                                                    \
	{FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, A_SYN_ACK), .verdict = REDIRECT,       \
	 .out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1()),                            \
	 .count = COUNT(GATEWAY_OUT), .state = STATE(ESTABLISHED)}
/* As ANSWERS, once the way to NODE1 is known. */
#define REPLIES(outer_to, ...)                                                                     \
	{FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, __VA_ARGS__), .verdict = REDIRECT,     \
	 .out = FROM_VIP(__VA_ARGS__, ONE_HOP, ANY_MAC, outer_to), .count = COUNT(GATEWAY_OUT)}
#define FROM_NODE3(...)                                                                            \
	OUTER(NODE3, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK3, HELLO_ID, __VA_ARGS__)

/* The gateway's answer to what it refuses, in the tunnel. */
#define RESET_IN_TUNNEL(...)                                                                       \
	FROM_VIP(__VA_ARGS__, .no_window = true, ANY_MAC, BACK_TO_NODE1())

static const struct pkt refused_datagram = UDP_TO_VIP(.len = 60);

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

static void setup_only_remote(struct world *world)
{
	world_become_gateway(world);
	world_service_of(world, VIP, IPPROTO_TCP, HELLO_ID, BACKEND_GENEVE, GATEWAY3, STOCK_PORT);
}

static void setup_closed_gateway(struct world *world)
{
	setup_gateway(world);
	world->settings->flags &= ~SETTING_GATEWAY;
}

static void setup_one_snat_port(struct world *world)
{
	setup_gateway(world);
	world->settings->snat_last = SNAT_FIRST;
}

static void setup_many_snat_ports(struct world *world)
{
	setup_gateway(world);
	world->settings->snat_last = SNAT_FIRST + 9999;
}

static void setup_own_address(struct world *world)
{
	setup_gateway(world);
	world->settings->snat[0] = htonl(GATEWAY);
	world->filters->destinations[address_bit(htonl(GATEWAY)) / 64] |=
		1ULL << (address_bit(htonl(GATEWAY)) % 64);
}

static void backend_leaves(struct world *world)
{
	uint32_t row = world_backend(world, TCP_ROW, BACKEND_LOCAL, OTHER_POD, HELLO_PORT);

	world_table(world, TCP_ROW, &row, 1);
	world->backends[TCP_ROW].flags |= BACKEND_OUT;
}

static void pass_59_seconds(struct world *world)
{
	world_let_pass(world, 59);
}

static void pass_2_seconds(struct world *world)
{
	world_let_pass(world, 2);
}

/* A client that opens one flow after another; `i` numbers them. */
static const struct pkt client_syn = TO_VIP(A_SYN, AT_GATEWAY());

static int open_flow(struct world *world, uint32_t i, uint32_t *ret_port)
{
	static const struct step step = {.program = UPLINK};
	struct port_values ports = {0};
	struct pkt pkt = client_syn;
	struct frame frame;
	int verdict = 0;

	pkt.sport = 1024 + i;
	pkt_build(&pkt, &ports, &frame);
	if (frame_run(world, &step, frame.data, &frame.len, &verdict))
		return -100;
	*ret_port = frame.data[34] << 8 | frame.data[35];
	return verdict;
}

static uint64_t counted(struct world *world, enum reason reason)
{
	struct counts counts;

	world_counts(world, &counts);
	return counts.packets[COUNTER(HOOK_UPLINK, reason)];
}

/* More flows to one pod than there are source ports. */
static bool use_up_ports(struct world *world)
{
	uint8_t used[SNAT_LAST - SNAT_FIRST + 1] = {0};
	uint32_t open = 0, refused = 0, port;

	for (uint32_t i = 0; i < 120; i++) {
		int verdict = open_flow(world, i, &port);

		refused += verdict == SHOT;
		if (verdict != REDIRECT)
			continue;
		open++;
		if (port < SNAT_FIRST || port > SNAT_LAST || used[port - SNAT_FIRST]++) {
			printf("      flow %u got port %u, taken or not ours\n", i, port);
			return false;
		}
	}
	if (open + refused == 120 && open >= 58 && counted(world, REASON_PORTS_FULL) == refused)
		return true;
	printf("      %u opened, %u refused\n", open, refused);
	return false;
}

/* The packet path alone makes room when flows have gone idle: as a client retries, the hand of
 * flow_reserve() moves on. */
static bool opens_within(struct world *world, uint32_t i, uint32_t tries)
{
	uint32_t port;

	while (tries--)
		if (open_flow(world, i, &port) == REDIRECT)
			return true;
	printf("      no room was made for flow %u\n", i);
	return false;
}

static bool reclaim_idle(struct world *world)
{
	uint32_t i, port;

	for (i = 0; i < WORLD_FLOWS / 2; i++)
		if (open_flow(world, i, &port) != REDIRECT)
			return printf("      flow %u refused\n", i), false;
	if (open_flow(world, i, &port) != SHOT || counted(world, REASON_FLOWS_FULL) != 1)
		return printf("      one too many was let in\n"), false;
	for (int round = 0; round < 4; round++) {
		world_let_pass(world, 61);
		for (i = 0; i < WORLD_FLOWS / 2; i++)
			if (!opens_within(world, 1000 * round + 1000 + i, 4))
				return false;
	}
	return true;
}

static const struct test_case rows[] = {
	{"gateway: a whole connection", setup_gateway,
	 STEPS(OPENS, ANSWERS,
	       {UPLINK, .in = TO_VIP(SOME_DATA, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TO_HELLO2(ANY_SNAT, SOME_DATA, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, REPLY_DATA), .verdict = REDIRECT,
		.out = FROM_VIP(REPLY_DATA, ONE_HOP, .dst_mac = MAC_NODE1, .src_mac = MAC_UPLINK,
				BACK_TO_NODE1()),
		.count = COUNT(GATEWAY_OUT)})},
	{"gateway: the MSS is clamped both ways", setup_gateway,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, .mss = 1460, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TO_HELLO2(ANY_SNAT, A_SYN, .mss = 1412, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, A_SYN_ACK, .mss = 1460),
		.verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, .mss = 1412, ONE_HOP, ANY_MAC, BACK_TO_NODE1()),
		.count = COUNT(GATEWAY_OUT)})},
	{"gateway: UDP", setup_gateway,
	 STEPS({UPLINK,
		.in = UDP_TO_VIP(.len = 40, OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
						  OTHER_ID)),
		.verdict = REDIRECT,
		.out = UDP(SNAT, ANY_SNAT, HELLO2, HELLO_PORT, .len = 40, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .tables = true, .flows = 2},
	       {FROM_POD, DEVICE_POD1, .in = UDP(HELLO2, HELLO_PORT, SNAT, ANY_SNAT, .len = 50),
		.verdict = REDIRECT,
		.out = UDP_FROM_VIP(.len = 50, ONE_HOP, ANY_MAC,
				    OUTER(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2,
					  OTHER_ID)),
		.count = COUNT(GATEWAY_OUT)})},
	{"gateway: inner UDP without checksum keeps having none", setup_gateway,
	 STEPS({UPLINK,
		.in = UDP_TO_VIP(.len = 40, .zero_sum = true,
				 OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1, OTHER_ID)),
		.verdict = REDIRECT,
		.out = UDP(SNAT, ANY_SNAT, HELLO2, HELLO_PORT, .len = 40, .zero_sum = true, ONE_HOP,
			   FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)})},
	{"gateway: a wrong inner checksum stays wrong", setup_gateway,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, .bad_sum = 0x0303, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TO_HELLO2(ANY_SNAT, A_SYN, .bad_sum = 0x0303, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)})},
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
		.count = COUNT(GATEWAY_IN), .tables = true, .flows = 4},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT_B, A_SYN_ACK),
		.verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC,
				OUTER(GATEWAY, TUNNEL_PORT, NODE3, NODE1_PORT, NETWORK2, HELLO_ID)),
		.count = COUNT(GATEWAY_OUT)},
	       ANSWERS)},
	{"gateway: a retransmitted SYN keeps its port", setup_gateway, STEPS(OPENS, OPENS)},
	{"gateway: the answer follows the client's NAT to another port", setup_gateway,
	 STEPS(OPENS, ANSWERS,
	       {UPLINK,
		.in = TO_VIP(SOME_DATA, OUTER(NODE1, 1555, GATEWAY, TUNNEL_PORT, NETWORK1,
					      HELLO_ID)),
		.verdict = REDIRECT, .out = TO_HELLO2(ANY_SNAT, SOME_DATA, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .tables = true, .flows = 2},
	       REPLIES(OUTER(GATEWAY, TUNNEL_PORT, NODE1, 1555, NETWORK2, HELLO_ID), REPLY_DATA))},
	{"gateway: the answer follows to another address", setup_gateway,
	 STEPS(OPENS, ANSWERS,
	       {UPLINK,
		.in = TO_VIP(SOME_DATA, OUTER(NODE3, 1556, GATEWAY, TUNNEL_PORT, NETWORK1,
					      HELLO_ID)),
		.verdict = REDIRECT, .out = TO_HELLO2(ANY_SNAT, SOME_DATA, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)},
	       REPLIES(OUTER(GATEWAY, TUNNEL_PORT, NODE3, 1556, NETWORK2, HELLO_ID), REPLY_DATA))},
	{"gateway: it does not follow to an address that may not enter", setup_gateway,
	 STEPS(OPENS, ANSWERS,
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
	{"gateway: no endpoint of this network: RST in the tunnel", setup_only_remote,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, .mss = 1400, AT_GATEWAY()), .verdict = REDIRECT,
		.out = RESET_IN_TUNNEL(.flags = RST | ACK, .ack = 1001),
		.count = COUNT(NO_BACKEND), .tables = true, .ip_bytes_unknown = true})},
	{"gateway: a service it lacks: RST in the tunnel", setup_gateway,
	 STEPS({UPLINK,
		.in = TO_VIP(A_SYN, .len = 20, OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT,
						     NETWORK1, UNKNOWN_ID)),
		.verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST | ACK, .ack = 1021, .no_window = true, ANY_MAC,
				OUTER(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2,
				      UNKNOWN_ID)),
		.count = COUNT(TUNNEL_SERVICE), .tables = true, .ip_bytes_unknown = true})},
	{"gateway: a service it lacks: ICMP in the tunnel", setup_gateway,
	 STEPS({UPLINK,
		.in = UDP_TO_VIP(.len = 60, OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
						  UNKNOWN_ID)),
		.verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 3, .quote = &refused_datagram, .quote_len = 28, ANY_MAC,
			    OUTER(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2, UNKNOWN_ID)),
		.count = COUNT(TUNNEL_SERVICE), .tables = true, .ip_bytes_unknown = true})},
	{"gateway: a service id opens no door to the other protocol", setup_gateway,
	 STEPS({UPLINK, .in = UDP_TO_VIP(.len = 60, AT_GATEWAY()), .verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 3, .quote = &refused_datagram, .quote_len = 28, ANY_MAC,
			    BACK_TO_NODE1()),
		.count = COUNT(TUNNEL_SERVICE), .tables = true, .ip_bytes_unknown = true})},
	{"gateway: mid-stream without a flow: RST in the tunnel", setup_gateway,
	 STEPS({UPLINK, .in = TO_VIP(SOME_DATA, AT_GATEWAY()), .verdict = REDIRECT,
		.out = RESET_IN_TUNNEL(.flags = RST, .seq = 5001), .count = COUNT(NO_FLOW),
		.tables = true, .ip_bytes_unknown = true})},
	{"gateway: a RST without a flow is not answered", setup_gateway,
	 STEPS({UPLINK, .in = TO_VIP(.flags = RST, AT_GATEWAY()), .verdict = SHOT,
		.count = COUNT(NO_FLOW), .tables = true})},
	{"gateway: a flow of one network is not another's", setup_gateway,
	 STEPS(OPENS, ANSWERS,
	       {UPLINK, .in = TO_VIP(SOME_DATA, FROM_NODE3()), .verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST, .seq = 5001, .no_window = true, ANY_MAC,
				OUTER(GATEWAY, TUNNEL_PORT, NODE3, NODE1_PORT, NETWORK2,
				      HELLO_ID)),
		.count = COUNT(NO_FLOW), .ip_bytes_unknown = true})},
	{"gateway: the role is closed", setup_closed_gateway,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = NEXT})},
	{"gateway: FINs and RST close", setup_gateway,
	 STEPS(OPENS, ANSWERS,
	       {UPLINK, .in = TO_VIP(.flags = FIN | ACK, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TO_HELLO2(ANY_SNAT, .flags = FIN | ACK, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .state = STATE(ESTABLISHED)},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, .flags = FIN | ACK),
		.verdict = REDIRECT,
		.out = FROM_VIP(.flags = FIN | ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1()),
		.count = COUNT(GATEWAY_OUT), .state = STATE(CLOSING)})},
	{"gateway: an established flow stays with a pod that left", setup_gateway,
	 STEPS(OPENS, ANSWERS,
	       {UPLINK, .before = backend_leaves, .in = TO_VIP(SOME_DATA, AT_GATEWAY()),
		.verdict = REDIRECT, .out = TO_HELLO2(ANY_SNAT, SOME_DATA, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)})},
	{"gateway: a SYN of an opening flow chooses again", setup_gateway,
	 STEPS(OPENS,
	       {UPLINK, .before = backend_leaves, .in = TO_VIP(A_SYN, AT_GATEWAY()),
		.verdict = REDIRECT,
		.out = TCP(SNAT, ANY_SNAT, OTHER_POD, HELLO_PORT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .tables = true, .flows = 2})},
	{"gateway: an unmatched packet of a pod to a SNAT port", setup_gateway,
	 STEPS({FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(SNAT_FIRST, REPLY_DATA), .verdict = SHOT,
		.count = COUNT(SNAT_NO_FLOW)},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(SNAT_LAST, A_SYN), .verdict = SHOT,
		.count = COUNT(SNAT_NO_FLOW)})},
	{"gateway: an unmatched packet from outside to a SNAT port", setup_gateway,
	 STEPS({UPLINK, .in = FROM_HELLO2(SNAT_FIRST, REPLY_DATA), .verdict = SHOT,
		.count = COUNT(SNAT_NO_FLOW)},
	       {UPLINK, .in = UDP(STRANGER, 53, SNAT, SNAT_LAST, .len = 9), .verdict = SHOT,
		.count = COUNT(SNAT_NO_FLOW)})},
	{"gateway: ports of a SNAT address that we do not take", setup_gateway,
	 STEPS({UPLINK, .in = FROM_HELLO2(SNAT_FIRST - 1, REPLY_DATA), .verdict = NEXT},
	       {UPLINK, .in = FROM_HELLO2(SNAT_LAST + 1, REPLY_DATA), .verdict = NEXT})},
	{"gateway: its own address as SNAT address", setup_own_address,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TCP(GATEWAY, ANY_SNAT, HELLO2, HELLO_PORT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)},
	       {FROM_POD, DEVICE_POD1, .in = TCP(HELLO2, HELLO_PORT, GATEWAY, ANY_SNAT, A_SYN_ACK),
		.verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1()),
		.count = COUNT(GATEWAY_OUT)},
	       {UPLINK, .in = TCP(NODE1, 5555, GATEWAY, 22, A_SYN), .verdict = NEXT})},
	{"gateway: a reply too big for the tunnel gets ICMP", setup_gateway,
	 STEPS(OPENS, ANSWERS,
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, .flags = ACK, .len = 1460),
		.verdict = REDIRECT,
		.out = ICMP(SNAT, HELLO2, 3, 4, .icmp_mtu = 1452,
			    .quote = &(const struct pkt)FROM_HELLO2(ANY_SNAT, .flags = ACK,
								    .len = 1460),
			    .quote_len = 40, .dst_mac = MAC_SLEEP, .src_mac = MAC_NODE),
		.count = COUNT(TOO_BIG)})},
	{"gateway: a closed flow's port rests", setup_one_snat_port,
	 STEPS(OPENS,
	       {UPLINK, .in = TO_VIP(.flags = RST, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TO_HELLO2(ANY_SNAT, .flags = RST, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .state = STATE(CLOSING)},
	       {UPLINK, .before = pass_59_seconds, .in = TO_VIP(A_SYN, FROM_NODE3()),
		.verdict = SHOT, .count = COUNT(PORTS_FULL)},
	       {UPLINK, .before = pass_2_seconds, .in = TO_VIP(A_SYN, FROM_NODE3()),
		.verdict = REDIRECT, .out = TO_HELLO2(ANY_SNAT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .tables = true, .flows = 2})},
	{"gateway: all source ports taken", setup_gateway, .run = use_up_ports},
	{"gateway: idle flows make room without an agent", setup_many_snat_ports,
	 .run = reclaim_idle},
};

CASE_LIST(gateway_cases, rows);
