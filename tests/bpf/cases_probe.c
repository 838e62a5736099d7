/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Probes: which the gateway answers and with what, and which answers a node takes. */
#include "gateway_packets.h"

#include <stdio.h>
#include <string.h>

#include "family.h"
#include "parallax_hash.h"

#define SEQUENCE 7001u
#define TIME 0x1122334455667788ull
#define HEADERS (14 + OWN_HLEN + 8) /* before the Geneve header */

struct probe_bytes {
	struct geneve_header geneve;
	struct geneve_probe_option option;
};

/* A probe, and what becomes of it. */
struct probe_row {
	void (*setup)(struct world *world);
	struct pkt pkt; /* UDP; its payload begins with `probe` */
	void (*change)(struct world *world, struct probe_bytes *probe);
	int verdict;
	enum reason count;
	bool (*after)(struct world *world, const uint8_t *frame, uint32_t len);
};

#define WHOLE sizeof(struct probe_bytes)
#define SENT(source, source_port, to, to_port, bytes)                                              \
	UDP(source, source_port, to, to_port, .len = (bytes), .zero_sum = true, FROM_OUTSIDE)
#define PROBE_OF(source, bytes) SENT(source, NODE1_PORT, GATEWAY, TUNNEL_PORT, bytes)
#define PROBE PROBE_OF(NODE1, WHOLE)
#define ANSWER_OF(source, source_port) SENT(source, source_port, NODE1, NODE1_PORT, WHOLE)
#define ANSWER ANSWER_OF(GATEWAY, TUNNEL_PORT)

static void fill(struct probe_bytes *probe, uint32_t network)
{
	*probe = (struct probe_bytes){
		.geneve = { .version_length = sizeof(probe->option) / 4,
			    .flags = GENEVE_FLAG_OAM | GENEVE_FLAG_CRITICAL,
			    .vni = { network >> 16, network >> 8, network } },
		.option = { .head = { htons(GENEVE_CLASS_PARALLAX), GENEVE_OPTION_PROBE, 6 },
			    .sequence = htonl(SEQUENCE), .time = TIME, .row = htonl(5) },
	};
}

static bool said(const char *text)
{
	printf("      %s\n", text);
	return false;
}

static bool run_row(struct world *world, const struct probe_row *row)
{
	const struct step step = { .program = UPLINK };
	struct port_values ports = { 0 };
	struct counts before, after;
	struct probe_bytes probe;
	struct frame frame;
	int verdict = 0, moved = 0;

	row->setup(world);
	fill(&probe, row->pkt.dport == TUNNEL_PORT ? NETWORK1 : NETWORK2);
	if (row->pkt.sport == TUNNEL_PORT)
		probe.option.flags = PROBE_ANSWER;
	if (row->change)
		row->change(world, &probe);
	pkt_build(&row->pkt, &ports, &frame);
	memcpy(frame.data + HEADERS, &probe, sizeof(probe));
	world_counts(world, &before);
	if (frame_run(world, &step, frame.data, &frame.len, &verdict))
		return said("the program does not run");
	world_counts(world, &after);
	for (int i = 0; i < HOOK_COUNT * REASON_COUNT; i++)
		moved += after.packets[i] != before.packets[i];
	if (verdict != row->verdict)
		printf("      verdict %d, want %d\n", verdict, row->verdict);
	if (moved != (row->count != 0) ||
	    (row->count && after.packets[COUNTER(HOOK_UPLINK, row->count)] !=
				   before.packets[COUNTER(HOOK_UPLINK, row->count)] + 1))
		return said("another counter than wanted moved");
	return verdict == row->verdict && (!row->after || row->after(world, frame.data, frame.len));
}

/* ------------------------------------------------------------------ the gateway */

static void own_health(struct world *world)
{
	setup_gateway(world);
	world->health[0].services = 70000;
	world->health[0].mtu = 1450;
	world->health[0].load = 30;
}

