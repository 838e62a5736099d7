/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Two CPUs open one flow at the same time: there is one flow afterwards, and no packet was
 * refused. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway_packets.h"

#define FLOWS_OF_A_ROUND 100
#define ROUNDS 40

/* The flows one CPU sends, one after another: the client's port counts up. */
struct racer {
	struct world *world;
	struct race *race;
	struct step step;
	bool reply; /* the client's port is the destination */
	int cpu;
	int verdicts[FLOWS_OF_A_ROUND];
	struct frame frames[FLOWS_OF_A_ROUND];
};

struct race {
	struct racer racers[2];
	atomic_uint arrived;
	uint16_t first_port;
};

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* Both have arrived `times` times. */
static void meet(struct race *race, uint32_t times)
{
	atomic_fetch_add(&race->arrived, 1);
	while (atomic_load(&race->arrived) < 2 * times)
		sched_yield();
}

static void *run_racer(void *data)
{
	struct racer *racer = data;
	struct port_values ports = {0};
	struct pkt pkt = racer->step.in;

	stay_on(racer->cpu);
	for (uint32_t i = 0; i < FLOWS_OF_A_ROUND; i++) {
		struct frame *frame = &racer->frames[i];

		*(racer->reply ? &pkt.dport : &pkt.sport) = racer->race->first_port + i;
		pkt_build(&pkt, &ports, frame);
		meet(racer->race, i + 1);
		if (frame_run(racer->world, &racer->step, frame->data, &frame->len,
			      &racer->verdicts[i]))
			racer->verdicts[i] = -100;
	}
	return NULL;
}

/* Prints every counter that is not zero. */
static void print_refusals(struct world *world)
{
	static const char *const names[] = {
#define X(name, ...) [REASON_##name] = #name,
		REASONS(X)
#undef X
	};
	struct counts counts;

	world_counts(world, &counts);
	for (int i = 0; i < HOOK_COUNT * REASON_COUNT; i++)
		if (counts.packets[i])
			printf("      hook %d %s: %llu\n", i / REASON_COUNT,
			       names[i % REASON_COUNT], (unsigned long long)counts.packets[i]);
}

/* One packet per flow and CPU. Returns whether all of them passed. */
static bool race_run(struct world *world, struct race *race, const struct step *first,
		     const struct step *second)
{
	pthread_t thread;

	race->arrived = 0;
	for (int i = 0; i < 2; i++) {
		race->racers[i].world = world;
		race->racers[i].race = race;
		race->racers[i].step = *(i ? second : first);
		race->racers[i].reply = race->racers[i].step.program == TO_POD;
	}
	if (pthread_create(&thread, NULL, run_racer, &race->racers[1]))
		return printf("      no second thread\n"), false;
	run_racer(&race->racers[0]);
	pthread_join(thread, NULL);
	for (int i = 0; i < 2; i++)
		for (int k = 0; k < FLOWS_OF_A_ROUND; k++)
			if (race->racers[i].verdicts[k] != race->racers[i].step.verdict)
				return printf("      CPU %d, flow %d: verdict %d\n", i, k,
					      race->racers[i].verdicts[k]),
				       print_refusals(world), false;
	return true;
}

static void count_role(const struct flow_key *key, struct flow *flow, void *data)
{
	(void)flow;
	++((uint32_t *)data)[FLOW_ROLE(key->zone) % 2];
}

/* All flows of the round have both entries, and there are no others. */
static bool all_paired(struct world *world, const char *map, const char *other)
{
	uint32_t entries[2] = {0};
	struct flow_visit visit = {.visit = count_role, .data = entries};
	uint32_t elsewhere = world_flows(world, other, NULL);

	world_flows(world, map, &visit);
	if (entries[0] == FLOWS_OF_A_ROUND && entries[1] == FLOWS_OF_A_ROUND && !elsewhere)
		return true;
	printf("      %u forward and %u reply entries in %s, %u in %s\n", entries[0], entries[1], map,
	       elsewhere, other);
	return false;
}

/* Both CPUs sent their packet of each flow to the same place, from the same port. */
static bool all_alike(const struct race *race)
{
	for (int i = 0; i < FLOWS_OF_A_ROUND; i++) {
		const struct frame *a = &race->racers[0].frames[i], *b = &race->racers[1].frames[i];

		if (a->len != b->len || memcmp(a->data + 14, b->data + 14, a->len - 14))
			return printf("      flow %d was sent two ways\n", i), false;
	}
	return true;
}

/* ------------------------------------------------------------------ rows */

static const struct step syn = {FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT};
static const struct step syn_ack = {TO_POD, .in = FROM_HELLO1(A_SYN_ACK), .verdict = NEXT};
static const struct step ack = {FROM_POD, .in = TO_VIP(AN_ACK), .verdict = NEXT};
static const struct step some_data = {FROM_POD, .in = TO_VIP(SOME_DATA), .verdict = NEXT};
static const struct step datagram = {FROM_POD, .in = UDP_TO_VIP(.len = 4), .verdict = NEXT};
static const struct step datagram_back = {
	TO_POD, .in = UDP(HELLO1, HELLO_PORT, SLEEP, CLIENT_PORT, .len = 4), .verdict = NEXT,
};
static const struct step client_fin = {
	FROM_POD, .in = TO_VIP(.flags = FIN | ACK, .seq = 1001, .ack = 5001), .verdict = NEXT,
};
static const struct step server_fin = {
	TO_POD, .in = FROM_HELLO1(.flags = FIN | ACK, .seq = 5001, .ack = 1001), .verdict = NEXT,
};
static const struct step tunnel_syn = {
	UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = REDIRECT,
};

