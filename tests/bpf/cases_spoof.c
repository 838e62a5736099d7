/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sources that are not the sender's: they open no flow, and belong to none. */
#include <arpa/inet.h>

#include "flow_packets.h"

/* SLEEP lives behind DEVICE_POD0. */
#define FORGES(reason, ...)                                                                        \
	STEPS({FROM_POD, DEVICE_POD1, .in = __VA_ARGS__, .verdict = SHOT, .count = COUNT(reason),  \
	       .tables = true})

#define FORGED(...) FORGED_(__VA_ARGS__)
#define FORGED_(hook, device, ...)                                                                 \
	{hook, device, .in = __VA_ARGS__, .verdict = SHOT, .count = COUNT(SPOOFED), PROMOTED,      \
	 .state = STATE(ESTABLISHED)}
#define NODE_ITSELF IP(192, 23, 99, 1)
#define FROM_ELSEWHERE(...) TCP(HELLO2_ELSEWHERE, HELLO_PORT, SLEEP, CLIENT_PORT, __VA_ARGS__)
#define FROM_HELLO2(port, ...) TCP(HELLO2, HELLO_PORT, SNAT, port, __VA_ARGS__)
#define OPENS_AT_GATEWAY                                                                           \
	{UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = REDIRECT,                           \
	 .out = TCP(SNAT, ANY_SNAT, HELLO2, HELLO_PORT, A_SYN, ONE_HOP, FROM_OUTSIDE),             \
	 .count = COUNT(GATEWAY_IN)}

static void setup_elsewhere(struct world *world)
{
	setup_local(world);
	world->backends[TCP_ROW].addr = own_ip(HELLO2_ELSEWHERE);
}

static void pod0_is_no_pod(struct world *world)
{
	world_delete(world, "ifaces", &world->ifindex[DEVICE_POD0]);
}

static void pod1_is_an_uplink(struct world *world)
{
	world_iface(world, DEVICE_POD1, IFACE_UPLINK, 0);
}

/* The flow's interface is one that has since been deleted. */
static void set_iface(const struct flow_key *key, struct flow *flow, void *data)
{
	if (FLOW_ROLE(key->zone) == FLOW_CLIENT)
		flow->iface = *(uint32_t *)data;
}

static void on_another_veth(struct world *world)
{
	uint32_t gone = 9999;
	struct flow_visit visit = {.visit = set_iface, .data = &gone};

	world_flows(world, "flows", &visit);
}

/* The pod's veth is a port of a bridge, to which the route leads; it has a neighbour there. */
static void on_pod_beside_a_bridge(struct world *world)
{
	uint32_t port = 9999;
	struct flow_visit visit = {.visit = set_iface, .data = &port};

	world_update(world, "ifaces", &port, &(struct iface){.role = IFACE_POD});
	pod0_is_no_pod(world);
	world_flows(world, "flows", &visit);
}

static void that_pod_is_gone(struct world *world)
{
	world_delete(world, "ifaces", &(uint32_t){9999});
}

