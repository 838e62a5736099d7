/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A reader trusts no row until it confirms itself; flows whose backend left. */
#include "cases.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "parallax_hash.h"
#include "parallax_table.h"
#include "../table_of.h"
#include "table_walk.h"

#define STALE                                                                                      \
	STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = SHOT, .count = COUNT(STALE_ROW),          \
	       .tables = true})

#define OPENS                                                                                      \
	{FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),                  \
	 .count = COUNT(TO_LOCAL)}
#define ANSWERS                                                                                    \
	{TO_POD, .in = FROM_HELLO1(A_SYN_ACK), .verdict = NEXT, .out = FROM_VIP(A_SYN_ACK),        \
	 .count = COUNT(REPLY)}
#define TO_OTHER(...) TCP(SLEEP, CLIENT_PORT, OTHER_POD, HELLO_PORT, __VA_ARGS__)
#define OTHER_ANSWERS                                                                              \
	{TO_POD, .in = TCP(OTHER_POD, HELLO_PORT, SLEEP, CLIENT_PORT, A_SYN_ACK), .verdict = NEXT, \
	 .out = FROM_VIP(A_SYN_ACK), .count = COUNT(REPLY)}
#define CONFIRMS_TO(pod)                                                                           \
	{FROM_POD, .in = TO_VIP(AN_ACK), .verdict = NEXT, .out = pod(AN_ACK),                      \
	 .count = COUNT(TO_LOCAL), .tables = true, .flows = 2, .state = STATE(ESTABLISHED)}
#define CONNECTS OPENS, ANSWERS, CONFIRMS_TO(TO_HELLO1)
#define OTHER_CONNECTS OTHER_ANSWERS, CONFIRMS_TO(TO_OTHER)

static void setup_row_of_another_vip(struct world *world)
{
	setup_local(world);
	world->services[TCP_ROW].vip = own_ip(VIP2);
}

static void setup_row_of_another_port(struct world *world)
{
	setup_local(world);
	world->services[TCP_ROW].port = htons(80);
}

static void setup_row_of_another_protocol(struct world *world)
{
	setup_local(world);
	world->services[TCP_ROW].proto = IPPROTO_UDP;
}

static void setup_row_not_in_use(struct world *world)
{
	setup_local(world);
	world->services[TCP_ROW].flags = 0;
}

static void setup_backend_of_another_service(struct world *world)
{
	setup_local(world);
	world->backends[TCP_ROW].service_id = UNKNOWN_ID;
}

static void setup_resting_backend(struct world *world)
{
	setup_local(world);
	world->backends[TCP_ROW].generation = 0;
}

static void setup_table_beyond_the_arena(struct world *world)
{
	setup_local(world);
	world->services[TCP_ROW].table = TABLE_DESC(WORLD_BUCKETS, 0, 1, 1);
}

static void setup_slot_beyond_the_backends(struct world *world)
{
	setup_local(world);
	world->buckets[0].slot[0] = TABLE_ENTRY(0, WORLD_BACKENDS, TABLE_ALL);
}

/* The table names OTHER_POD instead, and HELLO1 has left the view. */
static void replace_backend(struct world *world)
{
	uint32_t tcp = world_backend(world, TCP_ROW, BACKEND_LOCAL, OTHER_POD, HELLO_PORT);
	uint32_t udp = world_backend(world, UDP_ROW, BACKEND_LOCAL, OTHER_POD, HELLO_PORT);

	world_table(world, TCP_ROW, &tcp, 1);
	world_table(world, UDP_ROW, &udp, 1);
	world->backends[TCP_ROW].flags |= BACKEND_DRAINING;
	world->backends[UDP_ROW].flags |= BACKEND_DRAINING;
}

/* The same, but the rows were given to others meanwhile. */
static void reuse_backend_rows(struct world *world)
{
	replace_backend(world);
	world->backends[TCP_ROW].flags = 0;
	world->backends[TCP_ROW].generation = 2;
	world->backends[UDP_ROW].flags = 0;
	world->backends[UDP_ROW].generation = 2;
}

