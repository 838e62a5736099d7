/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The search for a path's MTU: inputs, outputs and states, then paths of all kinds to the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "path_mtu.h"

/* ------------------------------------------------------------------ inputs and outputs */

enum input { END, TICK, ANSWER, TOLD, RESUME, DEVICE };

struct row {
	int64_t at_ms;
	enum input input;
	uint32_t size;  /* of the input; TICK: the probe that it must send */
	uint32_t mtu;   /* afterwards */
	enum path_mtu_state state;
};

struct script {
	const char *name;
	bool ipv6, probing;
	uint32_t device;
	struct row rows[24];
};

#define ASSUMED PATH_MTU_ASSUMED
#define SEARCHING PATH_MTU_SEARCHING
#define FOUND PATH_MTU_FOUND
#define ERROR PATH_MTU_ERROR
#define ALIVE(at, mtu, state) {at, ANSWER, 64, mtu, state}

static const struct script scripts[] = {
	{ "without probes a router's word counts, for ten minutes",
	  false,
	  false,
	  1500,
	  { { 0, TICK, 0, 1500, ASSUMED },
	    { 10, TOLD, 1400, 1400, FOUND },
	    { 599999, TICK, 0, 1400, FOUND },
	    { 600010, TICK, 0, 1500, ASSUMED } } },
	{ "each word counts for ten minutes anew",
	  false,
	  false,
	  1500,
	  { { 0, TOLD, 1400, 1400, FOUND },
	    { 500000, TOLD, 1380, 1380, FOUND },
	    { 600000, TICK, 0, 1380, FOUND },
	    { 1100000, TICK, 0, 1500, ASSUMED } } },
	{ "a word that allows more than is sent raises nothing",
	  false,
	  false,
	  1500,
	  { { 0, TOLD, 1400, 1400, FOUND },
	    { 1, TOLD, 1450, 1400, FOUND },
	    { 2, TOLD, 9000, 1400, FOUND } } },
	{ "nobody is believed below the least MTU",
	  false,
	  false,
	  1500,
	  { { 0, TOLD, 68, 576, FOUND }, { 1, TOLD, 575, 576, FOUND } } },
	{ "nor below that of IPv6", true, false, 1500, { { 0, TOLD, 1000, 1280, FOUND } } },
	{ "a router that does not say how much",
	  false,
	  false,
	  1500,
	  { { 0, TOLD, 0, 1200, FOUND } } },
	{ "a device below the base", false, false, 1000, { { 0, TOLD, 0, 1000, ASSUMED } } },
	{ "another device starts over",
	  false,
	  false,
	  1500,
	  { { 0, TOLD, 1400, 1400, FOUND },
	    { 1, DEVICE, 1500, 1400, FOUND },
	    { 2, DEVICE, 9000, 9000, ASSUMED } } },
	{ "the device's size passes, and is confirmed from then on",
	  false,
	  true,
	  1500,
	  { { 0, TICK, 1500, 1500, ASSUMED },
	    { 5, TICK, 0, 1500, ASSUMED },
	    { 10, ANSWER, 1500, 1500, FOUND },
	    { 20, TICK, 0, 1500, FOUND },
	    { 15010, TICK, 1500, 1500, FOUND },
	    { 15020, ANSWER, 1500, 1500, FOUND },
	    { 15030, TICK, 0, 1500, FOUND },
	    { 30020, TICK, 1500, 1500, FOUND } } },
	{ "three lost while small ones pass: the base, then up",
	  false,
	  true,
	  1500,
	  { { 0, TICK, 1500, 1500, ASSUMED },
	    ALIVE(500, 1500, ASSUMED),
	    { 999, TICK, 0, 1500, ASSUMED },
	    { 1000, TICK, 1500, 1500, ASSUMED },
	    ALIVE(1500, 1500, ASSUMED),
	    { 2000, TICK, 1500, 1500, ASSUMED },
	    ALIVE(2500, 1500, ASSUMED),
	    { 3000, TICK, 1200, 1200, SEARCHING },
	    { 3010, ANSWER, 1200, 1200, SEARCHING },
	    { 3020, TICK, 1440, 1200, SEARCHING },
	    { 3030, ANSWER, 1440, 1440, SEARCHING },
	    { 3040, TICK, 1476, 1440, SEARCHING },
	    { 3050, ANSWER, 1476, 1476, SEARCHING },
	    { 3060, TICK, 1492, 1476, SEARCHING },
	    { 3070, ANSWER, 1492, 1492, SEARCHING },
	    { 3080, TICK, 0, 1492, FOUND } } },
	{ "all are lost: the path is down, its MTU stays",
	  false,
	  true,
	  1500,
	  { { 0, TICK, 1500, 1500, ASSUMED },
	    { 1000, TICK, 1500, 1500, ASSUMED },
	    { 2000, TICK, 1500, 1500, ASSUMED },
	    { 3000, TICK, 1500, 1500, ASSUMED },
	    { 9000, TICK, 1500, 1500, ASSUMED } } },
	{ "an answer in time forgives those lost before",
	  false,
	  true,
	  1500,
	  { { 0, TICK, 1500, 1500, ASSUMED },
	    ALIVE(10, 1500, ASSUMED),
	    { 1000, TICK, 1500, 1500, ASSUMED },
	    ALIVE(1010, 1500, ASSUMED),
	    { 2000, TICK, 1500, 1500, ASSUMED },
	    { 2010, ANSWER, 1500, 1500, FOUND } } },
	{ "a router answers the probe: nothing more is tried",
	  false,
	  true,
	  1500,
	  { { 0, TICK, 1500, 1500, ASSUMED },
	    { 10, TOLD, 1400, 1400, FOUND },
	    { 11, TICK, 1400, 1400, FOUND },
	    { 20, ANSWER, 1400, 1400, FOUND },
	    { 21, TICK, 0, 1400, FOUND } } },
	{ "after ten minutes the device's size again, and a router's no",
	  false,
	  true,
	  1500,
	  { { 0, TOLD, 1400, 1400, FOUND },
	    { 1, TICK, 1400, 1400, FOUND },
	    { 2, ANSWER, 1400, 1400, FOUND },
	    { 15002, TICK, 1400, 1400, FOUND },
	    { 15003, ANSWER, 1400, 1400, FOUND },
	    { 600000, TICK, 1400, 1400, SEARCHING }, /* what is in use first: none was for long */
	    { 600001, ANSWER, 1400, 1400, SEARCHING },
	    { 600002, TICK, 1500, 1400, SEARCHING },
	    { 600010, TOLD, 1400, 1400, SEARCHING },
	    { 600011, TICK, 0, 1400, FOUND } } },
	{ "what was known before is tried at once, then what is larger",
	  false,
	  true,
	  1500,
	  { { 0, RESUME, 1400, 1400, SEARCHING },
	    { 1, TICK, 1400, 1400, SEARCHING },
	    { 2, ANSWER, 1400, 1400, SEARCHING },
	    { 3, TICK, 1500, 1400, SEARCHING },
	    { 4, ANSWER, 1500, 1500, SEARCHING },
	    { 5, TICK, 0, 1500, FOUND } } },
	{ "what was known before and does not pass any more",
	  false,
	  true,
	  1500,
	  { { 0, RESUME, 1400, 1400, SEARCHING },
	    { 1, TICK, 1400, 1400, SEARCHING },
	    ALIVE(500, 1400, SEARCHING),
	    { 1001, TICK, 1400, 1400, SEARCHING },
	    ALIVE(1500, 1400, SEARCHING),
	    { 2001, TICK, 1400, 1400, SEARCHING },
	    ALIVE(2500, 1400, SEARCHING),
	    { 3001, TICK, 1200, 1200, SEARCHING } } },
	{ "not even the base: the least, and the base again later",
	  false,
	  true,
	  1500,
	  { { 0, TOLD, 0, 1200, FOUND },
	    { 1, TICK, 1200, 1200, FOUND },
	    ALIVE(2, 1200, FOUND),
	    { 1001, TICK, 1200, 1200, FOUND },
	    ALIVE(1002, 1200, FOUND),
	    { 2001, TICK, 1200, 1200, FOUND },
	    ALIVE(2002, 1200, FOUND),
	    { 3001, TICK, 0, 576, ERROR },
	    { 18000, TICK, 0, 576, ERROR },
	    { 18001, TICK, 1200, 576, ERROR },
	    { 18010, ANSWER, 1200, 1200, SEARCHING },
	    { 18011, TICK, 1500, 1200, SEARCHING } } },
};

