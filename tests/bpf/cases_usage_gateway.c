/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What connections count for the gateways that they go by, at the client's node and at the pod's door. */
#include "compare.h"
#include "forward_packets.h"

#define SYN_BYTES TCP_HEADERS
#define ACK_BYTES TCP_HEADERS
#define DATA_BYTES (TCP_HEADERS + 101)
#define ANSWER_BYTES (TCP_HEADERS + 77)

/* What CONNECTS counts. */
#define CONNECTED 1, SYN_BYTES + ACK_BYTES, SYN_BYTES, 2, 1

static struct usage_key key_of(uint32_t gateway, bool door)
{
	return (struct usage_key){ .service_id = HELLO_ID, .kind = BACKEND_GENEVE, .from = NETWORK1,
				   .to = NETWORK2, .backend = own_ip(gateway), .gateway = door };
}

static bool counted(struct world *world, bool door, struct usage first, struct usage second)
{
	const struct usage_key one = key_of(GATEWAY, door), other = key_of(GATEWAY2, door);

	return usage_is(world, &one, first) && usage_is(world, &other, second);
}

/* The first gateway keeps the connection; what the second has to add at its end is less by that. */
static bool moved(struct world *world, bool door)
{
	const struct usage whole = {CONNECTED};
	const struct usage less = {-whole.flows, -whole.sent, -whole.received,
				   -whole.sent_packets, -whole.received_packets};

	return counted(world, door, whole, less);
}

static bool moved_at_door(struct world *world)
{
	return moved(world, true);
}

static bool moved_at_client(struct world *world)
{
	return moved(world, false);
}

/* Data of the client and a RST came by the second gateway. */
static bool both_counted(struct world *world)
{
	return counted(world, true, (struct usage){CONNECTED},
		       (struct usage){0, DATA_BYTES + ACK_BYTES, 0, 2, 0});
}

static bool first_counted(struct world *world)
{
	return counted(world, true,
		       (struct usage){1, SYN_BYTES + DATA_BYTES + 2 * ACK_BYTES, SYN_BYTES, 4, 1},
		       (struct usage){});
}

static void setup_door_of_two(struct world *world)
{
	setup_door(world);
	know_gateways(world, NETWORK2, NETWORK_OWN);
}

static void setup_client_of_two(struct world *world)
{
	setup_geneve(world);
	know_gateways(world, NETWORK2, 0);
}

static void gateway_dies(struct world *world)
{
	world_health(world, GATEWAY, GATEWAY_DOWN);
}

#define ENTERS(gateway, ...)                                                                       \
	{TO_POD, DEVICE_POD1, DEVICE_UPLINK, .in = TO_VIP(__VA_ARGS__, BY(gateway, CARRIES)),      \
	 .verdict = NEXT,                                                                          \
	 .out = TCP(FOREIGN, CLIENT_PORT, HELLO1, HELLO_PORT, __VA_ARGS__, ONE_HOP, FROM_OUTSIDE), \
	 .count = COUNT(DOOR_IN)
#define LEAVES(gateway, ...)                                                                       \
	{FROM_POD, DEVICE_POD1, .in = TCP(HELLO1, HELLO_PORT, FOREIGN, CLIENT_PORT, __VA_ARGS__),  \
	 .verdict = REDIRECT,                                                                      \
	 .out = FROM_VIP(__VA_ARGS__, ONE_HOP, ANY_MAC, BACK_BY(gateway, CARRIES)),                \
	 .count = COUNT(DOOR_OUT)
#define CONNECTS                                                                                   \
	ENTERS(GATEWAY, A_SYN)}, LEAVES(GATEWAY, A_SYN_ACK)}, ENTERS(GATEWAY, AN_ACK)}
#define A_RST .flags = RST, .seq = 1102
#define GOES(outer_to, ...)                                                                        \
	{FROM_POD, .in = TO_VIP(__VA_ARGS__), .verdict = REDIRECT,                                 \
	 .out = TO_VIP(__VA_ARGS__, ANY_MAC, outer_to), .count = COUNT(TO_TUNNEL)
#define TO_GATEWAY2(...)                                                                           \
	OUTER(NODE1, ANY_TUNNEL_PORT, GATEWAY2, TUNNEL_PORT, NETWORK1, HELLO_ID, __VA_ARGS__)

static const struct test_case rows[] = {
	{"usage: a connection at a pod's door counts for its gateway", setup_door,
	 STEPS(CONNECTS, ENTERS(GATEWAY, SOME_DATA)}, ENTERS(GATEWAY, A_RST)},
	       ENTERS(GATEWAY, A_SYN), .after = first_counted})},
	{"usage: requests come by another gateway", setup_door,
	 STEPS(CONNECTS, ENTERS(GATEWAY2, SOME_DATA), .after = moved_at_door},
	       ENTERS(GATEWAY2, A_RST)}, ENTERS(GATEWAY2, A_SYN), .after = both_counted})},
	{"usage: replies leave a gateway that is dead", setup_door_of_two,
	 STEPS(CONNECTS,
	       LEAVES(GATEWAY2, REPLY_DATA), .before = gateway_dies, .after = moved_at_door})},
	{"usage: a client's connection leaves a gateway that is dead", setup_client_of_two,
	 STEPS(GOES(TO_GATEWAY(), A_SYN)},
	       {UPLINK, .in = FROM_VIP(A_SYN_ACK, FROM_GATEWAY(KNOWS)), .verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL)},
	       GOES(TO_GATEWAY(KNOWS), AN_ACK)},
	       GOES(TO_GATEWAY2(KNOWS), SOME_DATA), .before = gateway_dies,
	       .after = moved_at_client})},
};
REGISTER_CASES(rows);