static void corrupt_tag(const struct flow_key *key, struct flow *flow, void *data)
{
	(void)key;
	(void)data;
	flow->tag ^= 1;
}

/* As if the look-up had answered with another key's value. */
static void corrupt_tags(struct world *world)
{
	struct flow_visit visit = {.visit = corrupt_tag};

	world_flows(world, "flows", &visit);
	world_flows(world, "embryonic", &visit);
}

static void empty_table(struct world *world)
{
	world_table(world, TCP_ROW, NULL, 0);
	world->backends[TCP_ROW].flags |= BACKEND_DRAINING;
}

/* A third of the flows each, by the hash that all nodes share. */
static void setup_three(struct world *world)
{
	uint32_t service = world_service(world, VIP, HELLO_PORT, IPPROTO_TCP, HELLO_ID), rows[3];

	rows[0] = world_backend(world, service, BACKEND_LOCAL, HELLO1, HELLO_PORT);
	rows[1] = world_backend(world, service, BACKEND_LOCAL, OTHER_POD, HELLO_PORT);
	rows[2] = world_backend(world, service, BACKEND_PASSTHROUGH, STOCK, STOCK_PORT);
	world_table(world, service, rows, 3);
}

/* The last entry of each has a part of the threshold of a whole one. */
static void setup_halves(struct world *world)
{
	const uint32_t rows[] = {1, 2, 3};

	setup_three(world);
	world->backends[1].weight = 99;
	world->backends[2].weight = 101;
	world->backends[3].weight = 203;
	world_table(world, TCP_ROW, rows, 3);
}

/* A walk that meets no entry, as in a table that was overwritten, ends too. */
static void setup_empty_lines(struct world *world)
{
	setup_local(world);
	memset(world->buckets, 0, WORLD_BUCKETS * sizeof(*world->buckets));
}

/* Every backend accepts one sample in 10^6, so walks end by their length limit. */
static void setup_reluctant(struct world *world)
{
	setup_three(world);
	for (uint32_t i = 0; i < WORLD_BUCKETS * BUCKET_SLOTS; i++) {
		__u64 *slot = &world->buckets[i / BUCKET_SLOTS].slot[i % BUCKET_SLOTS];

		if (TABLE_IS_ENTRY(*slot))
			*slot = TABLE_ENTRY(TABLE_ENTRY_TAG(*slot), TABLE_ENTRY_ROW(*slot), 2);
	}
}

/* So long lines that all go on in other buckets. */
static void setup_crowded(struct world *world)
{
	const uint32_t rows[] = {1, 2, 3};
	struct service *service = &world->services[TCP_ROW];

	setup_three(world);
	service->table = table_shaped(world->buckets, world->bucket, rows, NULL, 3,
				      (TABLE_SHAPE(service->table) & ~31u) | 1, 2);
}

static const struct pkt one_of_many = TCP(SLEEP, 1024, VIP, HELLO_PORT, A_SYN);

static bool follow_walks(struct world *world, uint32_t *taken)
{
	const struct slot_arena arena = {world->buckets, WORLD_BUCKETS};
	static const struct step step = {.program = FROM_POD};
	struct port_values ports = {0};
	struct pkt pkt = one_of_many;
	struct frame frame;
	int verdict;

	for (pkt.sport = 1024; pkt.sport < 1024 + 600; pkt.sport++) {
		struct flow_key key = { own_addr(SLEEP), own_addr(VIP), htons(pkt.sport),
				       htons(HELLO_PORT), 0};
		uint64_t hash = walk_hash(&key, IPPROTO_TCP, HELLO_ID ^ HASH_SEED_CLIENT);
		struct table_choice choice = table_walk(&arena, world->services[TCP_ROW].table, hash);

		pkt_build(&pkt, &ports, &frame);
		if (frame_run(world, &step, frame.data, &frame.len, &verdict) || verdict != NEXT)
			return false;
		if (htonl(frame32(&frame, FRAME_DADDR)) != world->backends[choice.row].addr.word[3]) {
			printf("      port %u: not the backend of line %u\n", pkt.sport,
			       choice.line);
			return false;
		}
		taken[choice.row]++;
	}
	return true;
}

