/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shares of the flow tables: nobody takes the places of others. */
#include <arpa/inet.h>
#include <stdio.h>

#include "gateway_packets.h"
#include "parallax_hash.h"
#include "parallax_limits.h"

#define SHARE 10

static void setup_share(struct world *world)
{
	setup_local(world);
	world->settings->flows_per_owner = SHARE;
}

static void setup_gateway_share(struct world *world)
{
	setup_many_snat_ports(world);
	world->settings->flows_per_owner = SHARE;
}

/* ------------------------------------------------------------------ clients, by number of their flow */

/* SLEEP, or OTHER_POD beside HELLO1. */
struct client {
	uint32_t addr;
	enum device device;
};

static const struct client sleeper = {SLEEP, DEVICE_POD0}, other = {OTHER_POD, DEVICE_POD1};

static const struct pkt to_vip = TO_VIP(.ack = 5001);
static const struct pkt from_hello = FROM_HELLO1(.seq = 5000, .ack = 1001);

static int sends(struct world *world, const struct client *client, uint32_t i, uint8_t flags)
{
	const struct step step = {.program = FROM_POD, .device = client->device};
	struct pkt pkt = to_vip;

	pkt.saddr = client->addr;
	pkt.sport = 1024 + i;
	pkt.flags = flags;
	pkt.seq = flags == SYN ? 1000 : 1001;
	return run_pkt(world, &step, &pkt, NULL);
}

static int is_answered(struct world *world, const struct client *client, uint32_t i)
{
	const struct step step = {.program = TO_POD, .device = client->device};
	struct pkt pkt = from_hello;

	pkt.daddr = client->addr;
	pkt.dport = 1024 + i;
	pkt.flags = SYN | ACK;
	return run_pkt(world, &step, &pkt, NULL);
}

static bool connects(struct world *world, const struct client *client, uint32_t i)
{
	return sends(world, client, i, SYN) == NEXT && is_answered(world, client, i) == NEXT &&
	       sends(world, client, i, ACK) == NEXT;
}

static bool connect_from(struct world *world, const struct client *client, uint32_t first,
			 uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++)
		if (!connects(world, client, i))
			return printf("      flow %u did not open\n", i), false;
	return true;
}

static const struct owner *owner_of(struct world *world, const struct client *client)
{
	return &world->owners[owner_row(0, world->ifindex[client->device])];
}

static bool holds(struct world *world, const struct client *client, int32_t flows,
		  int32_t embryonic)
{
	const struct owner *owner = owner_of(world, client);

	if (owner->flows == flows && owner->embryonic == embryonic)
		return true;
	printf("      %d flows and %d embryonic, want %d and %d\n", owner->flows, owner->embryonic,
	       flows, embryonic);
	return false;
}

/* ------------------------------------------------------------------ shares */

static bool one_too_many(struct world *world)
{
	return connect_from(world, &sleeper, 0, SHARE) &&
	       sends(world, &sleeper, SHARE, SYN) == REDIRECT && /* a RST, to its sender */
	       owner_of(world, &sleeper)->refused == 1 && holds(world, &sleeper, SHARE, 0) &&
	       connect_from(world, &other, 0, SHARE) && holds(world, &other, SHARE, 0);
}

/* Each of many new flows takes the place of an idle one, as a client retries. */
static bool idle_give_way(struct world *world)
{
	uint32_t opened = 0;

	if (!connect_from(world, &sleeper, 0, SHARE))
		return false;
	world_let_pass(world, TIMEOUT_CROWDED + 1);
	for (uint32_t i = SHARE; i < 8 * SHARE && opened < SHARE; i++)
		opened += connects(world, &sleeper, i);
	return opened == SHARE && owner_of(world, &sleeper)->displaced >= SHARE &&
	       holds(world, &sleeper, SHARE, owner_of(world, &sleeper)->embryonic);
}

static bool others_idle_stay(struct world *world)
{
	if (!connect_from(world, &other, 0, SHARE))
		return false;
	world_let_pass(world, TIMEOUT_CROWDED + 1);
	return connect_from(world, &sleeper, 0, SHARE) &&
	       sends(world, &sleeper, SHARE, SYN) == REDIRECT && holds(world, &other, SHARE, 0);
}

