/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Networks whose tunnel packets must leave and come in by devices that encrypt. */
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "forward_packets.h"
#include "probe_row.h"

static void flag_network(struct world *world, uint32_t network, uint32_t flags)
{
	world_update(world, "networks", &network, &(struct network){ .flags = flags });
}

static void require(struct world *world, uint32_t network)
{
	flag_network(world, network, NETWORK_ENCRYPTED);
	world->settings->admission |= ADMISSION_ENCRYPTED;
}

static void flag_uplink(struct world *world, uint32_t flags)
{
	world_update(world, "ifaces", &world->ifindex[DEVICE_UPLINK],
		     &(struct iface){ .role = IFACE_UPLINK, .flags = flags });
	world_forget_hops(world);
}

/* The route moves to another device, seen by the next look. */
static void to_wireguard(struct world *world)
{
	flag_uplink(world, IFACE_ENCRYPTS);
}

static void to_plain(struct world *world)
{
	flag_uplink(world, 0);
}

/* ------------------------------------------------------------------ worlds */

static void client(struct world *world)
{
	setup_geneve(world);
	require(world, NETWORK2);
}

static void client_encrypts(struct world *world)
{
	client(world);
	to_wireguard(world);
}

static void client_of_others(struct world *world)
{
	setup_geneve(world);
	require(world, NETWORK3);
}

/* The next hop stays in the cache. */
static void require_network2(struct world *world)
{
	flag_network(world, NETWORK2, NETWORK_ENCRYPTED);
}

static void gateway(struct world *world)
{
	setup_gateway(world);
	require(world, NETWORK1);
}

static void gateway_encrypts(struct world *world)
{
	gateway(world);
	to_wireguard(world);
}

static void forward(struct world *world)
{
	setup_forward_xdp(world);
	require(world, NETWORK1);
}

static void forward_encrypts(struct world *world)
{
	forward(world);
	to_wireguard(world);
}

static void door_of_own_gateway(struct world *world)
{
	setup_own_pod(world);
	require(world, NETWORK1);
}

/* ------------------------------------------------------------------ rows */

#define SENDS(...)                                                                                 \
	{FROM_POD, .in = TO_VIP(__VA_ARGS__), .verdict = REDIRECT,                                 \
	 .out = TO_VIP(__VA_ARGS__, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL)}
#define RECEIVES(...)                                                                              \
	{UPLINK, .in = FROM_VIP(__VA_ARGS__, FROM_GATEWAY()), .verdict = REDIRECT,                 \
	 .out = FROM_VIP(__VA_ARGS__, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL)}
#define KEPT(...) {FROM_POD, .verdict = SHOT, .count = COUNT(NOT_ENCRYPTED), __VA_ARGS__}
#define SHUT_OUT(packet, ...)                                                                      \
	{UPLINK, .in = packet, .verdict = SHOT, .count = COUNT(TUNNEL_NOT_ENCRYPTED), __VA_ARGS__}
#define ENTERS(...)                                                                                \
	{UPLINK, .in = TO_VIP(__VA_ARGS__, AT_GATEWAY()), .verdict = REDIRECT,                     \
	 .out = TCP(SNAT, ANY_SNAT, HELLO2, HELLO_PORT, __VA_ARGS__, ONE_HOP, FROM_OUTSIDE),       \
	 .count = COUNT(GATEWAY_IN)}
#define POD_ANSWERS(...)                                                                           \
	{FROM_POD, DEVICE_POD1, .in = TCP(HELLO2, HELLO_PORT, SNAT, ANY_SNAT, A_SYN_ACK),          \
	 __VA_ARGS__}
#define FROM_NETWORK3                                                                              \
	OUTER(NODE3, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK3, HELLO_ID)
#define DOOR_OF_POD TO_DOOR(HELLO2_ELSEWHERE, .endpoint = ENDPOINT)
#define DOOR_ANSWER(network)                                                                       \
	FROM_VIP(A_SYN_ACK, OUTER(HELLO2_ELSEWHERE, NODE1_PORT + 1, GATEWAY, TUNNEL_PORT, network, \
				  HELLO_ID, CARRIES))
#define ANSWERED(network)                                                                          \
	{UPLINK, .in = DOOR_ANSWER(network), .verdict = REDIRECT,                                  \
	 .out = FROM_VIP(A_SYN_ACK, ANY_MAC, BACK_TO_NODE1(KNOWS)), .count = COUNT(GATEWAY_OUT)}
#define NOT_ANSWERED(network)                                                                      \
	{UPLINK, .in = DOOR_ANSWER(network), .verdict = SHOT, .count = COUNT(NOT_ENCRYPTED)}

static const struct pkt stray = TO_VIP(SOME_DATA, TO_DOOR(HELLO2, .endpoint = ENDPOINT));

/* A RST to the client of another network, which the gateway on this node itself would send on. */
static bool refusal_is_kept(struct world *world)
{
	static const struct step step = { .program = TO_POD, .device = DEVICE_POD1,
					  .from = DEVICE_UPLINK };
	struct counts counts;

	if (run_pkt(world, &step, &stray, NULL) != SHOT)
		return probe_said("it is not dropped");
	world_counts(world, &counts);
	return counts.packets[COUNTER(HOOK_TO_POD, REASON_NO_FLOW)] == 1 &&
	       counts.packets[COUNTER(HOOK_TO_POD, REASON_NOT_ENCRYPTED)] == 1;
}

