/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The idle timeouts of flows, and the rate of jiffies found from a measurement. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "clock.h"
#include "parallax_limits.h"
#include "sweep.h"

static void each_state_has_its_time(void **unused)
{
	const struct {
		enum flow_role role;
		bool udp;
		enum flow_state state;
		uint32_t seconds;
		uint8_t flags;
	} rows[] = {
		{ FLOW_CLIENT, false, FLOW_OPENING, TIMEOUT_OPENING, 0 },
		{ FLOW_CLIENT, false, FLOW_ESTABLISHED, TIMEOUT_ESTABLISHED, 0 },
		{ FLOW_REPLY, false, FLOW_CLOSING, TIMEOUT_CLOSING, 0 },
		{ FLOW_CLIENT, false, FLOW_CLOSING, TIMEOUT_CLOSING, FLOW_TIME_WAIT },
		{ FLOW_GATEWAY, false, FLOW_CLOSING, TIMEOUT_CLOSING, 0 },
		{ FLOW_GATEWAY, false, FLOW_CLOSING, TIMEOUT_TIME_WAIT, FLOW_TIME_WAIT },
		{ FLOW_GATEWAY_REPLY, false, FLOW_CLOSING, TIMEOUT_TIME_WAIT, FLOW_TIME_WAIT },
		{ FLOW_GATEWAY, false, FLOW_ESTABLISHED, TIMEOUT_ESTABLISHED, 0 },
		{ FLOW_CLIENT, true, FLOW_OPENING, TIMEOUT_UDP, 0 },
		{ FLOW_CLIENT, true, FLOW_ESTABLISHED, TIMEOUT_UDP, 0 },
	};
	const uint32_t hz = 250;

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct flow_key key = { .zone = FLOW_ZONE(7, rows[i].role, rows[i].udp) };
		/* Jiffies wrap some minutes after boot. */
		struct flow flow = { .state = (uint8_t)rows[i].state,
				     .flags = rows[i].flags,
				     .seen = UINT32_MAX - 5 };
		uint32_t kept = flow.seen + rows[i].seconds * hz;

		if (sweep_expired(&key, &flow, kept, hz) ||
		    !sweep_expired(&key, &flow, kept + hz, hz))
			fail_msg("row %zu", i);
	}
}

static void packet_after_the_look_counts(void **unused)
{
	struct flow_key key = { .zone = FLOW_ZONE(0, FLOW_CLIENT, true) };
	struct flow flow = { .seen = 1001 };

	(void)unused;
	assert_false(sweep_expired(&key, &flow, 1000, 1000));
}

static void rates_are_told_apart(void **unused)
{
	(void)unused;
	assert_int_equal(clock_round_hz(10, 100000000), 100);
	assert_int_equal(clock_round_hz(25, 100000000), 250);
	assert_int_equal(clock_round_hz(26, 104000000), 250);
	assert_int_equal(clock_round_hz(30, 100000000), 300);
	assert_int_equal(clock_round_hz(31, 103300000), 300);
	assert_int_equal(clock_round_hz(101, 100900000), 1000);
	assert_int_equal(clock_round_hz(0, 0), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_state_has_its_time),
		cmocka_unit_test(packet_after_the_look_counts),
		cmocka_unit_test(rates_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