static bool open_udp(struct world *world, struct race *race)
{
	return race_run(world, race, &datagram, &datagram) && all_alike(race) &&
	       all_paired(world, "embryonic", "flows");
}

static bool promote_udp(struct world *world, struct race *race)
{
	return open_udp(world, race) && race_run(world, race, &datagram, &datagram_back) &&
	       all_paired(world, "flows", "embryonic");
}

static void lose_forward(const struct flow_key *key, struct flow *flow, void *data)
{
	(void)flow;
	if (FLOW_ROLE(key->zone) == FLOW_CLIENT)
		world_delete(data, "embryonic", key);
}

static void count_established(const struct flow_key *key, struct flow *flow, void *data)
{
	(void)key;
	*(uint32_t *)data += flow->state == FLOW_ESTABLISHED;
}

/* If the reply promotes the flow while the other CPU opens it again, a forward entry may be left in
 * `embryonic`: no look-up reaches it while the flow lasts. */
static bool promote_lost(struct world *world, struct race *race)
{
	struct flow_visit lose = {.visit = lose_forward, .data = world};
	uint32_t established = 0;
	struct flow_visit count = {.visit = count_established, .data = &established};

	if (!open_udp(world, race))
		return false;
	world_flows(world, "embryonic", &lose);
	if (!race_run(world, race, &datagram, &datagram_back))
		return false;
	world_flows(world, "flows", &count);
	if (established == 2 * FLOWS_OF_A_ROUND)
		return true;
	printf("      %u entries are established\n", established);
	return false;
}

static bool promote_tcp(struct world *world, struct race *race)
{
	return race_run(world, race, &syn, &syn) && race_run(world, race, &syn_ack, &syn_ack) &&
	       all_paired(world, "embryonic", "flows") &&
	       race_run(world, race, &ack, &some_data) && all_paired(world, "flows", "embryonic");
}

static void count_closing(const struct flow_key *key, struct flow *flow, void *data)
{
	(void)key;
	*(uint32_t *)data += flow->state == FLOW_CLOSING;
}

static bool finish_tcp(struct world *world, struct race *race)
{
	uint32_t closing = 0;
	struct flow_visit count = {.visit = count_closing, .data = &closing};

	if (!race_run(world, race, &syn, &syn) || !race_run(world, race, &syn_ack, &syn_ack) ||
	    !race_run(world, race, &ack, &ack) || !race_run(world, race, &client_fin, &server_fin))
		return false;
	world_flows(world, "flows", &count);
	if (closing == 2 * FLOWS_OF_A_ROUND)
		return true;
	printf("      %u entries are closed\n", closing);
	return false;
}

static bool open_at_gateway(struct world *world, struct race *race)
{
	return race_run(world, race, &tunnel_syn, &tunnel_syn) && all_alike(race) &&
	       all_paired(world, "embryonic", "flows");
}

/* On the CPU that the tables are kept on, and another. */
static bool run_rounds(struct world *world, void (*setup)(struct world *world),
		       bool (*round)(struct world *world, struct race *race))
{
	static struct race race;
	int here = sched_getcpu();
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	bool good = true;

	race.racers[0].cpu = here;
	race.racers[1].cpu = cpus > 1 ? (here + 1) % cpus : here;
	for (int i = 0; i < ROUNDS && good; i++) {
		world_reset(world);
		setup(world);
		race.first_port = 1024 + i * FLOWS_OF_A_ROUND;
		good = round(world, &race);
		if (!good)
			printf("      in round %d\n", i);
	}
	return good;
}

static bool rounds_of_open_udp(struct world *world)
{
	return run_rounds(world, setup_local, open_udp);
}

static bool rounds_of_promote_udp(struct world *world)
{
	return run_rounds(world, setup_local, promote_udp);
}

static bool rounds_of_promote_lost(struct world *world)
{
	return run_rounds(world, setup_local, promote_lost);
}

static bool rounds_of_promote_tcp(struct world *world)
{
	return run_rounds(world, setup_local, promote_tcp);
}

static bool rounds_of_finish_tcp(struct world *world)
{
	return run_rounds(world, setup_local, finish_tcp);
}

static bool rounds_at_gateway(struct world *world)
{
	return run_rounds(world, setup_many_snat_ports, open_at_gateway);
}

static const struct test_case rows[] = {
	{"race: the first packet of a UDP flow, twice", NULL, .run = rounds_of_open_udp},
	{"race: a datagram and its reply", NULL, .run = rounds_of_promote_udp},
	{"race: a datagram whose entry was lost, and its reply", NULL,
	 .run = rounds_of_promote_lost},
	{"race: handshakes, each packet twice", NULL, .run = rounds_of_promote_tcp},
	{"race: the FINs of both ends", NULL, .run = rounds_of_finish_tcp},
	{"race: a SYN at the gateway, twice", NULL, .run = rounds_at_gateway},
};

REGISTER_CASES(rows);