static void feed(struct path_mtu *path, const struct script *script, const struct row *row)
{
	uint32_t probe;

	switch (row->input) {
	case TICK:
		probe = path_mtu_tick(path, row->at_ms);
		if (probe != row->size)
			fail_msg("%s: at %ld a probe of %u", script->name, (long)row->at_ms, probe);
		break;
	case ANSWER:
		path_mtu_answered(path, row->size, row->at_ms);
		break;
	case RESUME:
		path_mtu_resume(path, row->size, row->at_ms);
		break;
	case TOLD:
		path_mtu_told(path, row->size, row->at_ms);
		break;
	default:
		path_mtu_device(path, row->size);
	}
	if (path->mtu != row->mtu || path->state != row->state)
		fail_msg("%s: at %ld MTU %u, state %d", script->name, (long)row->at_ms, path->mtu,
			 path->state);
}

static void inputs_give_outputs(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		const struct script *script = &scripts[i];
		struct path_mtu path;

		path_mtu_init(&path, script->ipv6, script->probing, script->device);
		for (const struct row *row = script->rows; row->input; row++)
			feed(&path, script, row);
	}
}

/* ------------------------------------------------------------------ to the end */

struct network {
	uint32_t mtu;
	bool icmp;     /* its router answers */
	uint32_t loss; /* of probes, in percent */
};

