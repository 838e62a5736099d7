/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections, bytes and packets of services: what is shown, sweep after sweep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parallax_limits.h"
#include "parallax_flow.h"
#include "usage_table.h"

static const struct usage_key hello = { .service_id = 5, .from = 1, .to = 1 };

static void entry(struct usage_table *table, const struct usage_key *key, enum flow_role role,
		  uint64_t bytes, bool deleted)
{
	struct usage_item *item = usage_table_item(table, key);
	struct flow_key flow_key = { .zone = FLOW_ZONE(0, role, 0) };
	struct flow flow = { .bytes = bytes, .packets = bytes / 10 };

	usage_add_entry(deleted ? &item->swept : &item->live, &flow_key, &flow);
}

static void shows(const struct usage_table *table, const struct usage_key *key, uint64_t flows,
		  uint64_t sent, uint64_t received)
{
	const struct usage_item *item = usage_table_find(table, key);

	assert_non_null(item);
	assert_int_equal(item->shown.flows, flows);
	assert_int_equal(item->shown.sent, sent);
	assert_int_equal(item->shown.received, received);
	assert_int_equal(item->shown.sent_packets, sent / 10);
	assert_int_equal(item->shown.received_packets, received / 10);
}

static void both_entries_make_one_flow(void **state)
{
	struct usage_table *table = usage_table_new();

	(void)state;
	entry(table, &hello, FLOW_CLIENT, 100, false);
	entry(table, &hello, FLOW_REPLY, 900, false);
	entry(table, &hello, FLOW_GATEWAY, 10, true);
	entry(table, &hello, FLOW_GATEWAY_REPLY, 20, true);
	usage_table_settle(table, NULL);
	shows(table, &hello, 2, 110, 920);
	assert_int_equal(usage_table_find(table, &hello)->live.flows, 1);
	usage_table_free(table);
}

static void both_writers_add_up(void **state)
{
	struct usage_key of_agent = hello;
	struct usage_table *table = usage_table_new();

	(void)state;
	of_agent.agent = 1;
	assert_int_equal(usage_table_add_ended(table, &hello, &(struct usage){ 3, 30, 300, 3, 30 }),
			 0);
	assert_int_equal(usage_table_add_ended(table, &of_agent,
					       &(struct usage){ 1, 10, 100, 1, 10 }),
			 0);
	usage_table_settle(table, NULL);
	shows(table, &hello, 4, 40, 400);
	usage_table_free(table);
}

/* A flow that ends between the reading of the map and the sweep's visit is missing once. */
static void what_is_shown_never_falls(void **state)
{
	struct usage_table *first = usage_table_new(), *second = usage_table_new();
	struct usage_table *third = usage_table_new();

	(void)state;
	entry(first, &hello, FLOW_CLIENT, 500, false);
	usage_table_settle(first, NULL);
	shows(first, &hello, 1, 500, 0);
	usage_table_item(second, &hello);
	usage_table_settle(second, first);
	shows(second, &hello, 1, 500, 0);
	usage_table_add_ended(third, &hello, &(struct usage){ 1, 510, 0, 51, 0 });
	usage_table_settle(third, second);
	shows(third, &hello, 1, 510, 0);
	usage_table_free(first);
	usage_table_free(second);
	usage_table_free(third);
}

/* A flow with 300 bytes moved to this gateway, and the sweep has not met it yet. */
static void a_flow_that_moves_counts_on(void **state)
{
	struct usage_table *first = usage_table_new(), *second = usage_table_new();
	const struct usage brought = { -1ull, -300ull, -900ull, -30ull, -90ull };

	(void)state;
	usage_table_add_ended(first, &hello, &brought);
	usage_table_settle(first, NULL);
	shows(first, &hello, 0, 0, 0);
	usage_table_add_ended(second, &hello, &brought);
	entry(second, &hello, FLOW_CLIENT, 350, false);
	entry(second, &hello, FLOW_REPLY, 1000, false);
	usage_table_settle(second, first);
	shows(second, &hello, 0, 50, 100);
	usage_table_free(first);
	usage_table_free(second);
}

static void a_full_table_counts_all_the_same(void **state)
{
	struct usage_table *table = usage_table_new();
	struct usage_key key = hello, none = {};

	(void)state;
	for (uint32_t i = 0; i < MAX_USAGE + 10; i++) {
		key.backend = IP_V4(i + 1);
		entry(table, &key, FLOW_CLIENT, 10, false);
	}
	usage_table_settle(table, NULL);
	assert_null(usage_table_find(table, &key));
	shows(table, &none, 10, 100, 0);
	usage_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_entries_make_one_flow),
		cmocka_unit_test(both_writers_add_up),
		cmocka_unit_test(what_is_shown_never_falls),
		cmocka_unit_test(a_flow_that_moves_counts_on),
		cmocka_unit_test(a_full_table_counts_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
