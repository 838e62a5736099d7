/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Up and down by probes: inputs and outputs, then gateways that die, come back, are far away or lossy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gateway_probe.h"

static const struct probe_settings settings = { 100000, 1000000, 3 };

/* ------------------------------------------------------------------ inputs and outputs */

enum input {
	END,
	BUSY,   /* the clock, while flows go there */
	IDLE,   /* the clock, without flows */
	ANSWER, /* to the last probe, or to the one `back` before it */
};

struct row {
	int64_t at_ms;
	enum input input;
	uint32_t value; /* BUSY and IDLE: whether a probe is sent; ANSWER: `back` */
	enum gateway_state state;
};

struct script {
	const char *name;
	enum gateway_state before;
	struct row rows[26];
};

#define UNKNOWN GATEWAY_UNKNOWN
#define UP GATEWAY_UP
#define DOWN GATEWAY_DOWN

static const struct script scripts[] = {
	{ "one that never answers stays unknown, and is asked when idle only",
	  UNKNOWN,
	  { { 1000, BUSY, 1, UNKNOWN },
	    { 1500, BUSY, 0, UNKNOWN },
	    { 2101, BUSY, 1, UNKNOWN },
	    { 3202, BUSY, 1, UNKNOWN },
	    { 4303, BUSY, 1, UNKNOWN },
	    { 9000, BUSY, 1, UNKNOWN } } },
	{ "the first answer makes it up",
	  UNKNOWN,
	  { { 1000, BUSY, 1, UNKNOWN }, { 1001, ANSWER, 0, UP } } },
	{ "each interval while flows go there",
	  UP,
	  { { 1000, BUSY, 1, UP },
	    { 1001, ANSWER, 0, UP },
	    { 1089, BUSY, 0, UP },
	    { 1111, BUSY, 1, UP },
	    { 1112, ANSWER, 0, UP },
	    { 1200, BUSY, 0, UP },
	    { 1222, BUSY, 1, UP } } },
	{ "each second without flows",
	  UP,
	  { { 1000, IDLE, 1, UP },
	    { 1001, ANSWER, 0, UP },
	    { 1899, IDLE, 0, UP },
	    { 2101, IDLE, 1, UP } } },
	{ "flows that come end the rest",
	  UP,
	  { { 1000, IDLE, 1, UP },
	    { 1001, ANSWER, 0, UP },
	    { 1500, IDLE, 0, UP },
	    { 1501, BUSY, 1, UP } } },
	{ "three unanswered in a row, each asked as soon as the one before is missed",
	  UP,
	  { { 1000, BUSY, 1, UP },
	    { 1001, ANSWER, 0, UP },
	    { 1110, BUSY, 1, UP },
	    { 1159, BUSY, 0, UP },
	    { 1160, BUSY, 1, UP },
	    { 1209, BUSY, 0, UP },
	    { 1210, BUSY, 1, UP },
	    { 1259, BUSY, 0, UP },
	    { 1260, BUSY, 0, DOWN } } },
	{ "the same without flows",
	  UP,
	  { { 1000, IDLE, 1, UP },
	    { 1001, ANSWER, 0, UP },
	    { 2101, IDLE, 1, UP },
	    { 2151, IDLE, 1, UP },
	    { 2201, IDLE, 1, UP },
	    { 2251, IDLE, 0, DOWN },
	    { 3000, IDLE, 0, DOWN },
	    { 3302, IDLE, 1, DOWN } } },
	{ "two unanswered are forgiven",
	  UP,
	  { { 1000, BUSY, 1, UP },
	    { 1001, ANSWER, 0, UP },
	    { 1110, BUSY, 1, UP },
	    { 1160, BUSY, 1, UP },
	    { 1210, BUSY, 1, UP },
	    { 1211, ANSWER, 0, UP },
	    { 1321, BUSY, 1, UP },
	    { 1371, BUSY, 1, UP },
	    { 1421, BUSY, 1, UP },
	    { 1422, ANSWER, 0, UP } } },
	{ "a late answer is one",
	  UP,
	  { { 1000, BUSY, 1, UP },
	    { 1001, ANSWER, 0, UP },
	    { 1110, BUSY, 1, UP },
	    { 1160, BUSY, 1, UP },
	    { 1210, BUSY, 1, UP },
	    { 1220, ANSWER, 1, UP },
	    { 1260, BUSY, 1, UP },
	    { 1310, BUSY, 1, UP },
	    { 1359, BUSY, 0, UP },
	    { 1360, BUSY, 0, DOWN } } },
	{ "two answers in a row make it up again",
	  DOWN,
	  { { 1000, BUSY, 1, DOWN },
	    { 1001, ANSWER, 0, DOWN },
	    { 1111, BUSY, 1, DOWN },
	    { 1112, ANSWER, 0, UP } } },
	{ "one answer, then none, is no two in a row",
	  DOWN,
	  { { 1000, BUSY, 1, DOWN },
	    { 1001, ANSWER, 0, DOWN },
	    { 1111, BUSY, 1, DOWN },
	    { 1161, BUSY, 0, DOWN },
	    { 2400, BUSY, 1, DOWN },
	    { 2401, ANSWER, 0, DOWN },
	    { 2511, BUSY, 1, DOWN },
	    { 2512, ANSWER, 0, UP } } },
	{ "one that goes down again soon must answer twice as often",
	  DOWN,
	  { { 1000, BUSY, 1, DOWN },
	    { 1001, ANSWER, 0, DOWN },
	    { 1111, BUSY, 1, DOWN },
	    { 1112, ANSWER, 0, UP },
	    { 1222, BUSY, 1, UP },
	    { 1272, BUSY, 1, UP },
	    { 1322, BUSY, 1, UP },
	    { 1372, BUSY, 0, DOWN },
	    { 2500, BUSY, 1, DOWN },
	    { 2501, ANSWER, 0, DOWN },
	    { 2611, BUSY, 1, DOWN },
	    { 2612, ANSWER, 0, DOWN },
	    { 2722, BUSY, 1, DOWN },
	    { 2723, ANSWER, 0, DOWN },
	    { 2833, BUSY, 1, DOWN },
	    { 2834, ANSWER, 0, UP } } },
	{ "an answer counts once",
	  DOWN,
	  { { 1000, BUSY, 1, DOWN }, { 1001, ANSWER, 0, DOWN }, { 1002, ANSWER, 0, DOWN } } },
	{ "an answer to no probe counts for nothing",
	  UNKNOWN,
	  { { 1000, BUSY, 1, UNKNOWN }, { 1001, ANSWER, 3, UNKNOWN } } },
};