static bool choose_as_userspace(struct world *world)
{
	uint32_t taken[WORLD_BACKENDS] = {0};

	return follow_walks(world, taken);
}

static bool choose_by_hash(struct world *world)
{
	uint32_t taken[WORLD_BACKENDS] = {0};

	if (!follow_walks(world, taken))
		return false;
	if (taken[1] > 120 && taken[2] > 120 && taken[3] > 120)
		return true;
	printf("      uneven: %u, %u, %u\n", taken[1], taken[2], taken[3]);
	return false;
}

static void setup_affinity(struct world *world)
{
	setup_three(world);
	world->services[TCP_ROW].flags |= SERVICE_AFFINITY;
}

/* All connections of one client meet the same backend. */
static bool choose_by_client(struct world *world)
{
	static const struct step step = {.program = FROM_POD};
	struct port_values ports = {0};
	struct pkt pkt = one_of_many;
	uint8_t first[4] = {0};
	struct frame frame;
	int verdict;

	for (pkt.sport = 1024; pkt.sport < 1024 + 50; pkt.sport++) {
		pkt_build(&pkt, &ports, &frame);
		if (frame_run(world, &step, frame.data, &frame.len, &verdict) || verdict != NEXT)
			return false;
		if (pkt.sport == 1024)
			memcpy(first, frame.data + FRAME_DADDR, sizeof(first));
		if (memcmp(first, frame.data + FRAME_DADDR, sizeof(first)))
			return printf("      port %u: another backend\n", pkt.sport), false;
	}
	return true;
}