/* A second of a path whose small probes pass each 100 ms. */
static void pass_second(struct path_mtu *path, const struct network *network, int64_t second)
{
	for (int64_t now = second * 1000; now < second * 1000 + 1000; now += 100) {
		uint32_t probe = path_mtu_tick(path, now);

		path_mtu_answered(path, 64, now + 5);
		if (!probe || (uint32_t)(rand() % 100) < network->loss)
			continue;
		if (probe <= network->mtu)
			path_mtu_answered(path, probe, now + 10);
		else if (network->icmp)
			path_mtu_told(path, network->mtu, now + 10);
	}
}

static int64_t search(struct path_mtu *path, const struct network *network, int64_t second)
{
	int64_t begin = second;

	do {
		pass_second(path, network, second++);
		assert_true(second < begin + 200);
	} while (path->state != PATH_MTU_FOUND || !path->confirmed);
	return second;
}

static void check_found(const struct path_mtu *path, const struct network *network)
{
	uint32_t expected = network->mtu < path->device ? network->mtu : path->device;

	if (path->mtu > expected || path->mtu + PATH_MTU_STEP <= expected)
		fail_msg("device %u, path %u: found %u", path->device, network->mtu, path->mtu);
}

static void each_path_is_found(void **unused)
{
	static const uint32_t devices[] = {1500, 9000, 1420};

	(void)unused;
	for (size_t d = 0; d < sizeof(devices) / sizeof(*devices); d++)
		for (uint32_t mtu = 1200; mtu <= 9100; mtu += mtu < 1510 ? 1 : 37)
			for (int icmp = 0; icmp < 2; icmp++) {
				struct network network = {.mtu = mtu, .icmp = icmp};
				struct path_mtu path;

				path_mtu_init(&path, false, true, devices[d]);
				search(&path, &network, 0);
				check_found(&path, &network);
			}
}

/* A path that becomes narrower is noticed by the next confirmation, a wider one within ten minutes. */
static void a_changed_path_is_found(void **unused)
{
	(void)unused;
	srand(5);
	for (int round = 0; round < 50; round++) {
		struct network network = {.mtu = 1500, .loss = (uint32_t)(rand() % 20)};
		struct path_mtu path;
		int64_t second;

		path_mtu_init(&path, round & 1, true, 1500);
		second = search(&path, &network, 0);
		network.mtu = 1280 + (uint32_t)(rand() % 200);
		for (int64_t end = second + 200; second < end; second++)
			pass_second(&path, &network, second);
		assert_true(path.mtu <= network.mtu);
		network.mtu = 1500;
		network.loss = 0;
		for (int64_t end = second + 700; second < end; second++)
			pass_second(&path, &network, second);
		check_found(&path, &network);
	}
}

/* The caller that sleeps until path_mtu_due() misses nothing. */
static void due_is_when_a_tick_acts(void **unused)
{
	struct path_mtu path;

	(void)unused;
	path_mtu_init(&path, false, false, 1500);
	assert_true(path_mtu_due(&path) == INT64_MAX);
	path_mtu_told(&path, 1400, 7);
	assert_int_equal(path_mtu_due(&path), PATH_MTU_RAISE_MS + 7);
	path_mtu_init(&path, false, true, 1500);
	assert_true(path_mtu_due(&path) <= 0);
	assert_int_equal(path_mtu_tick(&path, 100), 1500);
	assert_int_equal(path_mtu_due(&path), 100 + PATH_MTU_PROBE_MS);
	path_mtu_answered(&path, 1500, 150);
	assert_int_equal(path_mtu_due(&path), 150 + PATH_MTU_CONFIRM_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inputs_give_outputs),
		cmocka_unit_test(each_path_is_found),
		cmocka_unit_test(a_changed_path_is_found),
		cmocka_unit_test(due_is_when_a_tick_acts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