static void follow(struct gateway_probe *probe, const struct script *script, const struct row *row)
{
	int64_t now = row->at_ms * 1000;

	if (row->input == ANSWER)
		gateway_probe_answered(probe, probe->sequence - row->value, 1000, now);
	else if (gateway_probe_tick(probe, row->input == BUSY, now) != (row->value != 0))
		fail_msg("%s: at %lld ms %s probe is sent", script->name, (long long)row->at_ms,
			 row->value ? "no" : "a");
	if (probe->state != row->state)
		fail_msg("%s: at %lld ms state %d", script->name, (long long)row->at_ms,
			 probe->state);
}

static void inputs_give_outputs(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		for (uint32_t seed = 1; seed < 20; seed++) {
			struct gateway_probe probe;

			gateway_probe_init(&probe, &settings, scripts[i].before, seed, 0);
			for (const struct row *row = scripts[i].rows; row->input != END; row++)
				follow(&probe, &scripts[i], row);
		}
}

/* ------------------------------------------------------------------ a gateway and its clock */

struct gateway {
	struct gateway_probe probe;
	int64_t now, rtt_us, off_us;
	uint32_t loss; /* percent */
	bool dead;
	struct {
		int64_t at, rtt;
		uint32_t sequence;
	} answers[64];
	uint32_t sent;
};

static void gateway_send(struct gateway *g)
{
	int64_t rtt = g->rtt_us + (g->off_us ? rand() % g->off_us : 0);

	g->sent++;
	if (g->dead || (uint32_t)rand() % 100 < g->loss)
		return;
	g->answers[g->probe.sequence % 64].at = g->now + rtt;
	g->answers[g->probe.sequence % 64].rtt = rtt;
	g->answers[g->probe.sequence % 64].sequence = g->probe.sequence;
}

static int64_t gateway_next(struct gateway *g, bool busy)
{
	int64_t next = gateway_probe_due(&g->probe, busy);

	for (int i = 0; i < 64; i++)
		if (g->answers[i].at && g->answers[i].at < next)
			next = g->answers[i].at;
	return next;
}

static void gateway_step(struct gateway *g, bool busy)
{
	g->now = gateway_next(g, busy);
	for (int i = 0; i < 64; i++)
		if (g->answers[i].at && g->answers[i].at <= g->now) {
			gateway_probe_answered(&g->probe, g->answers[i].sequence, g->answers[i].rtt,
					       g->now);
			g->answers[i].at = 0;
		}
	if (gateway_probe_tick(&g->probe, busy, g->now))
		gateway_send(g);
}

/* Runs until `end`, or until the state changes. */
static void gateway_run(struct gateway *g, bool busy, int64_t end)
{
	enum gateway_state before = g->probe.state;

	while (g->probe.state == before && gateway_next(g, busy) < end)
		gateway_step(g, busy);
}

static struct gateway living(int64_t rtt_us, int64_t off_us, uint32_t loss)
{
	struct gateway g = { .rtt_us = rtt_us, .off_us = off_us, .loss = loss };

