/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets on the client's node. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "cost.h"
#include "flow_packets.h"
#include "parallax_hash.h"
#include "world_keys.h"

#define TO_ELSEWHERE(...) TCP(SLEEP, CLIENT_PORT, OTHER_POD, HELLO_PORT, __VA_ARGS__)
#define FROM_ELSEWHERE(...) TCP(OTHER_POD, HELLO_PORT, SLEEP, CLIENT_PORT, __VA_ARGS__)
#define DATA CLIENT_SENDS(ACK, ESTABLISHED)
#define ENTERS(...)                                                                                \
	{FROM_POD, .in = TO_VIP(__VA_ARGS__), .verdict = REDIRECT,                                 \
	 .out = TO_HELLO1(__VA_ARGS__, ONE_HOP), .count = COUNT(TO_LOCAL)}
#define COMES_BACK(...)                                                                            \
	{FROM_POD, DEVICE_POD1, .in = FROM_HELLO1(__VA_ARGS__), .verdict = REDIRECT,               \
	 .out = FROM_VIP(__VA_ARGS__, ONE_HOP), .count = COUNT(REPLY)}
#define TUNNELS(...)                                                                               \
	{FROM_POD, .in = TO_VIP(__VA_ARGS__), .verdict = REDIRECT,                                 \
	 .out = TO_VIP(__VA_ARGS__, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL)}
#define TUNNELED(...)                                                                              \
	{UPLINK, .in = FROM_VIP(__VA_ARGS__, FROM_GATEWAY()), .verdict = REDIRECT,                 \
	 .out = FROM_VIP(__VA_ARGS__, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL)}
#define ENTERS_NEIGHBOUR                                                                           \
	{ FROM_POD, .in = TCP(SLEEP, CLIENT_PORT, VIP2, HELLO_PORT, A_SYN), .verdict = REDIRECT,   \
	  .out = TCP(SLEEP, CLIENT_PORT, NEIGHBOUR, HELLO_PORT, A_SYN, ONE_HOP),                   \
	  .count = COUNT(TO_LOCAL) }
/* The same with tags. */
#define SIGNS(...)                                                                                 \
	{FROM_POD, .in = TO_VIP(__VA_ARGS__), .verdict = REDIRECT,                                 \
	 .out = TO_VIP(__VA_ARGS__, ANY_MAC, TO_GATEWAY(.key = KEY1)), .count = COUNT(TO_TUNNEL)}
#define SIGNED(...)                                                                                \
	{UPLINK, .in = FROM_VIP(__VA_ARGS__, FROM_GATEWAY(.key = KEY1)), .verdict = REDIRECT,      \
	 .out = FROM_VIP(__VA_ARGS__, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL)}
#define MOST(...) {__VA_ARGS__}
#define LOOKUPS(flows, embryonic, other, array)                                                    \
	[CALL_FLOWS] = flows, [CALL_EMBRYONIC] = embryonic, [CALL_OTHER_HASH] = other,             \
	[CALL_ARRAY] = array

static void setup_three(struct world *world)
{
	uint32_t service = world_service(world, VIP, HELLO_PORT, IPPROTO_TCP, HELLO_ID), rows[3];

	for (int i = 0; i < 3; i++)
		rows[i] = world_backend(world, service, BACKEND_LOCAL, HELLO1, HELLO_PORT);
	world_table(world, service, rows, 3);
}

static void setup_neighbours(struct world *world)
{
	setup_redirect(world);
	world_service_of(world, VIP2, IPPROTO_TCP, UNKNOWN_ID, BACKEND_LOCAL, NEIGHBOUR,
			 HELLO_PORT);
}

#define SLOTS 8 /* that a new flow looks at */

static struct flow_key embryonic_key(uint32_t i)
{
	return (struct flow_key){ .saddr = own_addr(SLEEP), .daddr = own_addr(VIP),
				  .sport = htons(1 + i), .dport = htons(HELLO_PORT),
				  .zone = FLOW_ZONE(0, FLOW_CLIENT, 0) };
}

