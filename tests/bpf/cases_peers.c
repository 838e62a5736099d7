/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of IPv6 addresses at the other ends of tunnels. */
#include <stdio.h>

#include "gateway_packets.h"

/* Over IPv6, whatever the packets inside are. */
#define OVER6 .other_family = PLAIN_FAMILY == 4
#define BOTH .mixed = PLAIN_FAMILY == 4
#if PLAIN_FAMILY == 4
#define client6 setup_mixed_client
#define gateway6 setup_mixed_gateway
#else
#define client6 setup_geneve
#define gateway6 setup_gateway
#endif

#define NOBODY_ENTERS(how)                                                                         \
	{UPLINK, .before = how, .in = TO_VIP(A_SYN, AT_GATEWAY(OVER6)), .verdict = SHOT,           \
	 .count = COUNT(PEERS_FULL), .tables = true}

static void fill(struct world *world, bool passing)
{
	for (uint32_t i = 0; i < MAX_PEERS; i++)
		world->peers[i] = (struct peer){ .addr = { { 1, 2, 3, i + 4 } },
						 .used = world_ticks(world) | 1,
						 .passing = passing };
}

static void fill_kept(struct world *world)
{
	fill(world, false);
}

static void fill_passing(struct world *world)
{
	fill(world, true);
}

/* With the last bit set it may be a tick ahead of the clock. */
static void fill_ahead(struct world *world)
{
	fill(world, false);
	for (uint32_t i = 0; i < MAX_PEERS; i++)
		world->peers[i].used += 2;
}

static void two_minutes_pass(struct world *world)
{
	for (uint32_t i = 0; i < MAX_PEERS; i++)
		world->peers[i].used -= 122 * world->hz;
}

static const struct peer *node1(struct world *world)
{
	struct ip_addr addr = ip_of(NODE1, 6);

	for (uint32_t i = 0; i < MAX_PEERS; i++)
		if (ip_equal(&world->peers[i].addr, &addr))
			return &world->peers[i];
	return NULL;
}

static bool is_passing(struct world *world)
{
	return node1(world) && node1(world)->passing;
}

static bool is_kept(struct world *world)
{
	return node1(world) && !node1(world)->passing;
}

static const struct test_case rows[] = {
	{"peers: none is free at the gateway", gateway6, BOTH, STEPS(NOBODY_ENTERS(fill_kept))},
	{"peers: one that was used in this moment is not free", gateway6, BOTH,
	 STEPS(NOBODY_ENTERS(fill_ahead))},
	{"peers: none is free at the client", client6, BOTH,
	 STEPS({FROM_POD, .before = fill_kept, .in = TO_VIP(A_SYN), .verdict = SHOT,
		.count = COUNT(PEERS_FULL), .tables = true})},
	{"peers: those that established flows named stay for hours", gateway6, BOTH,
	 STEPS(NOBODY_ENTERS(fill_kept), NOBODY_ENTERS(two_minutes_pass))},
	{"peers: a flood holds them for two minutes", gateway6, BOTH,
	 STEPS(NOBODY_ENTERS(fill_passing),
	       {UPLINK, .before = two_minutes_pass, .in = TO_VIP(A_SYN, AT_GATEWAY(OVER6)),
		.verdict = REDIRECT, .out = TO_HELLO2(ANY_SNAT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .after = is_passing})},
	{"peers: an established flow keeps its own", gateway6, BOTH,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY(OVER6)), .verdict = REDIRECT,
		.out = TO_HELLO2(ANY_SNAT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .after = is_passing},
	       REPLIES(BACK_TO_NODE1(OVER6), A_SYN_ACK),
	       {UPLINK, .in = TO_VIP(AN_ACK, AT_GATEWAY(OVER6)), .verdict = REDIRECT,
		.out = TO_HELLO2(ANY_SNAT, AN_ACK, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .after = is_kept})},
};

REGISTER_CASES(rows);
