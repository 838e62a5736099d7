/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* New flows and the health of gateways: those that are down or avoided are passed over. */
#include "gateway_packets.h"

#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>

#include "family.h"

#define FLOWS 64

static uint32_t rows_of[3]; /* of the backends: GATEWAY, GATEWAY2, and perhaps a pod */

static void setup_two(struct world *world)
{
	uint32_t service = world_service(world, VIP, HELLO_PORT, IPPROTO_TCP, HELLO_ID);

	rows_of[0] = world_backend(world, service, BACKEND_GENEVE, GATEWAY, STOCK_PORT);
	rows_of[1] = world_backend(world, service, BACKEND_GENEVE, GATEWAY2, STOCK_PORT);
	world_table(world, service, rows_of, 2);
}

static void setup_two_and_pod(struct world *world)
{
	uint32_t service = world_service(world, VIP, HELLO_PORT, IPPROTO_TCP, HELLO_ID);

	rows_of[0] = world_backend(world, service, BACKEND_GENEVE, GATEWAY, STOCK_PORT);
	rows_of[1] = world_backend(world, service, BACKEND_GENEVE, GATEWAY2, STOCK_PORT);
	rows_of[2] = world_backend(world, service, BACKEND_LOCAL, HELLO1, HELLO_PORT);
	world_table(world, service, rows_of, 3);
}

static void add_flow(const struct flow_key *key, struct flow *flow, void *data)
{
	uint32_t *counts = data;

	for (uint32_t i = 0; i < 3; i++)
		counts[i] += FLOW_ROLE(key->zone) == FLOW_CLIENT && flow->backend == rows_of[i];
}

static void count_flows(struct world *world, uint32_t counts[3])
{
	struct flow_visit visit = { add_flow, counts };

	memset(counts, 0, 3 * sizeof(*counts));
	world_flows(world, "embryonic", &visit);
}

/* Opens flows; returns how many each backend has. */
static void open_flows(struct world *world, uint32_t counts[3])
{
	const struct step step = { .program = FROM_POD };

	for (uint32_t i = 0; i < FLOWS; i++) {
		const struct pkt syn = TCP(SLEEP, 20000 + i, VIP, HELLO_PORT, A_SYN);

		run_pkt(world, &step, &syn, NULL);
	}
	count_flows(world, counts);
}

static bool expect(const uint32_t counts[3], bool first, bool second, bool third)
{
	const bool want[3] = { first, second, third };
	uint32_t all = 0;

	for (int i = 0; i < 3; i++) {
		all += counts[i];
		if ((counts[i] != 0) == want[i])
			continue;
		printf("      backend %d has %u of %d flows\n", i, counts[i], FLOWS);
		return false;
	}
	if (all != FLOWS)
		printf("      %u of %d flows\n", all, FLOWS);
	return all == FLOWS;
}

static bool both_take(struct world *world)
{
	uint32_t counts[3];

	open_flows(world, counts);
	return expect(counts, true, true, false);
}

static bool one_is_down(struct world *world)
{
	uint32_t counts[3];

	world_health(world, GATEWAY, GATEWAY_DOWN);
	open_flows(world, counts);
	return expect(counts, false, true, false);
}

static bool shares_stay(struct world *world)
{
	uint32_t counts[3];

	world_health(world, GATEWAY, GATEWAY_DOWN);
	open_flows(world, counts);
	return expect(counts, false, true, true) && counts[1] > FLOWS / 4 && counts[2] > FLOWS / 4;
}

static bool all_are_down(struct world *world)
{
	uint32_t counts[3];

	world_health(world, GATEWAY, GATEWAY_DOWN);
	world_health(world, GATEWAY2, GATEWAY_DOWN);
	open_flows(world, counts);
	return expect(counts, true, true, false);
}

static bool panic(struct world *world)
{
	uint32_t counts[3];

	world_health(world, GATEWAY, GATEWAY_PANIC);
	world_health(world, GATEWAY2, GATEWAY_DOWN);
	open_flows(world, counts);
	return expect(counts, true, false, false);
}