/* The header's words sum to ~0; IPv6 has no checksum. */
static bool ip_sums(const uint8_t *frame)
{
	return PLAIN_FAMILY == 6 || sum_fold(sum_add(frame + 14, 20, 0)) == 0xffff;
}

static bool is_from_gateway(const uint8_t *frame)
{
	const uint32_t at = 14 + OWN_HLEN;
	struct frame want;
	struct port_values ports = { 0 };
	const struct pkt back = ANSWER;
	const uint32_t addresses = PLAIN_FAMILY == 6 ? 14 + 8 : 14 + 12;

	pkt_build(&back, &ports, &want);
	return !memcmp(frame + at, want.data + at, 4) &&
	       !memcmp(frame + addresses, want.data + addresses, 14 + OWN_HLEN - addresses);
}

static bool answered(struct world *world, const uint8_t *frame, uint32_t len)
{
	struct probe_bytes got, want;

	(void)world;
	memcpy(&got, frame + HEADERS, sizeof(got));
	fill(&want, NETWORK2);
	want.option.flags = PROBE_ANSWER;
	want.option.services = htonl(70000);
	want.option.mtu = htons(1450);
	want.option.load = 30;
	if (len != HEADERS + sizeof(got))
		return said("the answer has another length");
	if (memcmp(&got, &want, sizeof(got)))
		return said("the answer says something else");
	if (frame[14 + OWN_HLEN + 4] << 8 != 0 || frame[14 + OWN_HLEN + 5] != 8 + sizeof(got))
		return said("the answer's UDP header has another length");
	if (frame[14 + OWN_HLEN + 6] || frame[14 + OWN_HLEN + 7])
		return said("the answer has a UDP checksum");
	if (!ip_sums(frame))
		return said("the answer's IP header has a wrong checksum");
	return is_from_gateway(frame) || said("the answer goes elsewhere");
}

static void other_network(struct world *world, struct probe_bytes *probe)
{
	(void)world;
	probe->geneve.vni[0] = UNKNOWN_NETWORK >> 16;
}

static void too_many(struct world *world, struct probe_bytes *probe)
{
	(void)probe;
	for (uint32_t i = 0; i < OWNER_ROWS; i++) {
		world->owners[i].second = world_ticks(world);
		world->owners[i].probes = PROBES_PER_SECOND;
	}
}

static void last_second(struct world *world, struct probe_bytes *probe)
{
	too_many(world, probe);
	for (uint32_t i = 0; i < OWNER_ROWS; i++)
		world->owners[i].second -= world->hz;
}

static void is_answer(struct world *world, struct probe_bytes *probe)
{
	(void)world;
	probe->option.flags = PROBE_ANSWER;
}

static void other_option(struct world *world, struct probe_bytes *probe)
{
	(void)world;
	probe->option.head.type = 0x84;
}

static void short_option(struct world *world, struct probe_bytes *probe)
{
	(void)world;
	probe->option.head.length = 5;
}

static void more_options(struct world *world, struct probe_bytes *probe)
{
	(void)world;
	probe->geneve.version_length++;
}

static void version1(struct world *world, struct probe_bytes *probe)
{
	(void)world;
	probe->geneve.version_length |= 0x40;
}

static void carries_ip(struct world *world, struct probe_bytes *probe)
{
	(void)world;
	probe->geneve.protocol = htons(OWN_ETHERTYPE);
}

static void no_probe(struct world *world, struct probe_bytes *probe)
{
	(void)world;
	probe->geneve.flags = GENEVE_FLAG_CRITICAL;
}

static void stops(struct world *world)
{
	setup_gateway(world);
	world->settings->flags &= ~SETTING_GATEWAY;
}

#define ROW(function, ...)                                                                         \
	static bool function(struct world *world)                                                  \
	{                                                                                          \
		static const struct probe_row row = { __VA_ARGS__ };                               \
                                                                                                   \
		return run_row(world, &row);                                                       \
	}                                                                                          \
	_Static_assert(1, "takes the semicolon")