static bool closed_give_way(struct world *world)
{
	for (uint32_t i = 0; i < 5 * SHARE; i++)
		if (!connects(world, &sleeper, i) || sends(world, &sleeper, i, RST) != NEXT)
			return printf("      flow %u did not open\n", i), false;
	return owner_of(world, &sleeper)->refused == 0;
}

static bool closed_do_not_help(struct world *world)
{
	return closed_give_way(world) && holds(world, &sleeper, 0, 0) &&
	       connect_from(world, &sleeper, 500, SHARE) &&
	       sends(world, &sleeper, 500 + SHARE, SYN) == REDIRECT &&
	       holds(world, &sleeper, SHARE, 0);
}

static bool revived_counts(struct world *world)
{
	return connects(world, &sleeper, 0) && sends(world, &sleeper, 0, RST) == NEXT &&
	       holds(world, &sleeper, 0, 0) && sends(world, &sleeper, 0, ACK) == NEXT &&
	       holds(world, &sleeper, 1, 0) && sends(world, &sleeper, 0, RST) == NEXT &&
	       sends(world, &sleeper, 0, SYN) == NEXT && holds(world, &sleeper, 1, 0);
}

static void set_seen(const struct flow_key *key, struct flow *flow, void *data)
{
	(void)key;
	flow->seen = *(uint32_t *)data;
}

/* Expired flows leave the owner's count too. */
static bool expired_are_free(struct world *world)
{
	uint32_t long_ago = world_ticks(world) - (TIMEOUT_ESTABLISHED + 1) * world->hz;
	struct flow_visit visit = {.visit = set_seen, .data = &long_ago};

	if (!connect_from(world, &sleeper, 0, SHARE))
		return false;
	world_flows(world, "flows", &visit);
	return connect_from(world, &sleeper, SHARE, SHARE) && owner_of(world, &sleeper)->refused == 0 &&
	       owner_of(world, &sleeper)->displaced == 0;
}

/* The pod was made again: its flows are counted for the interface that it has now. */
static void set_iface(const struct flow_key *key, struct flow *flow, void *data)
{
	if (FLOW_ROLE(key->zone) == FLOW_CLIENT)
		flow->iface = *(uint32_t *)data;
}

static bool count_moves(struct world *world)
{
	uint32_t gone = 9999;
	struct flow_visit visit = {.visit = set_iface, .data = &gone};
	struct owner *before = &world->owners[owner_row(0, gone)], *now;

	if (!connect_from(world, &sleeper, 0, 3))
		return false;
	now = &world->owners[owner_row(0, world->ifindex[DEVICE_POD0])];
	world_flows(world, "flows", &visit);
	before->flows = now->flows;
	now->flows = 0;
	return sends(world, &sleeper, 1, ACK) == NEXT && holds(world, &sleeper, 1, 0) &&
	       before->flows == 2;
}

/* Several greedy owners hold the whole table; a modest one gets in when their flows are idle. */
static bool modest_gets_in(struct world *world)
{
	world->settings->flows_per_owner = WORLD_FLOWS / 2;
	if (!connect_from(world, &other, 0, WORLD_FLOWS / 2))
		return false;
	if (connects(world, &sleeper, 0))
		return printf("      a live flow gave way\n"), false;
	world_let_pass(world, TIMEOUT_CROWDED + 1);
	for (uint32_t i = 0; i < 20 && !connects(world, &sleeper, i); i++)
		;
	return holds(world, &sleeper, 1, owner_of(world, &sleeper)->embryonic) &&
	       owner_of(world, &other)->displaced > 0;
}

/* ------------------------------------------------------------------ exchanges by UDP */

static bool asks(struct world *world, const struct client *client, uint32_t i)
{
	const struct step step = {.program = FROM_POD, .device = client->device};
	struct pkt question = UDP(client->addr, 1024 + i, VIP, HELLO_PORT, .len = 1);

	return run_pkt(world, &step, &question, NULL) == NEXT;
}

static bool asks_and_hears(struct world *world, const struct client *client, uint32_t i)
{
	const struct step step = {.program = TO_POD, .device = client->device};
	struct pkt answer = UDP(HELLO1, HELLO_PORT, client->addr, 1024 + i, .len = 1);

	return asks(world, client, i) && run_pkt(world, &step, &answer, NULL) == NEXT;
}