static const struct test_case rows[] = {
	{"stale: the service row is another VIP's", setup_row_of_another_vip, STALE},
	{"stale: the service row is another port's", setup_row_of_another_port, STALE},
	{"stale: the service row is another protocol's", setup_row_of_another_protocol, STALE},
	{"stale: the service row is not in use", setup_row_not_in_use, STALE},
	{"stale: the slot names another service's backend", setup_backend_of_another_service,
	 STALE},
	{"stale: the backend row rests", setup_resting_backend, STALE},
	{"stale: the table lies beyond the arena", setup_table_beyond_the_arena, STALE},
	{"stale: the slot names a row beyond the array", setup_slot_beyond_the_backends, STALE},
	{"stale: a flow that is another key's is no flow", setup_local,
	 STEPS(CONNECTS,
	       {FROM_POD, .before = corrupt_tags, .in = TO_VIP(AN_ACK), .verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST, .seq = 5001, .no_window = true, .dst_mac = MAC_SLEEP,
				.src_mac = MAC_NODE),
		.count = COUNT(NO_FLOW)},
	       {TO_POD, .in = FROM_HELLO1(REPLY_DATA), .verdict = NEXT})},
	{"out: a SYN of an opening flow chooses again", setup_local,
	 STEPS(OPENS,
	       {FROM_POD, .before = replace_backend, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TO_OTHER(A_SYN), .count = COUNT(TO_LOCAL), .tables = true, .embryonic = 2},
	       OTHER_CONNECTS)},
	{"out: a SYN of an opening flow whose row was reused chooses again", setup_local,
	 STEPS(OPENS,
	       {FROM_POD, .before = reuse_backend_rows, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TO_OTHER(A_SYN), .count = COUNT(TO_LOCAL), .tables = true, .embryonic = 2},
	       OTHER_CONNECTS)},
	{"out: a SYN of a closing flow chooses again", setup_local,
	 STEPS(CONNECTS,
	       {FROM_POD, .in = TO_VIP(CLIENT_RST), .verdict = NEXT,
		.out = TO_HELLO1(CLIENT_RST), .count = COUNT(TO_LOCAL),
		.state = STATE(CLOSING)},
	       {FROM_POD, .before = replace_backend, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TO_OTHER(A_SYN), .count = COUNT(TO_LOCAL), .tables = true, .embryonic = 2},
	       OTHER_CONNECTS)},
	{"out: an established flow stays", setup_local,
	 STEPS(CONNECTS,
	       {FROM_POD, .before = replace_backend, .in = TO_VIP(SOME_DATA), .verdict = NEXT,
		.out = TO_HELLO1(SOME_DATA), .count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = FROM_HELLO1(REPLY_DATA), .verdict = NEXT, .out = FROM_VIP(REPLY_DATA),
		.count = COUNT(REPLY)})},
	{"out: a SYN of an established flow chooses again", setup_local,
	 STEPS(CONNECTS,
	       {FROM_POD, .before = replace_backend, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TO_OTHER(A_SYN), .count = COUNT(TO_LOCAL), .tables = true, .embryonic = 2,
		.state = STATE(OPENING)},
	       OTHER_CONNECTS)},
	{"out: a SYN of an established flow whose row was reused chooses again", setup_local,
	 STEPS(CONNECTS,
	       {FROM_POD, .before = reuse_backend_rows, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TO_OTHER(A_SYN), .count = COUNT(TO_LOCAL), .tables = true, .embryonic = 2,
		.state = STATE(OPENING)},
	       OTHER_CONNECTS)},
	{"out: data of an opening flow stays", setup_local,
	 STEPS(OPENS,
	       {FROM_POD, .before = replace_backend, .in = TO_VIP(AN_ACK), .verdict = NEXT,
		.out = TO_HELLO1(AN_ACK), .count = COUNT(TO_LOCAL), .tables = true,
		.embryonic = 2})},
	{"out: UDP chooses again, also after a reply", setup_local,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 1), .verdict = NEXT,
		.out = UDP(SLEEP, CLIENT_PORT, HELLO1, HELLO_PORT, .len = 1),
		.count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = UDP(HELLO1, HELLO_PORT, SLEEP, CLIENT_PORT, .len = 1),
		.verdict = NEXT, .out = UDP_FROM_VIP(.len = 1), .count = COUNT(REPLY)},
	       {FROM_POD, .before = replace_backend, .in = UDP_TO_VIP(.len = 1), .verdict = NEXT,
		.out = UDP(SLEEP, CLIENT_PORT, OTHER_POD, HELLO_PORT, .len = 1),
		.count = COUNT(TO_LOCAL), .tables = true, .embryonic = 2},
	       {TO_POD, .in = UDP(OTHER_POD, HELLO_PORT, SLEEP, CLIENT_PORT, .len = 1),
		.verdict = NEXT, .out = UDP_FROM_VIP(.len = 1), .count = COUNT(REPLY)})},
	{"out: UDP stays while its backend serves", setup_local,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 1), .verdict = NEXT,
		.out = UDP(SLEEP, CLIENT_PORT, HELLO1, HELLO_PORT, .len = 1),
		.count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = UDP_TO_VIP(.len = 2), .verdict = NEXT,
		.out = UDP(SLEEP, CLIENT_PORT, HELLO1, HELLO_PORT, .len = 2),
		.count = COUNT(TO_LOCAL), .tables = true, .embryonic = 2})},
	{"out: nobody is left for an opening flow", setup_local,
	 STEPS(OPENS,
	       {FROM_POD, .before = empty_table, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST | ACK, .ack = 1001, .no_window = true,
				.dst_mac = MAC_SLEEP, .src_mac = MAC_NODE),
		.count = COUNT(NO_BACKEND), .tables = true})},
	{"choose: by the shared hash, evenly", setup_three, .run = choose_by_hash},
	{"choose: by weight", setup_halves, .run = choose_by_hash},
	{"choose: a walk that meets nobody ends", setup_empty_lines, STALE},
	{"choose: a walk that nobody accepts ends", setup_reluctant, .run = choose_as_userspace},
	{"choose: lines go on in other buckets", setup_crowded, .run = choose_by_hash},
	{"choose: affinity keeps a client at one backend", setup_affinity, .run = choose_by_client},
};

REGISTER_CASES(rows);