static void probed(struct world *world)
{
	probe_own_health(world);
	require(world, NETWORK1);
}

static void probed_encrypts(struct world *world)
{
	probed(world);
	to_wireguard(world);
}

static void asker(struct world *world)
{
	probe_setup_asks(world);
	require(world, NETWORK2);
}

ROW(probe_in, probed, PROBE, NULL, SHOT, COUNT(TUNNEL_NOT_ENCRYPTED), NULL);
ROW(probe_encrypted, probed_encrypts, PROBE, NULL, REDIRECT, COUNT(PROBE_ANSWERED),
    probe_is_answered);
ROW(answer_in, asker, ANSWER, probe_asks, SHOT, COUNT(TUNNEL_NOT_ENCRYPTED), probe_is_not_known);

static const struct test_case rows[] = {
	{"encrypted: no request by a device that does not", client,
	 STEPS(KEPT(.in = TO_VIP(A_SYN)), KEPT(.in = UDP_TO_VIP(.len = 20)))},
	{"encrypted: a connection by WireGuard", client_encrypts,
	 STEPS(SENDS(A_SYN), RECEIVES(A_SYN_ACK), SENDS(AN_ACK))},
	{"encrypted: an established connection rests while its route does not encrypt",
	 client_encrypts,
	 STEPS(SENDS(A_SYN), RECEIVES(A_SYN_ACK), SENDS(AN_ACK),
	       KEPT(.before = to_plain, .in = TO_VIP(SOME_DATA)), KEPT(.in = TO_VIP(SOME_DATA)),
	       {FROM_POD, .before = to_wireguard, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = TO_VIP(SOME_DATA, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL)})},
	{"encrypted: no reply by a device that does not", client_encrypts,
	 STEPS(SENDS(A_SYN),
	       SHUT_OUT(FROM_VIP(A_SYN_ACK, FROM_GATEWAY()), .before = to_plain))},
	{"encrypted: other networks need not be", client_of_others,
	 STEPS(SENDS(A_SYN), RECEIVES(A_SYN_ACK), SENDS(AN_ACK),
	       KEPT(.before = require_network2, .in = TO_VIP(SOME_DATA)))},
	{"encrypted: a gateway takes no request by a device that does not", gateway,
	 STEPS(SHUT_OUT(TO_VIP(A_SYN, AT_GATEWAY()), .tables = true),
	       SHUT_OUT(UDP_TO_VIP(.len = 20, OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT,
						    NETWORK1, OTHER_ID)), .tables = true))},
	{"encrypted: a gateway takes those of other networks", gateway,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, FROM_NETWORK3), .verdict = REDIRECT,
		.out = TCP(SNAT, ANY_SNAT, HELLO2, HELLO_PORT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)})},
	{"encrypted: a gateway answers by WireGuard alone", gateway_encrypts,
	 STEPS(ENTERS(A_SYN),
	       POD_ANSWERS(.verdict = REDIRECT, .count = COUNT(GATEWAY_OUT),
			   .out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1())),
	       POD_ANSWERS(.before = to_plain, .verdict = SHOT, .count = COUNT(NOT_ENCRYPTED)))},
	{"encrypted: a gateway of mode forward", forward_encrypts,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, ANY_MAC, DOOR_OF_POD), .count = COUNT(GATEWAY_IN)},
	       ANSWERED(NETWORK1), ANSWERED(NETWORK2),
	       SHUT_OUT(TO_VIP(A_SYN, AT_GATEWAY()), .before = to_plain))},
	{"encrypted: pods' replies reach it by any device, and no client", forward,
	 STEPS(ANSWERED(NETWORK3), NOT_ANSWERED(NETWORK1),
	       {XDP, .in = DOOR_ANSWER(NETWORK1), .verdict = XDP_PASS})},
	{"encrypted: nor does one that names no network", forward, STEPS(NOT_ANSWERED(NETWORK2))},
	{"encrypted: XDP takes no request", forward,
	 STEPS({XDP, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = XDP_DROP,
		.count = COUNT(TUNNEL_NOT_ENCRYPTED), .ip_bytes_unknown = true})},
	{"encrypted: XDP takes no reply", client,
	 STEPS({XDP,
		.in = FROM_VIP(A_SYN_ACK, OUTER(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2,
						HELLO_ID)),
		.verdict = XDP_DROP,
		.count = COUNT(TUNNEL_NOT_ENCRYPTED), .ip_bytes_unknown = true})},
	{"encrypted: nor is a client refused by a device that does not", door_of_own_gateway,
	 .run = refusal_is_kept},
	{"encrypted: a probe by a device that does not is not answered", .run = probe_in},
	{"encrypted: a probe by WireGuard is", .run = probe_encrypted},
	{"encrypted: nor is an answer believed", .run = answer_in},
};

REGISTER_CASES(rows);