static bool exchange(struct world *world, const struct client *client, uint32_t first,
		     uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++)
		if (!asks_and_hears(world, client, i))
			return printf("      question %u was refused\n", i), false;
	return true;
}

static void find_port(const struct flow_key *key, struct flow *flow, void *data)
{
	uint32_t *wanted = data;

	if (FLOW_ROLE(key->zone) == FLOW_CLIENT && ntohs(key->sport) == *wanted)
		*wanted = 0;
}

static bool is_kept(struct world *world, uint32_t i)
{
	uint32_t port = 1024 + i;
	struct flow_visit visit = {.visit = find_port, .data = &port};

	world_flows(world, "flows", &visit);
	return !port;
}

/* As many as its share every few seconds, for ever. */
static bool exchanges_give_way(struct world *world)
{
	for (uint32_t turn = 0; turn < 20; turn++) {
		if (!exchange(world, &sleeper, turn * SHARE, SHARE))
			return false;
		world_let_pass(world, TIMEOUT_CROWDED_UDP + 1);
	}
	return owner_of(world, &sleeper)->refused == 0 &&
	       holds(world, &sleeper, SHARE, owner_of(world, &sleeper)->embryonic);
}

/* Another pod asks four times as often, in step, so that the clock comes to the same slots again. */
static bool exchanges_in_step(struct world *world)
{
	for (uint32_t turn = 0; turn < 20; turn++) {
		for (uint32_t i = turn * SHARE; i < (turn + 1) * SHARE; i++) {
			for (uint32_t k = 4 * i; k < 4 * i + 4; k++)
				asks_and_hears(world, &other, k);
			if (!exchange(world, &sleeper, i, 1))
				return false;
		}
		world_let_pass(world, TIMEOUT_CROWDED_UDP + 1);
	}
	return owner_of(world, &sleeper)->refused == 0;
}

static bool exchange_in_progress_stays(struct world *world)
{
	return exchange(world, &sleeper, 0, SHARE) && !asks(world, &sleeper, SHARE) &&
	       owner_of(world, &sleeper)->refused == 1 && holds(world, &sleeper, SHARE, 0);
}

/* Who asked for more than a second keeps the flow while there are exchanges of others of the pod. */
static bool conversation_stays(struct world *world)
{
	if (!exchange(world, &sleeper, 0, 1))
		return false;
	world_let_pass(world, 2);
	if (!exchange(world, &sleeper, 0, 1))
		return false;
	world_let_pass(world, 1);
	if (!exchange(world, &sleeper, 1, SHARE - 1))
		return false;
	world_let_pass(world, TIMEOUT_CROWDED_UDP + 1);
	if (!exchange(world, &sleeper, SHARE, SHARE / 2))
		return false;
	return is_kept(world, 0) && owner_of(world, &sleeper)->displaced >= SHARE / 2;
}

/* But there is room without exchanges as well. */
static bool conversations_give_way(struct world *world)
{
	for (uint32_t turn = 0; turn < 2; turn++) {
		if (!exchange(world, &sleeper, 0, SHARE))
			return false;
		world_let_pass(world, 2);
	}
	world_let_pass(world, TIMEOUT_CROWDED_UDP);
	return exchange(world, &sleeper, SHARE, SHARE);
}

static bool others_exchanges_stay(struct world *world)
{
	if (!exchange(world, &other, 0, SHARE) || !connect_from(world, &sleeper, 0, SHARE))
		return false;
	world_let_pass(world, TIMEOUT_CROWDED_UDP + 1);
	return !asks(world, &sleeper, SHARE) && holds(world, &other, SHARE, 0) &&
	       holds(world, &sleeper, SHARE, 0);
}

/* ------------------------------------------------------------------ embryonic flows */

/* One pod sends four times as many SYNs as there is room for, while the other's handshake waits. */
static bool flood_beside(struct world *world)
{
	for (uint32_t i = 0; i < 20; i++)
		if (sends(world, &other, i, SYN) != NEXT)
			return false;
	for (uint32_t i = 0; i < 4 * WORLD_EMBRYONIC; i++)
		if (sends(world, &sleeper, i, SYN) != NEXT)
			return printf("      SYN %u did not pass\n", i), false;
	for (uint32_t i = 0; i < 20; i++)
		if (is_answered(world, &other, i) != NEXT || sends(world, &other, i, ACK) != NEXT)
			return printf("      handshake %u was lost\n", i), false;
	return holds(world, &other, 20, 0);
}

