/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A gateway of mode forward: requests go on to pods' doors, replies to clients, and it keeps nothing. */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <stddef.h>

#include "family.h"
#include "forward_packets.h"

/* The pod is here, and sees clients by their own addresses. */
void setup_own_pod(struct world *world)
{
	setup_forward(world);
	world->backends[TCP_ROW].addr = own_ip(HELLO2);
	world->settings->door_port = htons(TUNNEL_PORT);
	world->settings->flags |= SETTING_KEEP_CLIENT;
	world_allow(world, GATEWAY, ALLOWED_PEER);
}

static void setup_own_pod_and_other(struct world *world)
{
	uint32_t own = NETWORK2;
	struct network network = { .flags = NETWORK_OWN, .gateway_count = 2,
				   .gateways = { own_ip(GATEWAY2), own_ip(GATEWAY) } };

	setup_own_pod(world);
	world_allow(world, GATEWAY2, ALLOWED_PEER);
	world_update(world, "networks", &own, &network);
}

static void other_dies(struct world *world)
{
	world_health(world, GATEWAY2, GATEWAY_DOWN);
}

/* Clients' packets are as large as the way to them allows; less passes between gateway and pod. */
static void setup_narrow_hop(struct world *world)
{
	setup_forward(world);
	world->settings->hop_mtu = 1000;
}

/* Another pod takes the new connections. */
static void endpoint_drains(struct world *world)
{
	for (uint32_t service = TCP_ROW; service <= UDP_ROW; service++) {
		uint32_t row = world_backend(world, service, BACKEND_LOCAL, FAR_NODE, HELLO_PORT);

		add_endpoint(world, row, ENDPOINT + 1);
		world_table(world, service, &row, 1);
		world->backends[service].flags |= BACKEND_DRAINING;
	}
}

/* The row went to another endpoint; its entry is still there. */
static void endpoint_goes(struct world *world)
{
	endpoint_drains(world);
	world->backends[TCP_ROW].endpoint = ENDPOINT + 2;
	world->backends[UDP_ROW].generation = 0;
}

static void nobody_left(struct world *world)
{
	world_table(world, TCP_ROW, NULL, 0);
	world->backends[TCP_ROW].generation = 0;
}

#define GOES_ON(pod, id, outer_in, ...)                                                            \
	{UPLINK, .in = TO_VIP(__VA_ARGS__, outer_in), .verdict = REDIRECT,                                   \
	 .out = TO_VIP(__VA_ARGS__, ANY_MAC, TO_DOOR(pod, .endpoint = id)),                        \
	 .count = COUNT(GATEWAY_IN), .tables = true}
#define COMES_BACK(...)                                                                            \
	{UPLINK, .in = FROM_VIP(__VA_ARGS__, FROM_DOOR(HELLO2_ELSEWHERE, .endpoint = ENDPOINT)),   \
	 .verdict = REDIRECT, .out = FROM_VIP(__VA_ARGS__, ANY_MAC, BACK_TO_NODE1(KNOWS)),         \
	 .count = COUNT(GATEWAY_OUT), .tables = true}
#define UDP_FROM_NODE1(...)                                                                        \
	OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1, OTHER_ID, __VA_ARGS__)
#define UDP_TO_DOOR(pod, ...)                                                                      \
	OUTER(GATEWAY, NODE1_PORT, pod, TUNNEL_PORT, NETWORK1, OTHER_ID, .back = NODE1,            \
	      .back_port = NODE1_PORT, .pod_port = HELLO_PORT, __VA_ARGS__)
#define NOT_ACCEPTED(reason, packet)                                                               \
	{UPLINK, .in = packet, .verdict = SHOT, .count = COUNT(reason), .tables = true}
/* A RST to the client, with the same outer ports. */
#define IS_RESET(reason, ...)                                                                      \
	{UPLINK, .in = TO_VIP(__VA_ARGS__), .verdict = REDIRECT,                                   \
	 .out = FROM_VIP(.flags = RST, .seq = 5001, .no_window = true, ANY_MAC, BACK_TO_NODE1()),  \
	 .count = COUNT(reason), .tables = true}