static const struct test_case rows[] = {
	{"spoof: into the tunnel", setup_geneve, FORGES(SPOOFED, TO_VIP(A_SYN))},
	{"spoof: UDP into the tunnel", setup_geneve, FORGES(SPOOFED, UDP_TO_VIP(.len = 3))},
	{"spoof: directly into a pod", setup_redirect, FORGES(SPOOFED, TO_VIP(A_SYN))},
	{"spoof: UDP directly into a pod", setup_redirect, FORGES(SPOOFED, UDP_TO_VIP(.len = 3))},
	{"spoof: a hairpin of another pod", setup_hairpin, FORGES(SPOOFED, TO_VIP(A_SYN))},
	{"spoof: the true owner still gets its flow", setup_geneve,
	 STEPS({FROM_POD, DEVICE_POD1, .in = TO_VIP(A_SYN), .verdict = SHOT,
		.count = COUNT(SPOOFED), .tables = true},
	       {FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL),
		.tables = true, .embryonic = 2})},
	{"spoof: two addresses of one pod are both its own", setup_geneve,
	 STEPS({FROM_POD, DEVICE_POD1, .in = TCP(HELLO1, CLIENT_PORT, VIP, HELLO_PORT, A_SYN),
		.verdict = REDIRECT,
		.out = TCP(HELLO1, CLIENT_PORT, VIP, HELLO_PORT, A_SYN, ANY_MAC, TO_GATEWAY()),
		.count = COUNT(TO_TUNNEL)},
	       {FROM_POD, DEVICE_POD1, .in = TCP(OTHER_POD, CLIENT_PORT, VIP, HELLO_PORT, A_SYN),
		.verdict = REDIRECT,
		.out = TCP(OTHER_POD, CLIENT_PORT, VIP, HELLO_PORT, A_SYN, .dst_mac = MAC_GATEWAY,
			   .src_mac = MAC_UPLINK,
			   OUTER(NODE1, ANY_TUNNEL_PORT_B, GATEWAY, TUNNEL_PORT, NETWORK1,
				 HELLO_ID)),
		.count = COUNT(TO_TUNNEL)})},
	{"spoof: into a pod by the stack", setup_local, FORGES(SPOOFED, TO_VIP(A_SYN))},
	{"spoof: to a stock gateway", setup_passthrough, FORGES(SPOOFED, TO_VIP(A_SYN))},
	{"spoof: an address that is no pod's", setup_geneve,
	 FORGES(SPOOFED, TCP(FAR_NODE, CLIENT_PORT, VIP, HELLO_PORT, A_SYN))},
	{"spoof: an address that no route leads to", setup_local,
	 FORGES(SPOOFED, TCP(STRANGER, CLIENT_PORT, VIP, HELLO_PORT, A_SYN))},
	{"spoof: an address of the node", setup_local,
	 FORGES(SPOOFED, TCP(NODE_ITSELF, CLIENT_PORT, VIP, HELLO_PORT, A_SYN))},
	{"spoof: loopback", setup_local,
	 FORGES(SPOOFED, TCP(IP(127, 0, 0, 1), CLIENT_PORT, VIP, HELLO_PORT, A_SYN))},
	{"spoof: multicast", setup_local,
	 FORGES(SPOOFED, UDP(IP(224, 0, 0, 251), 5353, VIP, HELLO_PORT, .len = 3))},
	{"spoof: an IPv4-mapped address", setup_local,
	 FORGES(SPOOFED, TCP(MAPPED, CLIENT_PORT, VIP, HELLO_PORT, A_SYN))},
	{"spoof: no address", setup_local,
	 FORGES(SPOOFED, UDP(IP(0, 0, 0, 0), 68, VIP, HELLO_PORT, .len = 3))},
	{"spoof: a virtual IP", setup_two_vips,
	 FORGES(SPOOFED, TCP(VIP2, CLIENT_PORT, VIP, HELLO_PORT, A_SYN))},
	/* The route leads to the device that joins several pods, as a bridge does. */
	{"spoof: a device that may lead to the pod", setup_local,
	 STEPS({FROM_POD, DEVICE_POD1, .before = pod0_is_no_pod, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TO_HELLO1(A_SYN), .count = COUNT(TO_LOCAL)})},
	{"spoof: a direct SYN opens no flow beside the owner's", setup_local,
	 STEPS(OPENS,
	       {FROM_POD, DEVICE_POD1, .in = TO_HELLO1(A_SYN), .verdict = NEXT, .tables = true,
		.embryonic = 2})},
	/* Later packets of a flow. */
	{"forged: a later packet by another pod's veth", setup_local,
	 STEPS(CONNECTS, FORGED(FROM_POD, DEVICE_POD1, TO_VIP(SOME_DATA)),
	       CLIENT_SENDS(ACK, ESTABLISHED))},
	{"forged: a RST by another pod's veth", setup_local,
	 STEPS(CONNECTS, FORGED(FROM_POD, DEVICE_POD1, TO_VIP(CLIENT_RST)))},
	{"forged: a SYN by another pod's veth", setup_local,
	 STEPS(CONNECTS, CLIENT_SENDS(FIN | ACK, ESTABLISHED),
	       FORGED(FROM_POD, DEVICE_POD1, TO_VIP(A_SYN)))},
	{"forged: UDP by another pod's veth", setup_local,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 3), .verdict = NEXT,
		.out = UDP(SLEEP, CLIENT_PORT, HELLO1, HELLO_PORT, .len = 3),
		.count = COUNT(TO_LOCAL)},
	       {FROM_POD, DEVICE_POD1, .in = UDP_TO_VIP(.len = 3), .verdict = SHOT,
		.count = COUNT(SPOOFED)})},
	{"forged: an answer of another pod, by the stack", setup_elsewhere,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .count = COUNT(TO_LOCAL),
		.out = TCP(SLEEP, CLIENT_PORT, HELLO2_ELSEWHERE, HELLO_PORT, A_SYN)},
	       {TO_POD, .from = DEVICE_POD1, .in = FROM_ELSEWHERE(A_SYN_ACK), .verdict = SHOT,
		.count = COUNT(SPOOFED)},
	       {TO_POD, .from = DEVICE_UPLINK, .in = FROM_ELSEWHERE(A_SYN_ACK), .verdict = NEXT,
		.out = FROM_VIP(A_SYN_ACK), .count = COUNT(REPLY)})},
	{"forged: an answer in a pod's name from outside", setup_local,
	 STEPS(OPENS,
	       {TO_POD, .from = DEVICE_UPLINK, .in = FROM_HELLO1(A_SYN_ACK), .verdict = SHOT,
		.count = COUNT(SPOOFED)},
	       {TO_POD, .from = DEVICE_POD1, .in = FROM_HELLO1(A_SYN_ACK), .verdict = NEXT,
		.out = FROM_VIP(A_SYN_ACK), .count = COUNT(REPLY)})},
	{"forged: a RST of this machine's netfilter counts", setup_local,
	 STEPS(CONNECTS, SERVER_SENDS(RST | ACK, CLOSING))},
	{"forged: an answer of another pod, with redirect", setup_redirect,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = TO_HELLO1(A_SYN, ONE_HOP), .count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = FROM_HELLO1(A_SYN_ACK), .verdict = SHOT, .count = COUNT(SPOOFED)},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO1(A_SYN_ACK), .verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, ONE_HOP), .count = COUNT(REPLY)},
	       {FROM_POD, .in = FROM_HELLO1(REPLY_DATA), .verdict = SHOT,
		.count = COUNT(SPOOFED)})},
	{"forged: several uplinks carry one flow", setup_elsewhere,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .count = COUNT(TO_LOCAL),
		.out = TCP(SLEEP, CLIENT_PORT, HELLO2_ELSEWHERE, HELLO_PORT, A_SYN)},
	       {TO_POD, .from = DEVICE_UPLINK, .in = FROM_ELSEWHERE(A_SYN_ACK), .verdict = NEXT,
		.out = FROM_VIP(A_SYN_ACK), .count = COUNT(REPLY)},
	       {TO_POD, .from = DEVICE_POD1, .before = pod1_is_an_uplink,
		.in = FROM_ELSEWHERE(REPLY_DATA), .verdict = NEXT, .out = FROM_VIP(REPLY_DATA),
		.count = COUNT(REPLY)})},
	{"forged: a pod that was made again keeps its address", setup_local,
	 STEPS(CONNECTS,
	       {FROM_POD, .before = on_another_veth, .in = TO_VIP(SOME_DATA), .verdict = NEXT,
		.out = TO_HELLO1(SOME_DATA), .count = COUNT(TO_LOCAL)},
	       FORGED(FROM_POD, DEVICE_POD1, TO_VIP(SOME_DATA)))},
	{"forged: behind a device that does not tell, a flow stays with its pod", setup_local,
	 STEPS(CONNECTS,
	       {FROM_POD, DEVICE_POD1, .before = on_pod_beside_a_bridge, .in = TO_VIP(SOME_DATA),
		.verdict = SHOT, .count = COUNT(SPOOFED)},
	       {FROM_POD, DEVICE_POD1, .before = that_pod_is_gone, .in = TO_VIP(SOME_DATA),
		.verdict = NEXT, .out = TO_HELLO1(SOME_DATA), .count = COUNT(TO_LOCAL)})},
	{"forged: at the gateway, an answer of another pod", setup_gateway,
	 STEPS(OPENS_AT_GATEWAY,
	       {FROM_POD, .in = FROM_HELLO2(ANY_SNAT, A_SYN_ACK), .verdict = SHOT,
		.count = COUNT(SPOOFED)},
	       {UPLINK, .in = FROM_HELLO2(ANY_SNAT, A_SYN_ACK), .verdict = SHOT,
		.count = COUNT(SPOOFED)})},
	{"forged: at the gateway, a client without an address", setup_gateway,
	 STEPS({UPLINK,
		.in = TCP(IP(127, 0, 0, 1), CLIENT_PORT, VIP, HELLO_PORT, A_SYN, AT_GATEWAY()),
		.verdict = SHOT, .count = COUNT(SPOOFED), .tables = true},
	       {UPLINK, .in = TCP(MAPPED, CLIENT_PORT, VIP, HELLO_PORT, A_SYN, AT_GATEWAY()),
		.verdict = SHOT, .count = COUNT(SPOOFED), .tables = true})},
};

REGISTER_CASES(rows);
