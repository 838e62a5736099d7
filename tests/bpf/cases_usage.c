/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections, bytes and packets of services, added when flows end, packets also before. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>

#include "compare.h"
#include "flow_packets.h"
#include "parallax_limits.h"

#define SYN_BYTES TCP_HEADERS
#define ACK_BYTES TCP_HEADERS

static struct usage_key key_of(enum backend_kind kind, uint32_t backend)
{
	struct usage_key key = {.service_id = HELLO_ID, .kind = kind, .from = NETWORK1,
				.to = kind == BACKEND_LOCAL ? NETWORK1 : NETWORK2};

	if (backend)
		key.backend = own_ip(backend);
	return key;
}

static uint32_t usage_count(struct world *world)
{
	struct usage_key key, *last = NULL;
	uint32_t count = 0;

	for (; !bpf_map_get_next_key(world_map_fd(world, "usage"), last, &key); last = &key)
		count++;
	return count;
}

static bool nothing_yet(struct world *world)
{
	if (!usage_count(world))
		return true;
	printf("      a flow that lives was added\n");
	return false;
}

/* CONNECTS, and then nothing that counts. */
static const struct usage one = {1, SYN_BYTES + ACK_BYTES, SYN_BYTES, 2, 1};

static bool one_local(struct world *world)
{
	struct usage_key key = key_of(BACKEND_LOCAL, 0);

	return usage_is(world, &key, one);
}

static bool one_of_none(struct world *world)
{
	static const struct usage_key none;

	return usage_is(world, &none, one);
}

static bool one_of_pods(struct world *world)
{
	struct usage_key key = key_of(BACKEND_LOCAL, HELLO1);

	key.client = own_ip(SLEEP);
	return usage_is(world, &key, one);
}

static void backend_leaves(struct world *world)
{
	world->settings->flags |= SETTING_RESET;
	world->backends[TCP_ROW].flags |= BACKEND_DRAINING;
}

static void backend_row_is_reused(struct world *world)
{
	world->settings->flags |= SETTING_RESET;
	world->backends[TCP_ROW].generation++;
	world->backends[TCP_ROW].service_id = OTHER_ID;
}

static void fill_usage(struct world *world)
{
	static const struct usage none;
	struct usage_key key = {};
	int fd = world_map_fd(world, "usage");

	for (uint32_t i = 0; i < MAX_USAGE; i++) {
		key.service_id = i ? UNKNOWN_ID + i : 0;
		bpf_map_update_elem(fd, &key, &none, BPF_ANY);
	}
	backend_leaves(world);
}

static void setup_pods(struct world *world)
{
	setup_local(world);
	world->settings->flags |= SETTING_USAGE_PODS;
}

#define ENDS(change, check)                                                                        \
	{FROM_POD, .before = change, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,                 \
	 .out = FROM_VIP(.flags = RST, .seq = 5001, .no_window = true, .dst_mac = MAC_SLEEP,       \
			 .src_mac = MAC_NODE),                                                     \
	 .count = COUNT(BACKEND_GONE), .tables = true, .after = check}
#define CLOSES                                                                                     \
	{FROM_POD, .in = TO_VIP(.flags = RST, .seq = 1001), .verdict = NEXT,                       \
	 .out = TO_HELLO1(.flags = RST, .seq = 1001), .count = COUNT(TO_LOCAL),                    \
	 .state = STATE(CLOSING), .after = nothing_yet}

static bool closed_and_reopened(struct world *world)
{
	struct usage_key key = key_of(BACKEND_LOCAL, 0);

	return usage_is(world, &key, (struct usage){1, SYN_BYTES + 2 * ACK_BYTES, SYN_BYTES, 3, 1});
}

/* Both entries have counted as many packets as they can. */
static void fill_entry(const struct flow_key *key, struct flow *flow, void *data)
{
	(void)key;
	(void)data;
	flow->packets = USAGE_PACKETS - 1;
}

static void fill_packets(struct world *world)
{
	struct flow_visit visit = {.visit = fill_entry};

	world_flows(world, "flows", &visit);
}

static bool sent_packets(struct world *world)
{
	struct usage_key key = key_of(BACKEND_LOCAL, 0);

	return usage_is(world, &key, (struct usage){.sent_packets = USAGE_PACKETS});
}

static bool packets_both_ways(struct world *world)
{
	struct usage_key key = key_of(BACKEND_LOCAL, 0);

	return usage_is(world, &key,
			(struct usage){.sent_packets = USAGE_PACKETS,
				       .received_packets = USAGE_PACKETS});
}

static bool all_in_the_end(struct world *world)
{
	struct usage_key key = key_of(BACKEND_LOCAL, 0);
	struct usage want = {1, SYN_BYTES + 3 * ACK_BYTES, SYN_BYTES + ACK_BYTES,
			     USAGE_PACKETS + 1, USAGE_PACKETS};

	return usage_is(world, &key, want);
}

static const struct test_case rows[] = {
	{"usage: a connection is added when it ends, with the bytes of both ways", setup_local,
	 STEPS(CONNECTS, ENDS(backend_leaves, one_local))},
	{"usage: with pods told apart", setup_pods, STEPS(CONNECTS, ENDS(backend_leaves, one_of_pods))},
	{"usage: the backend's row was used again", setup_local,
	 STEPS(CONNECTS, ENDS(backend_row_is_reused, one_of_none))},
	{"usage: no room for a key of its own", setup_local,
	 STEPS(CONNECTS, ENDS(fill_usage, one_of_none))},
	{"usage: the same tuple again is another connection", setup_local,
	 STEPS(CONNECTS, CLOSES,
	       {FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),
		.count = COUNT(TO_LOCAL), .after = closed_and_reopened})},
	{"usage: packets of a flow that lives are added many at a time", setup_local,
	 STEPS(CONNECTS,
	       {FROM_POD, .before = fill_packets, .in = TO_VIP(AN_ACK), .verdict = NEXT,
		.out = TO_HELLO1(AN_ACK), .count = COUNT(TO_LOCAL), .after = sent_packets},
	       {TO_POD, .in = FROM_HELLO1(AN_ACK), .verdict = NEXT, .out = FROM_VIP(AN_ACK),
		.count = COUNT(REPLY), .after = packets_both_ways},
	       {FROM_POD, .in = TO_VIP(AN_ACK), .verdict = NEXT, .out = TO_HELLO1(AN_ACK),
		.count = COUNT(TO_LOCAL), .after = packets_both_ways},
	       ENDS(backend_leaves, all_in_the_end))},
	{"usage: a flow without an answer is no connection", setup_local,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),
		.count = COUNT(TO_LOCAL)},
	       {FROM_POD, .before = backend_leaves, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST, .seq = 5001, .no_window = true, .dst_mac = MAC_SLEEP,
				.src_mac = MAC_NODE),
		.count = COUNT(BACKEND_GONE), .tables = true, .after = nothing_yet})},
};

REGISTER_CASES(rows);
