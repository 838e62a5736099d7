/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Drops by the other network and the gateway: at the client's node, at a gateway, at a pod's door. */
#include <stdio.h>

#include <bpf/bpf.h>

#include "forward_packets.h"
#include "parallax_limits.h"

/* Whether the element of the key counts `want` packets, and there are no more than `elements`. */
static bool counts(struct world *world, struct network_drop_key key, uint64_t want, int elements)
{
	struct network_drop_key each, *last = NULL;
	int fd = world_map_fd(world, "network_drops"), found = 0;
	uint64_t packets = 0;

	bpf_map_lookup_elem(fd, &key, &packets);
	for (; !bpf_map_get_next_key(fd, last, &each); last = &each)
		found++;
	if (packets != want || found != elements)
		printf("      %llu packets in one of %d elements\n", (unsigned long long)packets,
		       found);
	return packets == want && found == elements;
}

static struct network_drop_key key_of(uint32_t gateway, uint32_t network, enum usage_role role,
				      enum reason reason)
{
	struct network_drop_key key = { .network = network, .role = role, .reason = reason };

	if (gateway)
		key.gateway = own_ip(gateway);
	return key;
}

static void know_gateway(struct world *world)
{
	const struct gateway_key key = { own_ip(GATEWAY), NETWORK2 };
	const struct gateway value = { .kind = BACKEND_GENEVE };

	world_update(world, "gateways", &key, &value);
}

static void setup_known_door(struct world *world)
{
	setup_door(world);
	know_gateway(world);
}

static void leave_no_room(struct world *world)
{
	const uint64_t none = 0;
	struct network_drop_key key = {};

	for (key.reason = 1; key.reason < REASON_COUNT; key.reason++)
		world_update(world, "network_drops", &key, &none);
	for (key.network = 1; key.network <= MAX_NETWORK_DROPS - (REASON_COUNT - 1); key.network++)
		world_update(world, "network_drops", &key, &none);
}

static bool at_client(struct world *world)
{
	return counts(world, key_of(GATEWAY, NETWORK2, USAGE_CLIENT, REASON_TUNNEL_NO_FLOW), 2, 1);
}

static bool sent_by_client(struct world *world)
{
	return counts(world, key_of(GATEWAY, NETWORK2, USAGE_CLIENT, REASON_NO_ROOM), 1, 1);
}

static bool by_stranger(struct world *world)
{
	return counts(world, key_of(0, NETWORK2, USAGE_CLIENT, REASON_TUNNEL_NO_FLOW), 2, 1);
}

static bool of_no_network(struct world *world)
{
	return counts(world, key_of(0, 0, USAGE_CLIENT, REASON_TUNNEL_VNI), 2, 1);
}

static bool at_gateway(struct world *world)
{
	return counts(world, key_of(0, NETWORK1, USAGE_GATEWAY, REASON_TUNNEL_SOURCE), 2, 1);
}

static bool at_door(struct world *world)
{
	return counts(world, key_of(GATEWAY, NETWORK1, USAGE_DOOR, REASON_CHECKSUM), 1, 1);
}

static bool sent_by_door(struct world *world)
{
	return counts(world, key_of(GATEWAY, NETWORK1, USAGE_DOOR, REASON_TUNNEL_TTL), 1, 1);
}

static bool for_the_reason(struct world *world)
{
	return counts(world, key_of(0, 0, USAGE_CLIENT, REASON_TUNNEL_NO_FLOW), 1,
		      MAX_NETWORK_DROPS);
}

static bool not_counted(struct world *world)
{
	return counts(world, (struct network_drop_key){}, 0, 0);
}

#define IS_DROPPED(why, ...) .verdict = SHOT, .count = COUNT(why), .in = __VA_ARGS__
#define ANSWER(from) FROM_VIP(A_SYN_ACK, OUTER(from, TUNNEL_PORT, NODE1, TUNNEL_SOURCE_PORT, NETWORK2, HELLO_ID))
#define REQUEST(from, network)                                                                     \
	TO_VIP(A_SYN, OUTER(from, NODE1_PORT, GATEWAY, TUNNEL_PORT, network, HELLO_ID))
#define AT_DOOR TO_POD, DEVICE_POD1, DEVICE_UPLINK

static const struct test_case rows[] = {
	{"network drops: a gateway's packet at the client's node", setup_geneve,
	 STEPS({UPLINK, IS_DROPPED(TUNNEL_NO_FLOW, ANSWER(GATEWAY))},
	       {UPLINK, IS_DROPPED(TUNNEL_NO_FLOW, ANSWER(GATEWAY)), .after = at_client})},
	{"network drops: a client's packet to a gateway", setup_geneve,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL)},
	       {FROM_POD, .gso_size = 1000, .after = sent_by_client,
		IS_DROPPED(NO_ROOM, TO_VIP(.flags = ACK, .seq = 1001, .ack = 1, .len = 2000))})},
	{"network drops: a stranger makes no gateway", setup_geneve,
	 STEPS({UPLINK, IS_DROPPED(TUNNEL_NO_FLOW, ANSWER(STRANGER))},
	       {UPLINK, IS_DROPPED(TUNNEL_NO_FLOW, ANSWER(IP(203, 0, 113, 8))),
		.after = by_stranger})},
	{"network drops: nor a network", setup_gateway,
	 STEPS({UPLINK, IS_DROPPED(TUNNEL_VNI, REQUEST(NODE1, UNKNOWN_NETWORK))},
	       {UPLINK, IS_DROPPED(TUNNEL_VNI, REQUEST(NODE1, UNKNOWN_NETWORK + 1)),
		.after = of_no_network})},
	{"network drops: at a gateway", setup_gateway,
	 STEPS({UPLINK, IS_DROPPED(TUNNEL_SOURCE, REQUEST(STRANGER, NETWORK1))},
	       {UPLINK, IS_DROPPED(TUNNEL_SOURCE, REQUEST(IP(203, 0, 113, 8), NETWORK1)),
		.after = at_gateway})},
	{"network drops: a gateway's packet at a pod's door", setup_known_door,
	 STEPS({AT_DOOR, IS_DROPPED(CHECKSUM, TO_VIP(A_SYN, .bad_sum = 1, BY(GATEWAY, CARRIES))),
		.after = at_door})},
	{"network drops: a pod's reply to a gateway", setup_known_door,
	 STEPS({AT_DOOR, .in = TO_VIP(A_SYN, BY(GATEWAY, CARRIES)), .verdict = NEXT,
		.out = TCP(FOREIGN, CLIENT_PORT, HELLO1, HELLO_PORT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(DOOR_IN)},
	       {FROM_POD, DEVICE_POD1,
		.in = TCP(HELLO1, HELLO_PORT, FOREIGN, CLIENT_PORT, A_SYN_ACK, .ttl = 1),
		.verdict = SHOT, .count = COUNT(TUNNEL_TTL), .after = sent_by_door})},
	{"network drops: without room they count for the reason", setup_geneve,
	 STEPS({UPLINK, .before = leave_no_room, IS_DROPPED(TUNNEL_NO_FLOW, ANSWER(GATEWAY)),
		.after = for_the_reason})},
	{"network drops: a packet in no tunnel, after one that was", setup_geneve,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL)},
	       {FROM_POD, IS_DROPPED(CHECKSUM, UDP_TO_VIP(.len = 9, .bad_sum = 1)),
		.after = not_counted})},
};
REGISTER_CASES(rows);