/* A flow whose SYN the server refuses makes room for any other. */
static bool refused_are_free(struct world *world)
{
	const struct step step = {.program = TO_POD};
	struct pkt pkt = from_hello;

	pkt.flags = RST | ACK;
	pkt.seq = 0;
	for (uint32_t i = 0; i < 4 * WORLD_EMBRYONIC; i++) {
		pkt.dport = 1024 + i;
		if (sends(world, &sleeper, i, SYN) != NEXT ||
		    run_pkt(world, &step, &pkt, NULL) != NEXT)
			return printf("      SYN %u did not pass\n", i), false;
	}
	return owner_of(world, &sleeper)->embryonic <= WORLD_EMBRYONIC / 2 &&
	       connect_from(world, &sleeper, 10000, 5);
}

/* ------------------------------------------------------------------ at the gateway */

static const struct pkt from_node1 = TO_VIP(.ack = 5001, AT_GATEWAY());
static const struct pkt from_node3 = TO_VIP(.ack = 5001, FROM_NODE3());
static const struct pkt pod_answers = FROM_HELLO2(0, A_SYN_ACK);

static int enters(struct world *world, const struct pkt *client, uint32_t i, uint8_t flags,
		  uint32_t *ret_port)
{
	static const struct step step = {.program = UPLINK};
	struct pkt pkt = *client;

	pkt.sport = 1024 + i;
	pkt.flags = flags;
	pkt.seq = flags == SYN ? 1000 : 1001;
	return run_pkt(world, &step, &pkt, ret_port);
}

static int pod_answers_to(struct world *world, uint32_t port)
{
	static const struct step step = {.program = FROM_POD, .device = DEVICE_POD1};
	struct pkt pkt = pod_answers;

	pkt.dport = port;
	return run_pkt(world, &step, &pkt, NULL);
}

static bool enters_whole(struct world *world, const struct pkt *client, uint32_t i)
{
	uint32_t port = 0;

	return enters(world, client, i, SYN, &port) == REDIRECT &&
	       pod_answers_to(world, port) == REDIRECT &&
	       enters(world, client, i, ACK, NULL) == REDIRECT;
}

static const struct owner *owner_at(struct world *world, struct ip_addr addr)
{
	for (uint32_t i = 0; i < OWNER_ROWS; i++)
		if (ip_equal(&world->owners[i].addr, &addr))
			return &world->owners[i];
	return NULL;
}

static bool gateway_share(struct world *world)
{
	const struct owner *node1;
	struct counts counts;

	for (uint32_t i = 0; i < SHARE; i++)
		if (!enters_whole(world, &from_node1, i))
			return printf("      flow %u did not open\n", i), false;
	enters(world, &from_node1, SHARE, SYN, NULL); /* answered by a RST in the tunnel */
	world_counts(world, &counts);
	node1 = owner_at(world, own_ip(NODE1));
	return node1 && node1->flows == SHARE && node1->refused == 1 && node1->network == NETWORK1 &&
	       counts.packets[COUNTER(HOOK_UPLINK, REASON_FLOWS_SHARE)] == 1 &&
	       enters_whole(world, &from_node3, 0);
}

static bool gateway_flood(struct world *world)
{
	uint32_t ports[20];

	for (uint32_t i = 0; i < 20; i++)
		if (enters(world, &from_node3, i, SYN, &ports[i]) != REDIRECT)
			return false;
	for (uint32_t i = 0; i < 4 * WORLD_EMBRYONIC; i++)
		enters(world, &from_node1, i, SYN, NULL);
	for (uint32_t i = 0; i < 20; i++)
		if (pod_answers_to(world, ports[i]) != REDIRECT ||
		    enters(world, &from_node3, i, ACK, NULL) != REDIRECT)
			return printf("      handshake %u was lost\n", i), false;
	return true;
}

/* ------------------------------------------------------------------ rows */

static void has_all_but_one(struct world *world)
{
	world->owners[owner_row(0, world->ifindex[DEVICE_POD0])].flows = SHARE - 1;
}