static bool unknown_is_used(struct world *world)
{
	uint32_t counts[3];

	world_health(world, GATEWAY, GATEWAY_UNKNOWN);
	world_health(world, GATEWAY2, GATEWAY_DOWN);
	open_flows(world, counts);
	return expect(counts, true, false, false);
}

static bool avoided_gateway(struct world *world, uint32_t seconds, bool used)
{
	uint32_t counts[3], row = world_health(world, GATEWAY, GATEWAY_UP);

	world->health[0].state = GATEWAY_DOWN;
	world->health[row].avoided = (world_ticks(world) - seconds * world->hz) | 1;
	open_flows(world, counts);
	return expect(counts, used, true, false);
}

static bool avoided_lately(struct world *world)
{
	return avoided_gateway(world, 1, false);
}

static bool avoided_long_ago(struct world *world)
{
	return avoided_gateway(world, HEALTH_AVOID_SECONDS + 1, true);
}

static bool use_is_told(struct world *world)
{
	uint32_t row = world_health(world, GATEWAY, GATEWAY_UP), counts[3];
	uint32_t other = world_health(world, GATEWAY2, GATEWAY_DOWN);

	open_flows(world, counts);
	return world->health[row].used && !world->health[other].used;
}

/* ------------------------------------------------------------------ what packets tell */

static uint32_t gateway_of(struct world *world)
{
	uint32_t counts[3];

	count_flows(world, counts);
	return counts[0] == 1 && !counts[1] ? 0 : counts[1] == 1 && !counts[0] ? 1 : 2;
}

static bool sends(struct world *world, enum program program, const struct pkt *pkt, int verdict)
{
	const struct step step = { .program = program };

	return run_pkt(world, &step, pkt, NULL) == verdict;
}

static const struct pkt syn = TO_VIP(A_SYN);

static bool third_syn(struct world *world)
{
	uint32_t before, second, third;

	sends(world, FROM_POD, &syn, REDIRECT);
	before = gateway_of(world);
	sends(world, FROM_POD, &syn, REDIRECT);
	second = gateway_of(world);
	sends(world, FROM_POD, &syn, REDIRECT);
	third = gateway_of(world);
	if (before < 2 && second == before && third == 1 - before)
		return true;
	printf("      SYNs go to %u, %u, %u\n", before, second, third);
	return false;
}

static bool third_syn_alone(struct world *world)
{
	world->backends[rows_of[1]].generation = 0;
	world_table(world, TCP_ROW, rows_of, 1);
	for (int i = 0; i < 5; i++)
		if (!sends(world, FROM_POD, &syn, REDIRECT) || gateway_of(world) != 0)
			return false;
	return true;
}

/* The refusal of the flow's gateway, out of its tunnel. */
static bool refused(struct world *world)
{
	const struct pkt from[2] = {
		FROM_VIP(.flags = RST | ACK, .seq = 0, .ack = 1001,
			 OUTER(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2, HELLO_ID)),
		FROM_VIP(.flags = RST | ACK, .seq = 0, .ack = 1001,
			 OUTER(GATEWAY2, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2, HELLO_ID)),
	};
	uint32_t gateway, counts[3];

	sends(world, FROM_POD, &syn, REDIRECT);
	gateway = gateway_of(world);
	if (gateway > 1 || !sends(world, UPLINK, &from[gateway], REDIRECT))
		return false;
	open_flows(world, counts);
	return counts[gateway] <= 1 && counts[1 - gateway] >= FLOWS;
}

/* An error about the SYN, out of the tunnel that it took: it reached nobody there, or is too large. */
static bool told_out_of_tunnel(struct world *world, uint8_t code, bool counts_as_refusal)
{
	const struct pkt says[2] = {
		ICMP(VIP, SLEEP, 3, code, .quote = &syn,
		     OUTER(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2, HELLO_ID)),
		ICMP(VIP, SLEEP, 3, code, .quote = &syn,
		     OUTER(GATEWAY2, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2, HELLO_ID)),
	};
	uint32_t gateway, counts[3];

	sends(world, FROM_POD, &syn, REDIRECT);
	gateway = gateway_of(world);
	if (gateway > 1 || !sends(world, UPLINK, &says[gateway], REDIRECT))
		return false;
	if (!counts_as_refusal)
		return !world->health[0].state;
	open_flows(world, counts);
	return counts[gateway] <= 1 && counts[1 - gateway] >= FLOWS;
}

