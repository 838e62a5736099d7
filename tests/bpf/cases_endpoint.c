/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The client's node and endpoint ids: learned from replies, sent with requests, and what they allow: to go
 * on by another gateway. */
#include <arpa/inet.h>
#include <string.h>

#include "family.h"
#include "forward_packets.h"

static void setup_endpoint(struct world *world)
{
	setup_geneve(world);
	know_gateways(world, NETWORK2, 0);
}

static void setup_reset(struct world *world)
{
	setup_endpoint(world);
	world->settings->flags |= SETTING_RESET;
}

static void lose(struct world *world, uint32_t addr)
{
	struct gateway_key key;

	memset(&key, 0, sizeof(key));
	key.addr = own_ip(addr);
	key.network = NETWORK2;
	world_delete(world, "gateways", &key);
}

static void gateway_drains(struct world *world)
{
	world->backends[TCP_ROW].flags |= BACKEND_DRAINING;
	world->backends[UDP_ROW].flags |= BACKEND_DRAINING;
}

static void gateway_goes(struct world *world)
{
	gateway_drains(world);
	lose(world, GATEWAY);
}

static void both_go(struct world *world)
{
	gateway_goes(world);
	lose(world, GATEWAY2);
}

/* The other one has not answered yet. */
static void other_is_new(struct world *world)
{
	gateway_goes(world);
	world_health(world, GATEWAY2, GATEWAY_UNKNOWN);
}

/* It is of mode nat. */
static void other_keeps(struct world *world)
{
	world->health[world_health(world, GATEWAY2, GATEWAY_UP)].flags = PROBE_ANSWER | PROBE_KEEPS;
}

static void other_forwards(struct world *world)
{
	world->health[world_health(world, GATEWAY2, GATEWAY_UP)].flags = PROBE_ANSWER;
}

static void return_gateway(struct world *world, uint32_t addr)
{
	struct gateway_key key;
	struct gateway gateway = { .port = htons(STOCK_PORT), .kind = BACKEND_GENEVE,
				   .tunnel_port = htons(TUNNEL_PORT) };

	memset(&key, 0, sizeof(key));
	key.addr = own_ip(addr);
	key.network = NETWORK2;
	world_update(world, "gateways", &key, &gateway);
}

/* The second comes back. */
static void gateway_returns(struct world *world)
{
	return_gateway(world, GATEWAY2);
}

/* The first comes back, and the second goes. */
static void gateways_swap(struct world *world)
{
	return_gateway(world, GATEWAY);
	world->backends[TCP_ROW].flags &= (uint8_t)~BACKEND_DRAINING;
	lose(world, GATEWAY2);
}

#define TO_GATEWAY2(...)                                                                           \
	OUTER(NODE1, ANY_TUNNEL_PORT, GATEWAY2, TUNNEL_PORT, NETWORK1, HELLO_ID, __VA_ARGS__)
#define FROM_GATEWAY2(...)                                                                         \
	OUTER(GATEWAY2, TUNNEL_PORT, NODE1, ANY_TUNNEL_PORT, NETWORK2, HELLO_ID, __VA_ARGS__)
#define GOES(outer_to, ...)                                                                        \
	{FROM_POD, .in = TO_VIP(__VA_ARGS__), .verdict = REDIRECT,                                 \
	 .out = TO_VIP(__VA_ARGS__, ANY_MAC, outer_to), .count = COUNT(TO_TUNNEL)}
#define COMES(outer_from, ...)                                                                     \
	{UPLINK, .in = FROM_VIP(__VA_ARGS__, outer_from), .verdict = REDIRECT,                     \
	 .out = FROM_VIP(__VA_ARGS__, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL)}
#define CONNECTS                                                                                   \
	GOES(TO_GATEWAY(), A_SYN), COMES(FROM_GATEWAY(KNOWS), A_SYN_ACK),                          \
		GOES(TO_GATEWAY(KNOWS), AN_ACK)
#define NEXT_DATA .flags = PSH | ACK, .seq = 1102, .ack = 5078, .len = 9
#define UDP_TO(gateway, ...)                                                                       \
	OUTER(NODE1, ANY_TUNNEL_PORT, gateway, TUNNEL_PORT, NETWORK1, OTHER_ID, __VA_ARGS__)
#define UDP_GOES(outer_to, length)                                                                 \
	{FROM_POD, .in = UDP_TO_VIP(.len = length), .verdict = REDIRECT,                           \
	 .out = UDP_TO_VIP(.len = length, ANY_MAC, outer_to), .count = COUNT(TO_TUNNEL)}