static const struct test_case rows[] = {
	{"forward: a connection leaves no trace", setup_forward,
	 STEPS(GOES_ON(HELLO2_ELSEWHERE, ENDPOINT, AT_GATEWAY(), A_SYN), COMES_BACK(A_SYN_ACK),
	       GOES_ON(HELLO2_ELSEWHERE, ENDPOINT, AT_GATEWAY(KNOWS), AN_ACK),
	       GOES_ON(HELLO2_ELSEWHERE, ENDPOINT, AT_GATEWAY(KNOWS), SOME_DATA),
	       COMES_BACK(REPLY_DATA))},
	{"forward: any gateway knows the endpoint without having seen the SYN", setup_forward,
	 STEPS(GOES_ON(HELLO2_ELSEWHERE, ENDPOINT, AT_GATEWAY(KNOWS), SOME_DATA))},
	{"forward: the TTL is the door's to lower", setup_forward,
	 STEPS(GOES_ON(HELLO2_ELSEWHERE, ENDPOINT, AT_GATEWAY(KNOWS), SOME_DATA, .ttl = 1))},
	{"forward: a wrong inner checksum is the door's to judge", setup_forward,
	 STEPS(GOES_ON(HELLO2_ELSEWHERE, ENDPOINT, AT_GATEWAY(), A_SYN, .bad_sum = 3))},
	{"forward: the congestion mark stays outside", setup_forward,
	 STEPS({UPLINK, .in = TO_VIP(SOME_DATA, .tos = 2, AT_GATEWAY(KNOWS, .tos = 3)),
		.verdict = REDIRECT,
		.out = TO_VIP(SOME_DATA, .tos = 2, ANY_MAC,
			      TO_DOOR(HELLO2_ELSEWHERE, .endpoint = ENDPOINT, .tos = 3)),
		.count = COUNT(GATEWAY_IN)})},
	{"forward: a packet without id goes by the table, for the door to judge", setup_forward,
	 STEPS(GOES_ON(HELLO2_ELSEWHERE, ENDPOINT, AT_GATEWAY(), AN_ACK))},
	{"forward: UDP", setup_forward,
	 STEPS({UPLINK, .in = UDP_TO_VIP(.len = 40, UDP_FROM_NODE1()), .verdict = REDIRECT,
		.out = UDP_TO_VIP(.len = 40, ANY_MAC,
				  UDP_TO_DOOR(HELLO2_ELSEWHERE, .endpoint = ENDPOINT)),
		.count = COUNT(GATEWAY_IN), .tables = true},
	       {UPLINK, .in = UDP_TO_VIP(.len = 41, UDP_FROM_NODE1(KNOWS)), .verdict = REDIRECT,
		.out = UDP_TO_VIP(.len = 41, ANY_MAC,
				  UDP_TO_DOOR(HELLO2_ELSEWHERE, .endpoint = ENDPOINT)),
		.count = COUNT(GATEWAY_IN), .tables = true})},
	{"forward: an endpoint that drains keeps its connections", setup_forward,
	 STEPS({UPLINK, .before = endpoint_drains, .in = TO_VIP(SOME_DATA, AT_GATEWAY(KNOWS)),
		.verdict = REDIRECT,
		.out = TO_VIP(SOME_DATA, ANY_MAC, TO_DOOR(HELLO2_ELSEWHERE, .endpoint = ENDPOINT)),
		.count = COUNT(GATEWAY_IN)},
	       GOES_ON(FAR_NODE, ENDPOINT + 1, AT_GATEWAY(KNOWS), A_SYN),
	       {UPLINK, .in = UDP_TO_VIP(.len = 41, UDP_FROM_NODE1(KNOWS)), .verdict = REDIRECT,
		.out = UDP_TO_VIP(.len = 41, ANY_MAC,
				  UDP_TO_DOOR(FAR_NODE, .endpoint = ENDPOINT + 1)),
		.count = COUNT(GATEWAY_IN)})},
	{"forward: an endpoint that is gone", setup_forward,
	 STEPS({UPLINK, .before = endpoint_goes, .in = TO_VIP(SOME_DATA, AT_GATEWAY(KNOWS)),
		.verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST, .seq = 5001, .no_window = true, ANY_MAC,
				BACK_TO_NODE1()),
		.count = COUNT(NO_FLOW)},
	       GOES_ON(FAR_NODE, ENDPOINT + 1, AT_GATEWAY(KNOWS), A_SYN),
	       {UPLINK, .in = UDP_TO_VIP(.len = 41, UDP_FROM_NODE1(KNOWS)), .verdict = REDIRECT,
		.out = UDP_TO_VIP(.len = 41, ANY_MAC,
				  UDP_TO_DOOR(FAR_NODE, .endpoint = ENDPOINT + 1)),
		.count = COUNT(GATEWAY_IN)})},
	{"forward: an endpoint of another service is none", setup_forward,
	 STEPS(IS_RESET(NO_FLOW, SOME_DATA, AT_GATEWAY(.endpoint = ENDPOINT + 7)))},
	{"forward: no endpoint is left", setup_forward,
	 STEPS({UPLINK, .before = nobody_left, .in = TO_VIP(A_SYN, AT_GATEWAY()),
		.verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST | ACK, .ack = 1001, .no_window = true, ANY_MAC,
				BACK_TO_NODE1()),
		.count = COUNT(NO_BACKEND)})},
	{"forward: an unknown service", setup_forward,
	 STEPS({UPLINK,
		.in = TO_VIP(A_SYN, OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
					  UNKNOWN_ID)),
		.verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST | ACK, .ack = 1001, .no_window = true, ANY_MAC,
				OUTER(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2,
				      UNKNOWN_ID)),
		.count = COUNT(TUNNEL_SERVICE)})},
	{"forward: a pod of the gateway's own node has a door, too", setup_own_pod,
	 STEPS(GOES_ON(HELLO2, ENDPOINT, AT_GATEWAY(), A_SYN),
	       GOES_ON(HELLO2, ENDPOINT, AT_GATEWAY(KNOWS), AN_ACK),
	       {TO_POD, DEVICE_POD1, DEVICE_UPLINK,
		.in = TO_VIP(A_SYN, TO_DOOR(HELLO2, .endpoint = ENDPOINT)), .verdict = NEXT,
		.out = TCP(SLEEP, CLIENT_PORT, HELLO2, HELLO_PORT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(DOOR_IN)},
	       {FROM_POD, DEVICE_POD1, .in = TCP(HELLO2, HELLO_PORT, SLEEP, CLIENT_PORT, A_SYN_ACK),
		.verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1(KNOWS)),
		.count = COUNT(DOOR_OUT)},
	       {TO_POD, DEVICE_POD1, DEVICE_UPLINK,
		.in = TCP(SLEEP, 4444, VIP, HELLO_PORT, SOME_DATA,
			  TO_DOOR(HELLO2, .endpoint = ENDPOINT)),
		.verdict = REDIRECT,
		.out = TCP(VIP, HELLO_PORT, SLEEP, 4444, .flags = RST, .seq = 5001,
			   .no_window = true, ANY_MAC, BACK_TO_NODE1(KNOWS)),
		.count = COUNT(NO_FLOW)})},
	{"forward: replies of its own pod leave another gateway that is dead", setup_own_pod_and_other,
	 STEPS({TO_POD, DEVICE_POD1, DEVICE_UPLINK,
		.in = TO_VIP(A_SYN, OUTER(GATEWAY2, NODE1_PORT, HELLO2, TUNNEL_PORT, NETWORK1,
					  HELLO_ID, CARRIES)),
		.verdict = NEXT,
		.out = TCP(SLEEP, CLIENT_PORT, HELLO2, HELLO_PORT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(DOOR_IN)},
	       {FROM_POD, DEVICE_POD1, .in = TCP(HELLO2, HELLO_PORT, SLEEP, CLIENT_PORT, A_SYN_ACK),
		.verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC,
				OUTER(HELLO2, ANY_TUNNEL_PORT, GATEWAY2, TUNNEL_PORT, NETWORK2,
				      HELLO_ID, CARRIES)),
		.count = COUNT(DOOR_OUT)},
	       {FROM_POD, DEVICE_POD1, .before = other_dies,
		.in = TCP(HELLO2, HELLO_PORT, SLEEP, CLIENT_PORT, A_SYN_ACK), .verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1(KNOWS)),
		.count = COUNT(DOOR_OUT)})},
	{"forward: strangers get no answer", setup_forward,
	 STEPS(NOT_ACCEPTED(TUNNEL_SOURCE,
			    TO_VIP(SOME_DATA, OUTER(STRANGER, NODE1_PORT, GATEWAY, TUNNEL_PORT,
						    NETWORK1, HELLO_ID, KNOWS))),
	       NOT_ACCEPTED(TUNNEL_VNI,
			    TO_VIP(SOME_DATA, OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT,
						    UNKNOWN_NETWORK, HELLO_ID, KNOWS))),
	       NOT_ACCEPTED(SPOOFED, TCP(VIP, CLIENT_PORT, VIP, HELLO_PORT, A_SYN, AT_GATEWAY())))},
	{"forward: a request that is too big for the way to the pod", setup_narrow_hop,
	 STEPS(GOES_ON(HELLO2_ELSEWHERE, ENDPOINT, AT_GATEWAY(KNOWS), .flags = ACK, .seq = 1, .len = 800),
	       {UPLINK,
		.in = TO_VIP(.flags = ACK, .seq = 1, .len = 960, AT_GATEWAY(KNOWS)),
		.verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 4,
			    .icmp_mtu = 1000 - OWN_OVERHEAD - 8 - OWN_RETURN,
			    .quote_len = 40,
			    .quote = &(const struct pkt)TO_VIP(.flags = ACK, .seq = 1, .len = 960),
			    ANY_MAC, BACK_TO_NODE1()),
		.count = COUNT(TOO_BIG)})},
	{"forward: a router's word about the way to the pod", setup_forward,
	 STEPS(GOES_ON(HELLO2_ELSEWHERE, ENDPOINT, AT_GATEWAY(KNOWS), .flags = ACK, .seq = 1, .len = 1340),
	       {UPLINK,
		.in = ICMP(ROUTER, GATEWAY, 3, 4, .icmp_mtu = 1400,
			   .quote = &(const struct pkt)TO_VIP(
				   SOME_DATA, TO_DOOR(HELLO2_ELSEWHERE, .endpoint = ENDPOINT))),
		.verdict = NEXT},
	       {UPLINK,
		.in = TO_VIP(.flags = ACK, .seq = 1, .len = 1340, AT_GATEWAY(KNOWS)),
		.verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 4, .icmp_mtu = 1400 - OWN_OVERHEAD - 8 - OWN_RETURN,
			    .quote_len = 40,
			    .quote = &(const struct pkt)TO_VIP(.flags = ACK, .seq = 1, .len = 1340),
			    ANY_MAC, BACK_TO_NODE1()),
		.count = COUNT(TOO_BIG)})},
	{"forward: nobody is believed about a way that it does not send by", setup_forward,
	 STEPS({UPLINK,
		.in = ICMP(ROUTER, GATEWAY, 3, 4, .icmp_mtu = 1400,
			   .quote = &(const struct pkt)TO_VIP(
				   SOME_DATA, OUTER(GATEWAY, NODE1_PORT, HELLO2_ELSEWHERE,
						    TUNNEL_PORT, NETWORK1, UNKNOWN_ID, CARRIES))),
		.verdict = NEXT},
	       GOES_ON(HELLO2_ELSEWHERE, ENDPOINT, AT_GATEWAY(KNOWS), .flags = ACK, .seq = 1, .len = 1340))},
	{"forward: the reply of a pod that is no endpoint", setup_forward,
	 STEPS(NOT_ACCEPTED(TUNNEL_ENDPOINT,
			    FROM_VIP(REPLY_DATA, FROM_DOOR(FAR_NODE, .endpoint = ENDPOINT))),
	       NOT_ACCEPTED(TUNNEL_ENDPOINT,
			    FROM_VIP(REPLY_DATA, FROM_DOOR(HELLO2_ELSEWHERE,
							   .endpoint = ENDPOINT + 1))),
	       NOT_ACCEPTED(TUNNEL_ENDPOINT, FROM_VIP(REPLY_DATA, FROM_DOOR(HELLO2_ELSEWHERE))),
	       NOT_ACCEPTED(TUNNEL_VNI,
			    FROM_VIP(REPLY_DATA,
				     OUTER(HELLO2_ELSEWHERE, NODE1_PORT, GATEWAY, TUNNEL_PORT,
					   UNKNOWN_NETWORK, HELLO_ID, CARRIES))))},
	{"forward: a gateway of mode nat takes no reply of a door", setup_gateway,
	 STEPS(NOT_ACCEPTED(TUNNEL_CRITICAL,
			    FROM_VIP(REPLY_DATA, FROM_DOOR(HELLO2, .endpoint = ENDPOINT))))},
	{"forward: a gateway of mode nat passes an endpoint id over", setup_gateway,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY(KNOWS)), .verdict = REDIRECT,
		.out = TCP(SNAT, ANY_SNAT, HELLO2, HELLO_PORT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)},
	       {FROM_POD, DEVICE_POD1, .in = TCP(HELLO2, HELLO_PORT, SNAT, ANY_SNAT, A_SYN_ACK),
		.verdict = REDIRECT, .out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1()),
		.count = COUNT(GATEWAY_OUT)})},
	{"forward: XDP leaves requests to TC", setup_forward,
	 STEPS({XDP, .in = TO_VIP(SOME_DATA, AT_GATEWAY(KNOWS)), .verdict = XDP_PASS})},
};
REGISTER_CASES(rows);