ROW(is_echoed, own_health, PROBE, NULL, REDIRECT, COUNT(PROBE_ANSWERED), answered);
ROW(is_echoed_short, own_health, PROBE_OF(NODE1, WHOLE + 1300), NULL, REDIRECT, COUNT(PROBE_ANSWERED), answered);
ROW(stranger, own_health, PROBE_OF(STRANGER, WHOLE), NULL, SHOT, COUNT(TUNNEL_SOURCE), NULL);
ROW(unknown_network, own_health, PROBE, other_network, SHOT, COUNT(TUNNEL_VNI), NULL);
ROW(over_the_limit, own_health, PROBE, too_many, SHOT, COUNT(REPLY_LIMIT), NULL);
ROW(next_second, own_health, PROBE, last_second, REDIRECT, COUNT(PROBE_ANSWERED), answered);
ROW(answer_to_gateway, own_health, PROBE, is_answer, SHOT, COUNT(TUNNEL_MALFORMED), NULL);
ROW(unknown_option, own_health, PROBE, other_option, SHOT, COUNT(TUNNEL_MALFORMED), NULL);
ROW(option_too_short, own_health, PROBE, short_option, SHOT, COUNT(TUNNEL_MALFORMED), NULL);
ROW(options_too_long, own_health, PROBE_OF(NODE1, WHOLE + 8), more_options, SHOT, COUNT(TUNNEL_MALFORMED), NULL);
ROW(other_version, own_health, PROBE, version1, SHOT, COUNT(TUNNEL_MALFORMED), NULL);
ROW(inner_packet, own_health, PROBE, carries_ip, SHOT, COUNT(TUNNEL_MALFORMED), NULL);
ROW(no_o_bit, own_health, PROBE, no_probe, SHOT, COUNT(TUNNEL_MALFORMED), NULL);
ROW(cut_short, own_health, PROBE_OF(NODE1, 30), NULL, SHOT, COUNT(TUNNEL_MALFORMED), NULL);
ROW(no_gateway, stops, PROBE, NULL, NEXT, 0, NULL);

/* ------------------------------------------------------------------ the node that asked */

static uint32_t asked_row;

/* Row 5 of fill() stands for the gateway's. */
static void asks(struct world *world, struct probe_bytes *probe)
{
	struct health_probe *sent = &world->health[asked_row].probes[SEQUENCE % HEALTH_PROBES];

	*sent = (struct health_probe){ .sent_ns = world_now_ns() - 2000000, .sequence = SEQUENCE };
	probe->option.row = htonl(asked_row);
	probe->option.time = sent->sent_ns;
	probe->option.services = htonl(12);
	probe->option.mtu = htons(1400);
	probe->option.load = 99;
}

static void setup_asks(struct world *world)
{
	setup_geneve(world);
	asked_row = world_health(world, GATEWAY, GATEWAY_UP);
}

static bool is_known(struct world *world, const uint8_t *frame, uint32_t len)
{
	const struct gateway_health *health = &world->health[asked_row];
	uint32_t rtt_us = health->probes[SEQUENCE % HEALTH_PROBES].rtt_us;

	(void)frame;
	(void)len;
	if (health->services != 12 || health->mtu != 1400 || health->load != 99 ||
	    health->network != NETWORK2)
		return said("the answer is not what is known");
	return (rtt_us >= 2000 && rtt_us < 5000000) || said("the time is another one");
}

static bool is_not_known(struct world *world, const uint8_t *frame, uint32_t len)
{
	(void)frame;
	(void)len;
	return !world->health[asked_row].probes[SEQUENCE % HEALTH_PROBES].rtt_us ||
	       said("it counts as an answer");
}