static void has_all(struct world *world)
{
	world->owners[owner_row(0, world->ifindex[DEVICE_POD0])].flows = SHARE;
}

/* A pod that is its own endpoint makes up both sides of a connection. */
static void setup_hairpin_share(struct world *world)
{
	setup_hairpin(world);
	world->settings->flows_per_owner = SHARE;
}

static bool hairpins(struct world *world, uint32_t i)
{
	const struct step step = {.program = FROM_POD};
	struct pkt answer = {.proto = 6, .saddr = SLEEP, .sport = HELLO_PORT, .daddr = VIP,
			     .dport = 1024 + i, A_SYN_ACK};

	return sends(world, &sleeper, i, SYN) == REDIRECT &&
	       run_pkt(world, &step, &answer, NULL) == REDIRECT &&
	       sends(world, &sleeper, i, ACK) == REDIRECT;
}

static bool hairpin_share(struct world *world)
{
	for (uint32_t i = 0; i < 5 * SHARE; i++)
		hairpins(world, i);
	return holds(world, &sleeper, SHARE, owner_of(world, &sleeper)->embryonic) &&
	       owner_of(world, &sleeper)->refused == 4 * SHARE;
}

static const struct test_case rows[] = {
	{"share: one flow more than a pod may have is refused", setup_share, .run = one_too_many},
	{"share: the own idle flows give way", setup_share, .run = idle_give_way},
	{"share: idle flows of others stay", setup_share, .run = others_idle_stay},
	{"share: closed flows do not count", setup_share, .run = closed_give_way},
	{"share: closed flows make no room for live ones", setup_share, .run = closed_do_not_help},
	{"share: a flow that goes on counts again", setup_share, .run = revived_counts},
	{"share: expired flows give way", setup_share, .run = expired_are_free},
	{"share: exchanges by UDP give way after seconds", setup_share, .run = exchanges_give_way},
	{"share: and where two pods ask in step", setup_share, .run = exchanges_in_step},
	{"share: an exchange of this moment stays", setup_share, .run = exchange_in_progress_stays},
	{"share: a conversation by UDP stays before exchanges", setup_share, .run = conversation_stays},
	{"share: conversations by UDP give way", setup_share, .run = conversations_give_way},
	{"share: exchanges of others stay", setup_share, .run = others_exchanges_stay},
	{"share: the count follows the pod", setup_share, .run = count_moves},
	{"share: a pod that answers itself", setup_hairpin_share, .run = hairpin_share},
	{"share: a full table has room for the modest", setup_local, .run = modest_gets_in},
	{"share: the last place, and none for the client's answer", setup_share,
	 STEPS({FROM_POD, .before = has_all_but_one, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TO_HELLO1(A_SYN), .count = COUNT(TO_LOCAL)},
	       {TO_POD, .in = FROM_HELLO1(A_SYN_ACK), .verdict = NEXT, .out = FROM_VIP(A_SYN_ACK),
		.count = COUNT(REPLY)},
	       {FROM_POD, .before = has_all, .in = TO_VIP(AN_ACK), .verdict = SHOT,
		.count = COUNT(FLOWS_SHARE), .tables = true, .embryonic = 2})},
	{"share: the last place, and none for an answer", setup_share,
	 STEPS({FROM_POD, .before = has_all_but_one, .in = UDP_TO_VIP(.len = 1), .verdict = NEXT,
		.out = UDP(SLEEP, CLIENT_PORT, HELLO1, HELLO_PORT, .len = 1),
		.count = COUNT(TO_LOCAL)},
	       {TO_POD, .before = has_all, .in = UDP(HELLO1, HELLO_PORT, SLEEP, CLIENT_PORT, .len = 1),
		.verdict = SHOT, .count = COUNT(FLOWS_SHARE), .tables = true, .embryonic = 2})},
	{"share: at the gateway by network and outer address", setup_gateway_share,
	 .run = gateway_share},
	{"flood: SYNs of a pod displace no handshake of another", setup_local, .run = flood_beside},
	{"flood: refused SYNs leave no trace", setup_local, .run = refused_are_free},
	{"flood: SYNs of a network's node displace no handshake of another", setup_many_snat_ports,
	 .run = gateway_flood},
};

REGISTER_CASES(rows);
