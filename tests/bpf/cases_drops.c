/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Client: drop overloads refuse a part of the new connections, aloud, and the same ones again. */
#include "cases.h"
#include "gateway_packets.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>

#include "parallax_hash.h"
#include "parallax_limits.h"

#define WHOLE 4294967296.0
#define PORTS 4000

/* Categories, by the part that each refuses of the connections that reach it. */
static void set_drops(struct world *world, uint32_t row, const double *ratios, int count)
{
	struct drops *drops = &world->drops[row];
	double passed = 1;

	for (int i = 0; i < DROP_CATEGORIES; i++) {
		passed *= i < count ? 1 - ratios[i] : 1;
		drops->upto[i] = (uint64_t)((1 - passed) * WHOLE);
		drops->refused[i] = 0;
	}
	world->services[row].drop = drops->upto[DROP_CATEGORIES - 1];
}

static void drop_all(struct world *world)
{
	static const double all[] = {1};

	set_drops(world, TCP_ROW, all, 1);
	set_drops(world, UDP_ROW, all, 1);
}

static void setup_drop_all(struct world *world)
{
	setup_local(world);
	drop_all(world);
}

static void setup_geneve_drop_all(struct world *world)
{
	setup_geneve(world);
	drop_all(world);
}

static void setup_gateway_drop_all(struct world *world)
{
	static const double all[] = {1};

	setup_gateway(world);
	for (uint32_t row = 1; row < WORLD_SERVICES; row++)
		if (world->services[row].flags & SERVICE_IN_USE)
			set_drops(world, row, all, 1);
}

static void setup_sequence(struct world *world)
{
	static const double ratios[] = {0.6, 0.5};

	setup_local(world);
	set_drops(world, TCP_ROW, ratios, 2);
}

static void setup_sequence_affinity(struct world *world)
{
	setup_sequence(world);
	world->services[TCP_ROW].flags |= SERVICE_AFFINITY;
}

static bool refused_one(struct world *world)
{
	if (world->drops[TCP_ROW].refused[0] == 1 || world->drops[UDP_ROW].refused[0] == 1)
		return true;
	printf("      not counted for its category\n");
	return false;
}

/* The verdict of a SYN from this port: is it refused? */
static int refused(struct world *world, uint16_t port)
{
	static const struct step step = {.program = FROM_POD};
	struct pkt syn = TCP(SLEEP, port, VIP, HELLO_PORT, A_SYN);
	struct port_values ports = {0};
	struct frame frame;
	int verdict;

	pkt_build(&syn, &ports, &frame);
	if (frame_run(world, &step, frame.data, &frame.len, &verdict))
		return -1;
	return verdict != NEXT;
}

static bool near(const char *what, uint64_t found, double expected, double total)
{
	double deviation = sqrt(expected * (1 - expected / total));

	if (fabs((double)found - expected) < 4 * deviation)
		return true;
	printf("      %s: %llu, expected about %.0f\n", what, (unsigned long long)found, expected);
	return false;
}

/* Row 38 of the oracle: 60 % then 50 % refuse 60, 20 of a hundred and let 20 pass. Each SYN is
 * sent twice: a refused one is refused again, one with a flow continues. */
static bool in_sequence(struct world *world)
{
	const struct drops *drops = &world->drops[TCP_ROW];
	struct counts counts;
	uint64_t total = 0;

	for (uint16_t port = 10000; port < 10000 + PORTS; port++) {
		int first = refused(world, port), second = refused(world, port);

		if (first < 0 || first != second) {
			printf("      port %u: first %d, then %d\n", port, first, second);
			return false;
		}
		total += 2 * (uint64_t)first;
	}
	world_counts(world, &counts);
	if (counts.packets[COUNTER(HOOK_FROM_POD, REASON_DROP_OVERLOAD)] +
			    counts.packets[COUNTER(HOOK_FROM_POD, REASON_REPLY_LIMIT)] != total ||
	    drops->refused[0] + drops->refused[1] != total || drops->refused[2]) {
		printf("      the counters do not add up to %llu\n", (unsigned long long)total);
		return false;
	}
	return near("first category", drops->refused[0] / 2, 0.6 * PORTS, PORTS) &&
	       near("second category", drops->refused[1] / 2, 0.2 * PORTS, PORTS);
}

/* The hash decides which: the packet path and userspace agree on each. */
static bool by_the_hash(struct world *world)
{
	const struct service *service = &world->services[TCP_ROW];

	for (uint16_t port = 20000; port < 20100; port++) {
		struct flow_key key = { own_addr(SLEEP), own_addr(VIP), htons(port), htons(HELLO_PORT), 0};
		uint32_t hash = drop_hash(&key, 6, service->id);

		if (refused(world, port) != (hash < service->drop)) {
			printf("      port %u\n", port);
			return false;
		}
	}
	return true;
}

static const struct pkt datagram = UDP_TO_VIP(.len = 100);

#define BACK_TO_POD .no_window = true, .dst_mac = MAC_SLEEP, .src_mac = MAC_NODE

static const struct test_case rows[] = {
	{"drops: a refused SYN gets RST", setup_drop_all,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST | ACK, .ack = 1001, BACK_TO_POD),
		.count = COUNT(DROP_OVERLOAD), .tables = true, .after = refused_one})},
	{"drops: a refused SYN towards a gateway gets RST", setup_geneve_drop_all,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST | ACK, .ack = 1001, BACK_TO_POD),
		.count = COUNT(DROP_OVERLOAD), .tables = true, .after = refused_one})},
	{"drops: a refused datagram gets ICMP port unreachable", setup_drop_all,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 100), .verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 3, .quote = &datagram, .quote_len = 28,
			    .dst_mac = MAC_SLEEP, .src_mac = MAC_NODE),
		.count = COUNT(DROP_OVERLOAD), .tables = true, .after = refused_one})},
	{"drops: a connection that is open stays", setup_local,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),
		.count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),
		.count = COUNT(TO_LOCAL), .before = drop_all},
	       {TO_POD, .in = FROM_HELLO1(A_SYN_ACK), .verdict = NEXT, .out = FROM_VIP(A_SYN_ACK),
		.count = COUNT(REPLY)},
	       {FROM_POD, .in = TO_VIP(SOME_DATA), .verdict = NEXT, .out = TO_HELLO1(SOME_DATA),
		.count = COUNT(TO_LOCAL)})},
	{"drops: never at the gateway, the client has decided", setup_gateway_drop_all,
	 STEPS(OPENS)},
	{"drops: categories one after the other, the same decision again", setup_sequence,
	 .run = in_sequence},
	{"drops: with affinity, by connection and not by client", setup_sequence_affinity,
	 .run = in_sequence},
	{"drops: by the hash that userspace knows", setup_sequence, .run = by_the_hash},
};

REGISTER_CASES(rows);
