/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Client: the node itself, whose packets to a VIP come through its own pair, here DEVICE_POD0. */
#include "cases.h"

#include <netinet/in.h>

#include "parallax_hash.h"

#define NODE_TO(addr, port, ...) TCP(NODE1, CLIENT_PORT, addr, port, __VA_ARGS__)
#define NODE_TO_VIP(...) NODE_TO(VIP, HELLO_PORT, __VA_ARGS__)
#define VIP_TO_NODE(...) TCP(VIP, HELLO_PORT, NODE1, CLIENT_PORT, __VA_ARGS__)
#define AFTER_NAT(addr, port, ...) TCP(NODE_CLIENT, CLIENT_PORT, addr, port, __VA_ARGS__)
#define NODE_UDP(...) UDP(NODE1, CLIENT_PORT, VIP, HELLO_PORT, __VA_ARGS__)
#define UDP_AFTER_NAT(addr, port, ...) UDP(NODE_CLIENT, CLIENT_PORT, addr, port, __VA_ARGS__)

#define HOST_SETUP(name)                                                                           \
	static void host_##name(struct world *world)                                               \
	{                                                                                          \
		setup_##name(world);                                                               \
		world_iface(world, DEVICE_POD0, IFACE_HOST, 0);                                    \
	}                                                                                          \
	_Static_assert(1, "takes the semicolon")

HOST_SETUP(local);
HOST_SETUP(redirect);
HOST_SETUP(geneve);
HOST_SETUP(passthrough);
HOST_SETUP(nobody);

static void host_old(struct world *world)
{
	host_local(world);
	world->services[TCP_ROW].captured_ns = world_now_ns();
}

/* Its address is also the one that its gateway role uses for pods, as by default on Kubernetes. */
static void host_gateway(struct world *world)
{
	uint32_t bit = address_bit(&(struct family_addr[]){ own_addr(NODE1) }[0]);

	host_geneve(world);
	world->settings->flags |= SETTING_GATEWAY | SETTING_SNAT_SHARED;
	world->settings->snat_count[OWN_INDEX] = 1;
	world->settings->snat[OWN_INDEX][0] = own_ip(NODE1);
	world->filters->destinations[bit / 64] |= 1ULL << (bit % 64);
}

#define OTHER_PORT 9090

