/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Probes: which the gateway answers and with what, and which answers a node takes. */
#include "probe_row.h"

/* ------------------------------------------------------------------ the gateway */

static void last_second(struct world *world, struct probe_bytes *probe)
{
	probe_is_over_limit(world, probe);
	for (uint32_t i = 0; i < OWNER_ROWS; i++)
		world->owners[i].second -= world->hz;
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

static void forwards(struct world *world)
{
	probe_own_health(world);
	world->settings->flags |= SETTING_FORWARD;
}

static void stops(struct world *world)
{
	setup_gateway(world);
	world->settings->flags &= ~SETTING_GATEWAY;
}

ROW(is_echoed, probe_own_health, PROBE, NULL, REDIRECT, COUNT(PROBE_ANSWERED), probe_is_answered);
ROW(is_echoed_forward, forwards, PROBE, NULL, REDIRECT, COUNT(PROBE_ANSWERED), probe_is_answered);
ROW(stranger, probe_own_health, PROBE_OF(STRANGER, WHOLE), NULL, SHOT, COUNT(TUNNEL_SOURCE), NULL);
ROW(unknown_network, probe_own_health, PROBE, probe_of_unknown_network, SHOT, COUNT(TUNNEL_VNI), NULL);
ROW(over_the_limit, probe_own_health, PROBE, probe_is_over_limit, SHOT, COUNT(REPLY_LIMIT), NULL);
ROW(next_second, probe_own_health, PROBE, last_second, REDIRECT, COUNT(PROBE_ANSWERED), probe_is_answered);
ROW(answer_to_gateway, probe_own_health, PROBE, probe_says_answer, SHOT, COUNT(TUNNEL_MALFORMED), NULL);
ROW(unknown_option, probe_own_health, PROBE, other_option, SHOT, COUNT(TUNNEL_MALFORMED), NULL);
ROW(option_too_short, probe_own_health, PROBE, short_option, SHOT, COUNT(TUNNEL_MALFORMED), NULL);
ROW(options_too_long, probe_own_health, PROBE_OF(NODE1, WHOLE + 8), more_options, SHOT, COUNT(TUNNEL_MALFORMED), NULL);
ROW(other_version, probe_own_health, PROBE, version1, SHOT, COUNT(TUNNEL_MALFORMED), NULL);
ROW(inner_packet, probe_own_health, PROBE, carries_ip, SHOT, COUNT(TUNNEL_MALFORMED), NULL);
ROW(no_o_bit, probe_own_health, PROBE, no_probe, SHOT, COUNT(TUNNEL_MALFORMED), NULL);
ROW(cut_short, probe_own_health, PROBE_OF(NODE1, 30), NULL, SHOT, COUNT(TUNNEL_MALFORMED), NULL);
ROW(no_gateway, stops, PROBE, NULL, NEXT, 0, NULL);

/* ------------------------------------------------------------------ the node that asked */

static void asks_from_there(struct world *world, struct probe_bytes *probe)
{
	probe_asks(world, probe);
	probe->option.flags = PROBE_ANSWER;
}

static void wrong_time(struct world *world, struct probe_bytes *probe)
{
	probe_asks(world, probe);
	probe->option.time++;
}

static void wrong_number(struct world *world, struct probe_bytes *probe)
{
	probe_asks(world, probe);
	probe->option.sequence = htonl(SEQUENCE + HEALTH_PROBES);
}

static void row_outside(struct world *world, struct probe_bytes *probe)
{
	probe_asks(world, probe);
	probe->option.row = htonl(0xffffffff);
}

static void own_row(struct world *world, struct probe_bytes *probe)
{
	probe_asks(world, probe);
	probe->option.row = 0;
}

static void is_question(struct world *world, struct probe_bytes *probe)
{
	probe_asks(world, probe);
	probe->option.flags = 0;
}

static void foreign_bytes(struct world *world, struct probe_bytes *probe)
{
	probe_asks(world, probe);
	probe->option.head.type = 0x05;
}

ROW(is_taken, probe_setup_asks, ANSWER, probe_asks, SHOT, COUNT(PROBE_BACK), probe_is_known);
ROW(other_gateway, probe_setup_asks, ANSWER_OF(GATEWAY2, TUNNEL_PORT), probe_asks, SHOT, COUNT(TUNNEL_SOURCE), probe_is_not_known);
ROW(other_port, probe_setup_asks, ANSWER_OF(GATEWAY, 6082), asks_from_there, SHOT, COUNT(TUNNEL_SOURCE), probe_is_not_known);
ROW(guessed_time, probe_setup_asks, ANSWER, wrong_time, SHOT, COUNT(TUNNEL_NO_FLOW), probe_is_not_known);
ROW(guessed_number, probe_setup_asks, ANSWER, wrong_number, SHOT, COUNT(TUNNEL_NO_FLOW), probe_is_not_known);
ROW(no_such_row, probe_setup_asks, ANSWER, row_outside, SHOT, COUNT(TUNNEL_SOURCE), probe_is_not_known);
ROW(row_of_own, probe_setup_asks, ANSWER, own_row, SHOT, COUNT(TUNNEL_SOURCE), probe_is_not_known);
ROW(question, probe_setup_asks, ANSWER, is_question, SHOT, COUNT(TUNNEL_MALFORMED), probe_is_not_known);
ROW(of_others, probe_setup_asks, ANSWER, foreign_bytes, NEXT, 0, probe_is_not_known);

static const struct test_case rows[] = {
	{ "probe: the gateway answers", .run = is_echoed },
	{ "probe: one of mode forward says that it takes over connections", .run = is_echoed_forward },
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