static void asks_from_there(struct world *world, struct probe_bytes *probe)
{
	asks(world, probe);
	probe->option.flags = PROBE_ANSWER;
}

static void wrong_time(struct world *world, struct probe_bytes *probe)
{
	asks(world, probe);
	probe->option.time++;
}

static void wrong_number(struct world *world, struct probe_bytes *probe)
{
	asks(world, probe);
	probe->option.sequence = htonl(SEQUENCE + HEALTH_PROBES);
}

static void row_outside(struct world *world, struct probe_bytes *probe)
{
	asks(world, probe);
	probe->option.row = htonl(0xffffffff);
}

static void own_row(struct world *world, struct probe_bytes *probe)
{
	asks(world, probe);
	probe->option.row = 0;
}

static void is_question(struct world *world, struct probe_bytes *probe)
{
	asks(world, probe);
	probe->option.flags = 0;
}

static void foreign_bytes(struct world *world, struct probe_bytes *probe)
{
	asks(world, probe);
	probe->option.head.type = 0x05;
}

ROW(is_taken, setup_asks, ANSWER, asks, SHOT, COUNT(PROBE_BACK), is_known);
ROW(other_gateway, setup_asks, ANSWER_OF(GATEWAY2, TUNNEL_PORT), asks, SHOT, COUNT(TUNNEL_SOURCE), is_not_known);
ROW(other_port, setup_asks, ANSWER_OF(GATEWAY, 6082), asks_from_there, SHOT, COUNT(TUNNEL_SOURCE), is_not_known);
ROW(guessed_time, setup_asks, ANSWER, wrong_time, SHOT, COUNT(TUNNEL_NO_FLOW), is_not_known);
ROW(guessed_number, setup_asks, ANSWER, wrong_number, SHOT, COUNT(TUNNEL_NO_FLOW), is_not_known);
ROW(no_such_row, setup_asks, ANSWER, row_outside, SHOT, COUNT(TUNNEL_SOURCE), is_not_known);
ROW(row_of_own, setup_asks, ANSWER, own_row, SHOT, COUNT(TUNNEL_SOURCE), is_not_known);
ROW(question, setup_asks, ANSWER, is_question, SHOT, COUNT(TUNNEL_MALFORMED), is_not_known);
ROW(of_others, setup_asks, ANSWER, foreign_bytes, NEXT, 0, is_not_known);

static const struct test_case rows[] = {
	{ "probe: the gateway answers", .run = is_echoed },
	{ "probe: the answer to a large one is small", .run = is_echoed_short },
	{ "probe: a source that is not admitted hears nothing", .run = stranger },
	{ "probe: nor one of an unknown network", .run = unknown_network },
	{ "probe: a source that probes too often hears nothing", .run = over_the_limit },
	{ "probe: in the next second it does", .run = next_second },
	{ "probe: the gateway takes no answers", .run = answer_to_gateway },
	{ "probe: another critical option", .run = unknown_option },
	{ "probe: an option too short", .run = option_too_short },
	{ "probe: further options", .run = options_too_long },
	{ "probe: version 1", .run = other_version },
	{ "probe: an inner packet", .run = inner_packet },
	{ "probe: without the O bit", .run = no_o_bit },
	{ "probe: cut short", .run = cut_short },
	{ "probe: to a node that is no gateway", .run = no_gateway },
	{ "probe: an answer is noted", .run = is_taken },
	{ "probe: an answer of another gateway is not", .run = other_gateway },
	{ "probe: an answer from another port is not", .run = other_port },
	{ "probe: an answer with another time is not", .run = guessed_time },
	{ "probe: an answer with another number is not", .run = guessed_number },
	{ "probe: an answer for no row is not", .run = no_such_row },
	{ "probe: an answer for this node's own row is not", .run = row_of_own },
	{ "probe: a question to a client's port is not", .run = question },
	{ "probe: another packet to a client's port is left to the stack", .run = of_others },
};

REGISTER_CASES(rows);