static const struct test_case rows[] = {
	{"host: a whole connection to a pod, whose replies the node's masquerading brings back",
	 host_local,
	 STEPS({FROM_POD, .in = NODE_TO_VIP(A_SYN), .verdict = NEXT,
		.out = AFTER_NAT(HELLO1, HELLO_PORT, A_SYN), .count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = TCP(HELLO1, HELLO_PORT, NODE_CLIENT, CLIENT_PORT, A_SYN_ACK),
		.verdict = NEXT, .out = VIP_TO_NODE(A_SYN_ACK), .count = COUNT(REPLY)},
	       {FROM_POD, .in = NODE_TO_VIP(SOME_DATA), .verdict = NEXT,
		.out = AFTER_NAT(HELLO1, HELLO_PORT, SOME_DATA), .count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = TCP(HELLO1, HELLO_PORT, NODE_CLIENT, CLIENT_PORT, REPLY_DATA),
		.verdict = NEXT, .out = VIP_TO_NODE(REPLY_DATA), .count = COUNT(REPLY)})},
	{"host: UDP to a pod and back", host_local,
	 STEPS({FROM_POD, .in = NODE_UDP(.len = 9), .verdict = NEXT,
		.out = UDP_AFTER_NAT(HELLO1, HELLO_PORT, .len = 9), .count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = UDP(HELLO1, HELLO_PORT, NODE_CLIENT, CLIENT_PORT, .len = 3),
		.verdict = NEXT, .out = UDP(VIP, HELLO_PORT, NODE1, CLIENT_PORT, .len = 3),
		.count = COUNT(REPLY)})},
	{"host: goes through the stack with delivery: redirect too", host_redirect,
	 STEPS({FROM_POD, .in = NODE_TO_VIP(A_SYN), .verdict = NEXT,
		.out = AFTER_NAT(HELLO1, HELLO_PORT, A_SYN), .count = COUNT(TO_LOCAL)})},
	{"host: to a stock gateway", host_passthrough,
	 STEPS({FROM_POD, .in = NODE_TO_VIP(A_SYN), .verdict = NEXT,
		.out = AFTER_NAT(STOCK, STOCK_PORT, A_SYN), .count = COUNT(TO_PASSTHROUGH)},
	       {TO_POD, .in = TCP(STOCK, STOCK_PORT, NODE_CLIENT, CLIENT_PORT, A_SYN_ACK),
		.verdict = NEXT, .out = VIP_TO_NODE(A_SYN_ACK), .count = COUNT(REPLY)})},
	{"host: into a tunnel with the node's own address, and back into its pair", host_geneve,
	 STEPS({FROM_POD, .in = NODE_TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = NODE_TO_VIP(A_SYN, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL)},
	       {UPLINK, .in = VIP_TO_NODE(A_SYN_ACK, FROM_GATEWAY()), .verdict = REDIRECT,
		.out = VIP_TO_NODE(A_SYN_ACK, ANY_MAC), .count = COUNT(FROM_TUNNEL)},
	       {FROM_POD, .in = NODE_TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = NODE_TO_VIP(SOME_DATA, .dst_mac = MAC_GATEWAY, .src_mac = MAC_UPLINK,
				   TO_GATEWAY()),
		.count = COUNT(TO_TUNNEL)},
	       {UPLINK, .in = VIP_TO_NODE(REPLY_DATA, FROM_GATEWAY()), .verdict = REDIRECT,
		.out = VIP_TO_NODE(REPLY_DATA, .dst_mac = MAC_SLEEP, .src_mac = MAC_POD0_DEV),
		.count = COUNT(FROM_TUNNEL)})},
	{"host: a gateway whose SNAT address is its own", host_gateway,
	 STEPS({FROM_POD, .in = NODE_TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = NODE_TO_VIP(A_SYN, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL)},
	       {UPLINK, .in = VIP_TO_NODE(A_SYN_ACK, FROM_GATEWAY()), .verdict = REDIRECT,
		.out = VIP_TO_NODE(A_SYN_ACK, ANY_MAC), .count = COUNT(FROM_TUNNEL)})},
	/* Other nodes of the network have it as well: the gateway could not tell them apart. */
	{"host: no tunnel for another address of the node", host_geneve,
	 STEPS({FROM_POD, .in = TCP(IP(127, 0, 0, 1), CLIENT_PORT, VIP, HELLO_PORT, A_SYN),
		.verdict = SHOT, .count = COUNT(SPOOFED), .tables = true})},
	{"host: but a way to a pod", host_local,
	 STEPS({FROM_POD, .in = TCP(IP(172, 17, 0, 1), CLIENT_PORT, VIP, HELLO_PORT, A_SYN),
		.verdict = NEXT, .out = AFTER_NAT(HELLO1, HELLO_PORT, A_SYN),
		.count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = TCP(HELLO1, HELLO_PORT, NODE_CLIENT, CLIENT_PORT, A_SYN_ACK),
		.verdict = NEXT,
		.out = TCP(VIP, HELLO_PORT, IP(172, 17, 0, 1), CLIENT_PORT, A_SYN_ACK),
		.count = COUNT(REPLY)})},
	{"host: nobody serves", host_nobody,
	 STEPS({FROM_POD, .in = NODE_TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = VIP_TO_NODE(.flags = RST | ACK, .ack = 1001, .no_window = true,
				   .dst_mac = MAC_SLEEP, .src_mac = MAC_NODE),
		.count = COUNT(NO_BACKEND), .tables = true})},
	/* The route leads every packet for the address here, whatever its port. */
	{"host: a port that is no service's goes on to the stack, and its replies back", host_local,
	 STEPS({FROM_POD, .in = NODE_TO(VIP, OTHER_PORT, A_SYN), .verdict = NEXT,
		.out = AFTER_NAT(VIP, OTHER_PORT, A_SYN), .count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = TCP(VIP, OTHER_PORT, NODE_CLIENT, CLIENT_PORT, A_SYN_ACK),
		.verdict = NEXT, .out = TCP(VIP, OTHER_PORT, NODE1, CLIENT_PORT, A_SYN_ACK),
		.count = COUNT(REPLY)},
	       {FROM_POD, .in = UDP(NODE1, CLIENT_PORT, VIP, OTHER_PORT, .len = 5),
		.verdict = NEXT, .out = UDP_AFTER_NAT(VIP, OTHER_PORT, .len = 5),
		.count = COUNT(TO_LOCAL)})},
	{"host: an older connection passes as it is", host_old,
	 STEPS({FROM_POD, .in = NODE_TO_VIP(SOME_DATA), .verdict = NEXT, .count = COUNT(TAKEOVER),
		.tables = true})},
};

REGISTER_CASES(rows);
