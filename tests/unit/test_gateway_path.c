/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The path to a gateway: what becomes of its element of `paths`, and when probes are sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "gateway_path.h"

#define DEVICE 1500
#define STAMP 77

/* ------------------------------------------------------------------ the element */

struct row {
	const char *name;
	uint32_t mtu; /* that the search found */
	bool confirmed;
	struct path held; /* mtu 0: none */
	enum gateway_path_row act;
};

#define NONE                                                                                       \
	{                                                                                          \
	}
#define HELD(mtu, origin) { mtu, 0, 5, origin }

static const struct row rows[] = {
	{ "the device's size is assumed", 1500, false, NONE, PATH_ROW_STAYS },
	{ "it passes", 1500, true, NONE, PATH_ROW_STAYS },
	{ "it is assumed, a router said less", 1500, false, HELD(1400, PATH_ROUTER),
	  PATH_ROW_STAYS },
	{ "it passes, a router said less", 1500, true, HELD(1400, PATH_ROUTER), PATH_ROW_DROP },
	{ "it passes, less was found before", 1500, true, HELD(1400, PATH_PROBED), PATH_ROW_DROP },
	{ "it passes, the other end says less", 1500, true, HELD(1400, PATH_PEER), PATH_ROW_STAYS },
	{ "less is found", 1400, true, NONE, PATH_ROW_PUT },
	{ "after a black hole", 1200, false, NONE, PATH_ROW_PUT },
	{ "the same as before", 1400, true, HELD(1400, PATH_PROBED), PATH_ROW_STAYS },
	{ "more than before", 1480, true, HELD(1400, PATH_PROBED), PATH_ROW_PUT },
	{ "less than before", 1300, true, HELD(1400, PATH_PROBED), PATH_ROW_PUT },
	{ "a router said so, not tried yet", 1400, false, HELD(1400, PATH_ROUTER), PATH_ROW_STAYS },
	{ "a router said so, and it passes", 1400, true, HELD(1400, PATH_ROUTER), PATH_ROW_PUT },
	{ "a router said more", 1400, true, HELD(1450, PATH_ROUTER), PATH_ROW_PUT },
	{ "the other end says the same", 1400, true, HELD(1400, PATH_PEER), PATH_ROW_PUT },
	{ "the other end says less", 1400, true, HELD(1300, PATH_PEER), PATH_ROW_STAYS },
	{ "the other end says more", 1400, true, HELD(1450, PATH_PEER), PATH_ROW_PUT },
};

static void the_element_follows(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *row = &rows[i];
		struct gateway_path path;
		struct path next = {};

		gateway_path_begin(&path, false, DEVICE, NULL, 0);
		path.search.mtu = row->mtu;
		path.search.confirmed = row->confirmed;
		path.search.state = row->confirmed ? PATH_MTU_FOUND : PATH_MTU_SEARCHING;
		if (gateway_path_row(&path, row->held.mtu ? &row->held : NULL, STAMP, &next) !=
		    row->act)
			fail_msg("%s", row->name);
		if (row->act == PATH_ROW_PUT)
			assert_true(next.mtu == row->mtu && next.stamp == STAMP &&
				    next.origin == PATH_PROBED);
	}
}

/* ------------------------------------------------------------------ probes */

static const struct path router = HELD(1400, PATH_ROUTER);

/* What routers said ends the search at once, and once. */
static void routers_are_heard(void **unused)
{
	struct gateway_path path;

	(void)unused;
	gateway_path_begin(&path, false, DEVICE, NULL, 0);
	assert_int_equal(gateway_path_tick(&path, DEVICE, false, 0), DEVICE);
	gateway_path_hear(&path, &router, 5);
	assert_int_equal(path.search.mtu, 1400);
	assert_int_equal(gateway_path_tick(&path, DEVICE, true, 6), 1400);
	gateway_path_answered(&path, 7);
	assert_int_equal(gateway_path_tick(&path, DEVICE, true, 8), 0);
	gateway_path_hear(&path, &router, 9);
	assert_true(path.search.confirmed);
}

static void what_is_known_holds(void **unused)
{
	struct gateway_path path;

	(void)unused;
	gateway_path_begin(&path, false, DEVICE, &router, 0);
	assert_int_equal(gateway_path_mtu(&path), 1400);
	gateway_path_hear(&path, &router, 5);
	assert_int_equal(gateway_path_tick(&path, DEVICE, false, 6), 1400);
	gateway_path_answered(&path, 7);
	assert_int_equal(gateway_path_tick(&path, DEVICE, false, 8), DEVICE);
}

/* Nothing is sent to a gateway that nothing goes to, once the search is over: not in a day. */
static void an_idle_path_costs_nothing(void **unused)
{
	struct gateway_path path;
	uint32_t sequence;

	(void)unused;
	gateway_path_begin(&path, true, DEVICE, NULL, 0);
	assert_int_equal(gateway_path_mtu(&path), 0);
	assert_int_equal(gateway_path_tick(&path, DEVICE, false, 0), DEVICE);
	gateway_path_answered(&path, 1);
	assert_int_equal(gateway_path_mtu(&path), DEVICE);
	for (int64_t now = 0; now < 86400000; now += 1000)
		assert_int_equal(gateway_path_tick(&path, DEVICE, false, now), 0);
	sequence = path.sequence;
	assert_int_equal(gateway_path_tick(&path, DEVICE, true, 86400000), DEVICE);
	assert_int_equal(path.sequence, sequence + 1);
}

/* With flows, in an hour: one each 15 s, there and back. */
static void a_settled_path_costs_little(void **unused)
{
	struct gateway_path path;

	(void)unused;
	gateway_path_begin(&path, false, DEVICE, NULL, 0);
	for (int64_t now = 0; now < 3600000; now += 100) {
		gateway_path_lives(&path, now);
		if (gateway_path_tick(&path, DEVICE, true, now))
			gateway_path_answered(&path, now + 1);
	}
	assert_in_range(path.sequence, 200, 3600 / 15 + 1);
}

/* An answer to a probe of before is none to a larger one. */
static void an_answer_counts_once(void **unused)
{
	struct gateway_path path;

	(void)unused;
	gateway_path_begin(&path, false, DEVICE, &router, 0);
	assert_int_equal(gateway_path_tick(&path, DEVICE, true, 0), 1400);
	gateway_path_answered(&path, 1);
	gateway_path_answered(&path, 2);
	assert_int_equal(path.search.mtu, 1400);
	assert_int_equal(gateway_path_tick(&path, DEVICE, true, 3), DEVICE);
	assert_int_equal(path.search.mtu, 1400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_element_follows),
		cmocka_unit_test(routers_are_heard),
		cmocka_unit_test(what_is_known_holds),
		cmocka_unit_test(an_idle_path_costs_nothing),
		cmocka_unit_test(a_settled_path_costs_little),
		cmocka_unit_test(an_answer_counts_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