	gateway_probe_init(&g.probe, &settings, GATEWAY_UNKNOWN, (uint32_t)rand(), 0);
	gateway_run(&g, true, 60000000);
	assert_int_equal(g.probe.state, GATEWAY_UP);
	return g;
}

/* From the death to the state `down` in less than 300 ms, wherever between two probes it dies. */
static void a_death_is_noticed_in_time(void **unused)
{
	(void)unused;
	srand(1);
	for (int64_t rtt = 100; rtt <= 20000; rtt *= 2)
		for (int round = 0; round < 50; round++) {
			struct gateway g = living(rtt, rtt / 10, 0);
			int64_t died = g.now + 5000000 + rand() % 200000;

			gateway_run(&g, true, died);
			assert_int_equal(g.probe.state, GATEWAY_UP);
			g.dead = true;
			gateway_run(&g, true, died + 10000000);
			assert_int_equal(g.probe.state, GATEWAY_DOWN);
			assert_true(g.now - died < 300000);
			g.dead = false;
			gateway_run(&g, false, g.now + 10000000);
			assert_int_equal(g.probe.state, GATEWAY_UP);
		}
}

/* One far away, whose answers overtake each other, never looks dead. */
static void distance_is_no_death(void **unused)
{
	static const int64_t rtts[] = { 50, 1000, 40000, 150000, 600000, 1500000 };

	(void)unused;
	srand(2);
	for (size_t i = 0; i < sizeof(rtts) / sizeof(rtts[0]); i++) {
		struct gateway g = living(rtts[i], rtts[i] / 2, 0);

		for (int busy = 0; busy < 2; busy++) {
			gateway_run(&g, busy, g.now + 120000000);
			assert_int_equal(g.probe.state, GATEWAY_UP);
		}
	}
}

/* Ten probes a second to one with flows, one to one without. */
static void load_is_as_configured(void **unused)
{
	(void)unused;
	srand(3);
	for (int busy = 0; busy < 2; busy++) {
		struct gateway g = living(1000, 100, 0);
		uint32_t before = g.sent;

		gateway_run(&g, busy, g.now + 100000000);
		assert_in_range(g.sent - before, busy ? 950 : 95, busy ? 1050 : 105);
	}
}

/* A thousand nodes that start together do not probe together. */
static void nodes_are_spread(void **unused)
{
	uint32_t tenths[10] = {};

	(void)unused;
	for (uint32_t node = 0; node < 1000; node++) {
		struct gateway_probe probe;

		gateway_probe_init(&probe, &settings, GATEWAY_UP, node * 2654435761u, 0);
		tenths[gateway_probe_due(&probe, true) / 100000]++;
	}
	for (int i = 0; i < 10; i++)
		assert_in_range(tenths[i], 60, 140);
}

/* ------------------------------------------------------------------ the last minute */

static void the_minute_is_summed_up(void **unused)
{
	struct rtt_minute minute = {};
	struct rtt_summary summary = rtt_minute_summary(&minute, 0);

	(void)unused;
	assert_int_equal(summary.p50_us + summary.p99_us + summary.sent, 0);
	for (uint32_t i = 1; i <= 100; i++)
		rtt_minute_add(&minute, i * 100, 1000000 + i);
	rtt_minute_lost(&minute, 5, 2000000);
	rtt_minute_lost(&minute, -2, 2000000);
	summary = rtt_minute_summary(&minute, 3000000);
	assert_in_range(summary.p50_us, 4700, 5300);
	assert_in_range(summary.p99_us, 9300, 10500);
	assert_int_equal(summary.lost, 3);
	assert_int_equal(summary.sent, 103);
	rtt_minute_add(&minute, 10000000, 58000000); /* longer than any bucket */
	assert_int_equal(rtt_minute_summary(&minute, 59000000).sent, 104);
	summary = rtt_minute_summary(&minute, 60000000);
	assert_int_equal(summary.sent, 1);
	assert_true(summary.p50_us > 7000000);
	assert_int_equal(rtt_minute_summary(&minute, 200000000).sent, 0);
}

static void losses_are_counted(void **unused)
{
	struct gateway g;
	struct rtt_summary summary;

	(void)unused;
	srand(4);
	g = living(1000, 0, 0);
	g.loss = 20;
	for (int64_t end = g.now + 55000000; g.now < end;)
		gateway_step(&g, true);
	summary = rtt_minute_summary(&g.probe.minute, g.now);
	assert_in_range(100 * summary.lost / summary.sent, 15, 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inputs_give_outputs),
		cmocka_unit_test(a_death_is_noticed_in_time),
		cmocka_unit_test(distance_is_no_death),
		cmocka_unit_test(load_is_as_configured),
		cmocka_unit_test(nodes_are_spread),
		cmocka_unit_test(the_minute_is_summed_up),
		cmocka_unit_test(losses_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
