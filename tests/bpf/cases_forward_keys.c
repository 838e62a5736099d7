/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keys in mode forward: between client and gateway that of their networks, between gateway and pod that of the
 * gateway's network with itself, if it has one. */
#include "forward_packets.h"
#include "world_keys.h"

#define SIGNED .key = KEY1
#define INSIDE .key = HOP_KEY

enum { HOP_KEY = 21, HOP_KEY2 = 22 };

static void hop_keys(struct world *world, uint32_t flags)
{
	put_key(world, NETWORK2, NETWORK2, HOP_KEY, HOP_KEY);
	put_key(world, NETWORK2, NETWORK2, HOP_KEY, 0);
	put_key(world, NETWORK2, NETWORK2, HOP_KEY2, HOP_KEY2);
	world->settings->admission = flags | ADMISSION_HOP;
}

static void setup_pair(struct world *world)
{
	setup_forward(world);
	use_keys(world, ADMISSION_ALL);
}

static void setup_both(struct world *world)
{
	setup_pair(world);
	hop_keys(world, ADMISSION_ALL);
}

static void setup_both_sign(struct world *world)
{
	setup_pair(world);
	hop_keys(world, ADMISSION_VERIFY | ADMISSION_SIGN);
}

static void setup_own_both(struct world *world)
{
	setup_own_pod(world);
	use_keys(world, ADMISSION_ALL);
	hop_keys(world, ADMISSION_ALL);
}

static void setup_door_pair(struct world *world)
{
	setup_door(world);
	world->settings->flags |= SETTING_KEEP_CLIENT;
	use_keys(world, ADMISSION_ALL);
}

static void setup_door_both(struct world *world)
{
	setup_door_pair(world);
	hop_keys(world, ADMISSION_ALL);
}

static void setup_door_both_sign(struct world *world)
{
	setup_door_pair(world);
	hop_keys(world, ADMISSION_VERIFY | ADMISSION_SIGN);
}

/* The first key of the network with itself is taken out of the files. */
static void only_second_hop_key(struct world *world)
{
	world->settings->key_generation++;
	put_key(world, NETWORK2, NETWORK2, HOP_KEY2, HOP_KEY2);
	put_key(world, NETWORK2, NETWORK2, HOP_KEY2, 0);
}

/* ------------------------------------------------------------------ at the gateway */

#define ASKS(...) AT_GATEWAY(.endpoint = ENDPOINT, .room = true, __VA_ARGS__)
#define ON(...) TO_DOOR(HELLO2_ELSEWHERE, .endpoint = ENDPOINT, .hop = HOP_REQUEST, __VA_ARGS__)
#define BACK(...) FROM_DOOR(HELLO2_ELSEWHERE, .endpoint = ENDPOINT, .hop = HOP_REPLY, __VA_ARGS__)
/* As pods' nodes with keys say it: of the client's network. */
#define BACK_FOR(vni, ...)                                                                         \
	OUTER(HELLO2_ELSEWHERE, NODE1_PORT + 1, GATEWAY, TUNNEL_PORT, vni, HELLO_ID,               \
	      .hop = HOP_REPLY, CARRIES, __VA_ARGS__)
#define TELLS(...) BACK_TO_NODE1(.endpoint = ENDPOINT, .room = true, __VA_ARGS__)
#define GOES_ON(from, to)                                                                          \
	{UPLINK, .in = TO_VIP(SOME_DATA, from), .verdict = REDIRECT,                               \
	 .out = TO_VIP(SOME_DATA, ANY_MAC, to), .count = COUNT(GATEWAY_IN), .tables = true}
#define COMES_BACK(from, to)                                                                       \
	{UPLINK, .in = FROM_VIP(REPLY_DATA, from), .verdict = REDIRECT,                            \
	 .out = FROM_VIP(REPLY_DATA, ANY_MAC, to), .count = COUNT(GATEWAY_OUT), .tables = true}
#define STAYS_OUT(reason, ...)                                                                     \
	{UPLINK, .in = TO_VIP(SOME_DATA, __VA_ARGS__), .verdict = SHOT, .count = COUNT(reason),    \
	 .tables = true}
#define IS_NO_REPLY(reason, ...)                                                                   \
	{UPLINK, .in = FROM_VIP(REPLY_DATA, __VA_ARGS__), .verdict = SHOT,                         \
	 .count = COUNT(reason), .tables = true}

/* ------------------------------------------------------------------ at the pod */

#define HERE_BY(...) BY(GATEWAY, .hop = HOP_REQUEST, CARRIES, __VA_ARGS__)
#define AWAY_BY(...)                                                                               \
	OUTER(HELLO1, ANY_TUNNEL_PORT, GATEWAY, TUNNEL_PORT, NETWORK1, HELLO_ID, .hop = HOP_REPLY, \
	      CARRIES, __VA_ARGS__)
#define ENTERS(outer, ...)                                                                         \
	{TO_POD, DEVICE_POD1, DEVICE_UPLINK, .in = TO_VIP(__VA_ARGS__, outer), .verdict = NEXT,    \
	 .out = TCP(SLEEP, CLIENT_PORT, HELLO1, HELLO_PORT, __VA_ARGS__, ONE_HOP, FROM_OUTSIDE),   \
	 .count = COUNT(DOOR_IN)}