/* Embryonic flow number `i`, without its reply entry. */
static void plant(struct world *world, uint32_t i)
{
	struct flow_key key = embryonic_key(i);
	struct flow flow = { .tag = flow_tag(&key), .state = FLOW_OPENING, .action = FLOW_ENCAP,
			     .seen = world_ticks(world), .opened = world_ticks(world) };

	world_put_flow(world, "embryonic", &key, &flow);
	world_update(world, "reclaim_embryonic", &i, &key);
}

/* All flows that the next one looks at for a place are alive. */
static void setup_crowded(struct world *world)
{
	uint32_t embryonic = 1, first = 0;

	setup_local(world);
	world_update(world, "reclaim_clock", &embryonic, &first);
	for (uint32_t i = 0; i < SLOTS; i++)
		plant(world, i);
}

/* The agent probes the gateway. */
static void setup_probed(struct world *world)
{
	setup_geneve(world);
	world_health(world, GATEWAY, GATEWAY_UP);
}

static void setup_keys(struct world *world)
{
	setup_geneve(world);
	use_keys(world, ADMISSION_ALL);
}

static const struct cost_case rows[] = {
	{ "not a service", setup_local, MOST(LOOKUPS(0, 0, 0, 2)), .instructions = 67,
	  STEPS({ FROM_POD, .in = TO_ELSEWHERE(AN_ACK), .verdict = NEXT }) },
	{ "not a service, SYN", setup_local, MOST(LOOKUPS(0, 0, 0, 2)), .instructions = 86,
	  STEPS({ FROM_POD, .in = TO_ELSEWHERE(A_SYN), .verdict = NEXT }) },
	{ "not a service, to the pod", setup_local, MOST(LOOKUPS(0, 0, 0, 2)), .instructions = 48,
	  STEPS({ TO_POD, .in = FROM_ELSEWHERE(AN_ACK), .verdict = NEXT }) },
	{ "local, established", setup_local,
	  MOST(LOOKUPS(1, 0, 0, 3), [CALL_CSUM] = 1, [CALL_STORE] = 1), .instructions = 410,
	  STEPS(OPENS, ANSWERS, DATA, DATA) },
	{ "local, reply", setup_local, MOST(LOOKUPS(1, 0, 0, 3), [CALL_CSUM] = 1, [CALL_STORE] = 1),
	  .instructions = 325, STEPS(OPENS, ANSWERS, DATA, SERVER_SENDS(ACK, ESTABLISHED)) },
	{ "local, new flow", setup_local,
	  MOST(LOOKUPS(3, 1, 3, 24), [CALL_CHANGE] = 2, [CALL_CSUM] = 2, [CALL_STORE] = 3,
	       [CALL_ROUTE] = 1),
	  .instructions = 1589, STEPS(OPENS) },
	{ "local, new flow in the place of another", setup_crowded,
	  MOST(LOOKUPS(3, 11, 3, 40), [CALL_CHANGE] = 4, [CALL_CSUM] = 2, [CALL_STORE] = 3,
	       [CALL_ROUTE] = 1),
	  .instructions = 2496,
	  STEPS({ FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),
		  .count = COUNT(TO_LOCAL) }) },
	/* Each step of a walk is a look-up in an array: with this source port it takes 10, and 9.5
	 * on average over this table. */
	{ "local, new flow, one backend of three", setup_three,
	  MOST(LOOKUPS(3, 1, 3, 33), [CALL_CHANGE] = 2, [CALL_CSUM] = 2, [CALL_STORE] = 3,
	       [CALL_ROUTE] = 1),
	  .instructions = 2532, STEPS(OPENS) },
	{ "local, first reply", setup_local,
	  MOST(LOOKUPS(2, 2, 0, 3), [CALL_CSUM] = 1, [CALL_STORE] = 1), .instructions = 497,
	  STEPS(OPENS, ANSWERS) },
	{ "local, promoted", setup_local,
	  MOST(LOOKUPS(3, 4, 0, 21), [CALL_CHANGE] = 4, [CALL_CSUM] = 1, [CALL_STORE] = 1),
	  STEPS(OPENS, ANSWERS, DATA) },
	{ "redirect, established", setup_redirect,
	  MOST(LOOKUPS(1, 0, 0, 4), [CALL_CSUM] = 1, [CALL_STORE] = 1, [CALL_SEND] = 1),
	  .instructions = 457,
	  STEPS(ENTERS(A_SYN), COMES_BACK(A_SYN_ACK), ENTERS(AN_ACK), ENTERS(AN_ACK)) },
	{ "redirect, established, then to a neighbour", setup_neighbours,
	  MOST(LOOKUPS(1, 0, 0, 4), [CALL_CSUM] = 1, [CALL_STORE] = 1, [CALL_SEND] = 1),
	  .instructions = 457,
	  STEPS(ENTERS(A_SYN), COMES_BACK(A_SYN_ACK), ENTERS(AN_ACK), ENTERS_NEIGHBOUR,
		ENTERS(AN_ACK)) },
	{ "redirect, reply", setup_redirect,
	  MOST(LOOKUPS(1, 0, 0, 4), [CALL_CSUM] = 1, [CALL_STORE] = 1, [CALL_SEND] = 1),
	  .instructions = 422,
	  STEPS(ENTERS(A_SYN), COMES_BACK(A_SYN_ACK), COMES_BACK(AN_ACK), COMES_BACK(AN_ACK)) },
	{ "tunnel, established", setup_geneve,
	  MOST(LOOKUPS(1, 0, 0, 4), [CALL_STORE] = 2, [CALL_RESIZE] = 1, [CALL_SEND] = 1),
	  .instructions = 543,
	  STEPS(TUNNELS(A_SYN), TUNNELED(A_SYN_ACK), TUNNELS(AN_ACK), TUNNELS(AN_ACK)) },
	{ "tunnel, reply", setup_geneve,
	  MOST(LOOKUPS(1, 0, 0, 3), [CALL_RESIZE] = 1, [CALL_SEND] = 1), .instructions = 600,
	  STEPS(TUNNELS(A_SYN), TUNNELED(A_SYN_ACK), TUNNELED(AN_ACK), TUNNELED(AN_ACK)) },
	{ "tunnel with a tag, established", setup_keys,
	  MOST(LOOKUPS(1, 0, 0, 5), [CALL_STORE] = 2, [CALL_RESIZE] = 1, [CALL_SEND] = 1),
	  .instructions = 686,
	  STEPS(SIGNS(A_SYN), SIGNED(A_SYN_ACK), SIGNS(AN_ACK), SIGNS(AN_ACK)) },
	{ "tunnel with a tag, reply", setup_keys,
	  MOST(LOOKUPS(1, 0, 0, 4), [CALL_RESIZE] = 1, [CALL_SEND] = 1), .instructions = 845,
	  STEPS(SIGNS(A_SYN), SIGNED(A_SYN_ACK), SIGNED(AN_ACK), SIGNED(AN_ACK)) },
	{ "tunnel, new flow", setup_probed,
	  MOST(LOOKUPS(3, 1, 4, 28), [CALL_CHANGE] = 2, [CALL_CSUM] = 1, [CALL_STORE] = 3,
	       [CALL_ROUTE] = 2, [CALL_RESIZE] = 1, [CALL_SEND] = 1),
	  .instructions = 2000, STEPS(TUNNELS(A_SYN)) },
	{ "nobody", setup_nobody,
	  MOST(LOOKUPS(1, 1, 2, 8), [CALL_CSUM] = 1, [CALL_STORE] = 5, [CALL_RESIZE] = 1,
	       [CALL_ROUTE] = 1, [CALL_SEND] = 1),
	  STEPS({ FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT, .count = COUNT(NO_BACKEND),
		  .out = FROM_VIP(.flags = RST | ACK, .ack = 1001, .no_window = true,
				  .src_mac = MAC_NODE, .dst_mac = MAC_SLEEP) }) },
};

COST_LIST(cost_client, rows);