static const struct test_case rows[] = {
	{"endpoint: learned from the SYN-ACK, sent from then on", setup_endpoint,
	 STEPS(CONNECTS, GOES(TO_GATEWAY(KNOWS), SOME_DATA),
	       COMES(FROM_GATEWAY(KNOWS), REPLY_DATA))},
	{"endpoint: without one nothing changes", setup_endpoint,
	 STEPS(GOES(TO_GATEWAY(), A_SYN), COMES(FROM_GATEWAY(), A_SYN_ACK),
	       GOES(TO_GATEWAY(), AN_ACK))},
	{"endpoint: another one replaces it", setup_endpoint,
	 STEPS(CONNECTS, COMES(FROM_GATEWAY(.endpoint = 77, .room = true), REPLY_DATA),
	       GOES(TO_GATEWAY(.endpoint = 77, .room = true), SOME_DATA))},
	{"endpoint: a SYN goes without", setup_endpoint, STEPS(CONNECTS, GOES(TO_GATEWAY(), A_SYN))},
	{"endpoint: strangers teach none", setup_endpoint,
	 STEPS(GOES(TO_GATEWAY(), A_SYN),
	       {UPLINK,
		.in = FROM_VIP(A_SYN_ACK, OUTER(STRANGER, TUNNEL_PORT, NODE1, ANY_TUNNEL_PORT,
						NETWORK2, HELLO_ID, KNOWS)),
		.verdict = SHOT, .count = COUNT(TUNNEL_SOURCE)},
	       COMES(FROM_GATEWAY(), A_SYN_ACK), GOES(TO_GATEWAY(), AN_ACK))},
	{"endpoint: packets leave room for what the gateway adds", setup_endpoint,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .mss = LINK_MSS), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, .mss = INNER_MSS, ANY_MAC, TO_GATEWAY()),
		.count = COUNT(TO_TUNNEL)},
	       {UPLINK, .in = FROM_VIP(A_SYN_ACK, .mss = LINK_MSS, FROM_GATEWAY(KNOWS)),
		.verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, .mss = INNER_MSS - 8 - OWN_RETURN,
				FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL)})},
	{"endpoint: a gateway that drains keeps its connections", setup_endpoint,
	 STEPS(CONNECTS,
	       {FROM_POD, .before = gateway_drains, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = TO_VIP(SOME_DATA, ANY_MAC, TO_GATEWAY(KNOWS)), .count = COUNT(TO_TUNNEL)})},
	{"endpoint: a gateway goes, the connection goes on by another", setup_endpoint,
	 STEPS(CONNECTS,
	       {FROM_POD, .before = gateway_goes, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = TO_VIP(SOME_DATA, ANY_MAC, TO_GATEWAY2(KNOWS)), .count = COUNT(TO_TUNNEL)},
	       COMES(FROM_GATEWAY2(KNOWS), REPLY_DATA), GOES(TO_GATEWAY2(KNOWS), NEXT_DATA))},
	{"endpoint: the first gateway returns, and the second goes", setup_endpoint,
	 STEPS(CONNECTS,
	       {FROM_POD, .before = gateway_goes, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = TO_VIP(SOME_DATA, ANY_MAC, TO_GATEWAY2(KNOWS)), .count = COUNT(TO_TUNNEL)},
	       {FROM_POD, .before = gateways_swap, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = TO_VIP(SOME_DATA, ANY_MAC, TO_GATEWAY(KNOWS)), .count = COUNT(TO_TUNNEL)})},
	{"endpoint: neither does draining: reset end it", setup_reset,
	 STEPS(CONNECTS,
	       {FROM_POD, .before = gateway_goes, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = TO_VIP(SOME_DATA, ANY_MAC, TO_GATEWAY2(KNOWS)),
		.count = COUNT(TO_TUNNEL)})},
	{"endpoint: so does UDP, to the endpoint that it has", setup_endpoint,
	 STEPS(UDP_GOES(UDP_TO(GATEWAY), 40),
	       {UPLINK,
		.in = UDP_FROM_VIP(.len = 50, OUTER(GATEWAY, TUNNEL_PORT, NODE1, ANY_TUNNEL_PORT,
						    NETWORK2, OTHER_ID, KNOWS)),
		.verdict = REDIRECT, .out = UDP_FROM_VIP(.len = 50, FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL)},
	       {FROM_POD, .before = gateway_goes, .in = UDP_TO_VIP(.len = 41), .verdict = REDIRECT,
		.out = UDP_TO_VIP(.len = 41, ANY_MAC, UDP_TO(GATEWAY2, KNOWS)),
		.count = COUNT(TO_TUNNEL)})},
	{"endpoint: all gateways go, and one comes back", setup_endpoint,
	 STEPS(CONNECTS,
	       {FROM_POD, .before = both_go, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = TO_VIP(SOME_DATA, ANY_MAC, TO_GATEWAY(KNOWS)), .count = COUNT(TO_TUNNEL)},
	       {FROM_POD, .before = gateway_returns, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = TO_VIP(SOME_DATA, ANY_MAC, TO_GATEWAY2(KNOWS)),
		.count = COUNT(TO_TUNNEL)})},
	{"endpoint: a gateway that keeps its own connections takes over no other's", setup_endpoint,
	 STEPS(CONNECTS,
	       {FROM_POD, .before = other_is_new, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = TO_VIP(SOME_DATA, ANY_MAC, TO_GATEWAY(KNOWS)), .count = COUNT(TO_TUNNEL)},
	       {FROM_POD, .before = other_keeps, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = TO_VIP(SOME_DATA, ANY_MAC, TO_GATEWAY(KNOWS)), .count = COUNT(TO_TUNNEL)},
	       {FROM_POD, .before = other_forwards, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = TO_VIP(SOME_DATA, ANY_MAC, TO_GATEWAY2(KNOWS)),
		.count = COUNT(TO_TUNNEL)})},
};
REGISTER_CASES(rows);