static bool host_unreachable(struct world *world)
{
	return told_out_of_tunnel(world, 1, true);
}

static bool port_unreachable(struct world *world)
{
	return told_out_of_tunnel(world, 3, true);
}

static bool too_big(struct world *world)
{
	return told_out_of_tunnel(world, 4, false);
}

/* Of a connection that was answered it is about one packet. */
static bool later_unreachable(struct world *world)
{
	const struct pkt answers[2] = {
		FROM_VIP(A_SYN_ACK, OUTER(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2, HELLO_ID)),
		FROM_VIP(A_SYN_ACK, OUTER(GATEWAY2, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2, HELLO_ID)),
	};
	const struct pkt says[2] = {
		ICMP(VIP, SLEEP, 3, 1, .quote = &syn,
		     OUTER(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2, HELLO_ID)),
		ICMP(VIP, SLEEP, 3, 1, .quote = &syn,
		     OUTER(GATEWAY2, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2, HELLO_ID)),
	};
	uint32_t gateway;

	sends(world, FROM_POD, &syn, REDIRECT);
	gateway = gateway_of(world);
	return gateway < 2 && sends(world, UPLINK, &answers[gateway], REDIRECT) &&
	       sends(world, UPLINK, &says[gateway], REDIRECT) && !world->health[0].state;
}

static const struct pkt sent[2] = {
	TO_VIP(A_SYN, OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1, HELLO_ID)),
	TO_VIP(A_SYN, OUTER(NODE1, NODE1_PORT, GATEWAY2, TUNNEL_PORT, NETWORK1, HELLO_ID)),
};

static bool unreachable(struct world *world)
{
	const struct pkt says[2] = { ICMP(ROUTER, NODE1, 3, 1, .quote = &sent[0]),
				     ICMP(ROUTER, NODE1, 3, 1, .quote = &sent[1]) };
	uint32_t gateway, counts[3];

	world_health(world, GATEWAY, GATEWAY_UP);
	world_health(world, GATEWAY2, GATEWAY_UP);
	sends(world, FROM_POD, &syn, REDIRECT);
	gateway = gateway_of(world);
	/* About a packet that was not sent. */
	if (gateway > 1 || !sends(world, UPLINK, &says[1 - gateway], NEXT) || world->health[0].state)
		return false;
	if (!sends(world, UPLINK, &says[gateway], NEXT))
		return false;
	open_flows(world, counts);
	return counts[gateway] <= 1 && counts[1 - gateway] >= FLOWS;
}

static const struct test_case rows[] = {
	{ "health: new flows go to both gateways", setup_two, .run = both_take },
	{ "health: one that is down takes none", setup_two, .run = one_is_down },
	{ "health: the others share its flows as before", setup_two_and_pod, .run = shares_stay },
	{ "health: if all are down, all are used", setup_two, .run = all_are_down },
	{ "health: one that is down as all are is used", setup_two, .run = panic },
	{ "health: one that never answered is used", setup_two, .run = unknown_is_used },
	{ "health: one that a router cannot reach takes none", setup_two, .run = avoided_lately },
	{ "health: for five seconds", setup_two, .run = avoided_long_ago },
	{ "health: the agent learns which are used", setup_two, .run = use_is_told },
	{ "health: a third SYN goes to the next gateway", setup_two, .run = third_syn },
	{ "health: or to the same if there is no other", setup_two, .run = third_syn_alone },
	{ "health: a refusal sends new flows elsewhere", setup_two, .run = refused },
	{ "health: an ICMP error out of its tunnel does too", setup_two, .run = host_unreachable },
	{ "health: of a port as well", setup_two, .run = port_unreachable },
	{ "health: one about the size does not", setup_two, .run = too_big },
	{ "health: nor one after the answer", setup_two, .run = later_unreachable },
	{ "health: a router that cannot reach it does too", setup_two, .run = unreachable },
};

REGISTER_CASES(rows);