#define LEAVES(outer_to, ...)                                                                      \
	{FROM_POD, DEVICE_POD1, .in = FROM_HELLO1(__VA_ARGS__), .verdict = REDIRECT,               \
	 .out = FROM_VIP(__VA_ARGS__, ONE_HOP, ANY_MAC, outer_to), .count = COUNT(DOOR_OUT)}
#define IS_SHUT_OUT(reason, ...)                                                                   \
	{TO_POD, DEVICE_POD1, DEVICE_UPLINK, .in = TO_VIP(A_SYN, __VA_ARGS__), .verdict = SHOT,    \
	 .count = COUNT(reason), .tables = true}

static const struct test_case rows[] = {
	{"forward keys: a request and its reply, each leg by its key", setup_both,
	 STEPS(GOES_ON(ASKS(SIGNED), ON(INSIDE)),
	       COMES_BACK(BACK_FOR(NETWORK1, INSIDE), TELLS(SIGNED)),
	       GOES_ON(ASKS(SIGNED), ON(INSIDE)),
	       COMES_BACK(BACK_FOR(NETWORK1, INSIDE), TELLS(SIGNED)))},
	{"forward keys: without a key of the network inside it goes by address", setup_pair,
	 STEPS(GOES_ON(ASKS(SIGNED), ON()), COMES_BACK(BACK_FOR(NETWORK1), TELLS(SIGNED)))},
	{"forward keys: tags inside mean nothing to who has no key for them", setup_pair,
	 STEPS(COMES_BACK(BACK_FOR(NETWORK1, INSIDE, .tag_flip = 1), TELLS(SIGNED)))},
	{"forward keys: each key of the network inside is believed", setup_both,
	 STEPS(COMES_BACK(BACK_FOR(NETWORK1, .key = HOP_KEY2), TELLS(SIGNED)),
	       COMES_BACK(BACK_FOR(NETWORK1, INSIDE), TELLS(SIGNED)))},
	{"forward keys: a key inside that is removed", setup_both,
	 STEPS(COMES_BACK(BACK_FOR(NETWORK1, INSIDE), TELLS(SIGNED)),
	       {UPLINK, .before = only_second_hop_key,
		.in = FROM_VIP(REPLY_DATA, BACK_FOR(NETWORK1, INSIDE)), .verdict = SHOT,
		.count = COUNT(TUNNEL_KEY)},
	       COMES_BACK(BACK_FOR(NETWORK1, .key = HOP_KEY2), TELLS()))},
	{"forward keys: while keys are brought in unsigned packets pass, too", setup_both_sign,
	 STEPS(GOES_ON(ASKS(), ON(INSIDE)), COMES_BACK(BACK_FOR(NETWORK1), TELLS(SIGNED)))},
	{"forward keys: a pod's node without keys names the gateway's network", setup_both_sign,
	 STEPS(COMES_BACK(BACK(), TELLS()))},
	{"forward keys: forged requests", setup_both,
	 STEPS(STAYS_OUT(TUNNEL_UNSIGNED, ASKS()), STAYS_OUT(TUNNEL_KEY, ASKS(INSIDE)),
	       STAYS_OUT(TUNNEL_FORGED, ASKS(SIGNED, .tag_flip = 1)),
	       STAYS_OUT(TUNNEL_EPOCH, ASKS(SIGNED, .epoch_add = -2)),
	       STAYS_OUT(TUNNEL_FORGED, ASKS(SIGNED, .signed_id = OTHER_ID)),
	       STAYS_OUT(TUNNEL_FORGED, ASKS(SIGNED, .other_direction = true)))},
	{"forward keys: forged replies", setup_both,
	 STEPS(IS_NO_REPLY(TUNNEL_UNSIGNED, BACK_FOR(NETWORK1)),
	       IS_NO_REPLY(TUNNEL_KEY, BACK_FOR(NETWORK1, SIGNED)),
	       IS_NO_REPLY(TUNNEL_FORGED, BACK_FOR(NETWORK1, INSIDE, .tag_flip = 1)),
	       IS_NO_REPLY(TUNNEL_EPOCH, BACK_FOR(NETWORK1, INSIDE, .epoch_add = 2)),
	       IS_NO_REPLY(TUNNEL_FORGED, BACK_FOR(NETWORK1, INSIDE, .signed_id = OTHER_ID)),
	       IS_NO_REPLY(TUNNEL_FORGED,
			   BACK_FOR(NETWORK3, INSIDE, .signed_vni = NETWORK1)),
	       IS_NO_REPLY(TUNNEL_FORGED, BACK_FOR(NETWORK1, INSIDE, .other_direction = true)))},
	{"forward keys: refusals of the gateway are signed", setup_both,
	 STEPS({UPLINK, .in = TO_VIP(SOME_DATA, AT_GATEWAY(SIGNED, .endpoint = ENDPOINT + 7)),
		.verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST, .seq = 5001, .no_window = true, ANY_MAC,
				BACK_TO_NODE1(SIGNED)),
		.count = COUNT(NO_FLOW)})},
	{"forward keys: a pod of the gateway's own node", setup_own_both,
	 STEPS({TO_POD, DEVICE_POD1, DEVICE_UPLINK,
		.in = TO_VIP(A_SYN, TO_DOOR(HELLO2, .endpoint = ENDPOINT, .hop = HOP_REQUEST, INSIDE)),
		.verdict = NEXT,
		.out = TCP(SLEEP, CLIENT_PORT, HELLO2, HELLO_PORT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(DOOR_IN)},
	       {FROM_POD, DEVICE_POD1, .in = TCP(HELLO2, HELLO_PORT, SLEEP, CLIENT_PORT, A_SYN_ACK),
		.verdict = REDIRECT, .out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, TELLS(SIGNED)),
		.count = COUNT(DOOR_OUT)},
	       {TO_POD, DEVICE_POD1, DEVICE_UPLINK,
		.in = TCP(SLEEP, 4444, VIP, HELLO_PORT, SOME_DATA,
			  TO_DOOR(HELLO2, .endpoint = ENDPOINT, .hop = HOP_REQUEST, INSIDE)),
		.verdict = REDIRECT,
		.out = TCP(VIP, HELLO_PORT, SLEEP, 4444, .flags = RST, .seq = 5001,
			   .no_window = true, ANY_MAC, TELLS(SIGNED)),
		.count = COUNT(NO_FLOW)})},

	{"door keys: a connection", setup_door_both,
	 STEPS(ENTERS(HERE_BY(INSIDE), A_SYN), LEAVES(AWAY_BY(INSIDE), A_SYN_ACK),
	       ENTERS(HERE_BY(INSIDE), AN_ACK), ENTERS(HERE_BY(.key = HOP_KEY2), SOME_DATA),
	       LEAVES(AWAY_BY(INSIDE), REPLY_DATA))},
	{"door keys: without a key of the network it goes by address", setup_door_pair,
	 STEPS(ENTERS(HERE_BY(), A_SYN), LEAVES(AWAY_BY(), A_SYN_ACK), ENTERS(HERE_BY(INSIDE), AN_ACK))},
	{"door keys: while keys are brought in unsigned packets pass, too", setup_door_both_sign,
	 STEPS(ENTERS(HERE_BY(), A_SYN), LEAVES(AWAY_BY(INSIDE), A_SYN_ACK),
	       ENTERS(HERE_BY(INSIDE), AN_ACK))},
	{"door keys: forged requests open nothing, and get no answer", setup_door_both,
	 STEPS(IS_SHUT_OUT(TUNNEL_UNSIGNED, HERE_BY()),
	       IS_SHUT_OUT(TUNNEL_KEY, BY(GATEWAY, CARRIES, SIGNED)),
	       IS_SHUT_OUT(TUNNEL_FORGED, HERE_BY(INSIDE, .tag_flip = 1)),
	       IS_SHUT_OUT(TUNNEL_FORGED, HERE_BY(.key = HOP_KEY2, .named_key = HOP_KEY)),
	       IS_SHUT_OUT(TUNNEL_EPOCH, HERE_BY(INSIDE, .epoch_add = -2)),
	       IS_SHUT_OUT(TUNNEL_FORGED, HERE_BY(INSIDE, .signed_id = OTHER_ID)),
	       IS_SHUT_OUT(TUNNEL_FORGED, HERE_BY(INSIDE, .signed_vni = NETWORK3)),
	       IS_SHUT_OUT(TUNNEL_FORGED, HERE_BY(INSIDE, .signed_port_add = 1)),
	       IS_SHUT_OUT(TUNNEL_FORGED, HERE_BY(INSIDE, .other_direction = true)))},
	{"door keys: a forged packet moves no connection", setup_door_both,
	 STEPS(ENTERS(HERE_BY(INSIDE), A_SYN), LEAVES(AWAY_BY(INSIDE), A_SYN_ACK),
	       {TO_POD, DEVICE_POD1, DEVICE_UPLINK,
		.in = TO_VIP(AN_ACK, BY(GATEWAY2, .hop = HOP_REQUEST, CARRIES, INSIDE, .tag_flip = 1)),
		.verdict = SHOT, .count = COUNT(TUNNEL_FORGED)},
	       LEAVES(AWAY_BY(INSIDE), A_SYN_ACK))},
	{"door keys: a refusal is signed", setup_door_both,
	 STEPS({TO_POD, DEVICE_POD1, DEVICE_UPLINK, .in = TO_VIP(SOME_DATA, HERE_BY(INSIDE)),
		.verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST, .seq = 5001, .no_window = true, ANY_MAC,
				OUTER(HELLO1, TUNNEL_PORT, GATEWAY, TUNNEL_PORT, NETWORK1, HELLO_ID,
				      .hop = HOP_REPLY, CARRIES, INSIDE)),
		.count = COUNT(NO_FLOW), .tables = true})},
};
REGISTER_CASES(rows);
