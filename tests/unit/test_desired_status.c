/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The status of a row: the endpoints the source announced, and those that get no connections. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "backend_digest.h"
#include "desired_site.h"

static struct site site;

static int close_site(void **unused)
{
	(void)unused;
	site_done(&site);
	return 0;
}

static const struct service_status *status_of(const char *endpoints)
{
	const struct service_status *status;

	site_list(&site, "a.b", true);
	site_assign(&site, "a.b", endpoints);
	site_step(&site);
	status = site_row(&site, "10.1.0.1:80")->status;
	assert_non_null(status);
	return status;
}

static uint64_t digest_of(const char *address, uint16_t port, enum backend_kind kind)
{
	struct addr addr;

	assert_int_equal(addr_parse(address, &addr), 0);
	return backend_digest(&addr.ip, htons(port), kind);
}

/* ------------------------------------------------------------------ announced endpoints */

static void endpoints_and_backends_are_counted(void **unused)
{
	const struct service_status *status;
	char buf[ADDR_TEXT_MAX];

	(void)unused;
	site_new(&site, "");
	site_services(&site, "a.b 80 10.1.0.1");
	/* Two endpoints behind the gateway are one backend, as are two with one address. */
	status = status_of("10.10.0.2:80 10.10.0.1:80 10.10.0.1:80 10.32.0.1:80 10.32.0.2:80");
	assert_string_equal(status->cluster, "outbound|80||a.b");
	assert_string_equal(status->host, "a.b");
	assert_int_equal(status->endpoints, 5);
	assert_int_equal(status->backends, 3);
	assert_true(status->digest == digest_of("10.10.0.1", 80, BACKEND_LOCAL) +
				      digest_of("10.10.0.2", 80, BACKEND_LOCAL) +
				      digest_of("192.0.2.2", 15443, BACKEND_GENEVE));
	assert_int_equal(status->listed_count, 3);
	assert_string_equal(addr_port_format(&status->listed[0].addr, status->listed[0].port, buf),
			    "10.10.0.1:80");
	assert_int_equal(status->priority_count, 1);
	assert_int_equal(status->excluded_count, 0);
}

static void a_backend_of_two_priorities_counts_once(void **unused)
{
	const struct service_status *status;
	struct assignment *assignment;

	(void)unused;
	site_new(&site, "");
	site_services(&site, "a.b 80 10.1.0.1");
	site_list(&site, "a.b", true);
	/* A third of the endpoints takes 140 % of a third of the load, the next priority the rest. */
	assignment = site_assign(&site, "a.b", "10.10.0.1:80 !10.10.0.2:80 !10.10.0.3:80");
	site.config->panic_threshold = 0;
	assignment->localities = arena_array(site.arena, 2, sizeof(struct locality));
	assignment->localities[0] = *site_assign(&site, "x", "10.10.0.1:80 !10.10.0.2:80 "
							     "!10.10.0.3:80")->localities;
	assignment->localities[1] = *site_assign(&site, "x", "10.10.0.1:80")->localities;
	assignment->localities[1].priority = 1;
	assignment->locality_count = 2;
	assignment->fingerprint = 0;
	site_step(&site);
	status = site_row(&site, "10.1.0.1:80")->status;
	assert_int_equal(status->priority_count, 2);
	assert_int_equal(status->priorities[1].healthy_load, 54);
	assert_int_equal(status->backends, 1);
	assert_true(status->digest == digest_of("10.10.0.1", 80, BACKEND_LOCAL));
}

static void a_waiting_row_announces_nothing(void **unused)
{
	const struct service_status *status;

	(void)unused;
	site_new(&site, "");
	site_services(&site, "a.b 80 10.1.0.1");
	site_step(&site);
	status = site_row(&site, "10.1.0.1:80")->status;
	assert_string_equal(status->state, "waiting");
	assert_int_equal(status->endpoints + status->backends + status->listed_count, 0);
	assert_int_equal(status->digest, 0);
}

/* ------------------------------------------------------------------ excluded endpoints */

static void excluded_endpoints_are_counted_by_reason(void **unused)
{
	const struct service_status *status;

	(void)unused;
	site_new(&site, "");
	site_services(&site, "a.b 80 10.1.0.1");
	status = status_of("10.10.0.1:80 10.10.0.2:80 !10.10.0.3:80 10.99.0.1:80 10.99.0.2:80 "
			   "network9/10.10.0.4:80 [fd00::1]:80");
	assert_int_equal(status->endpoints, 7);
	assert_int_equal(status->backends, 2);
	assert_int_equal(status->excluded_count, 5);
	assert_int_equal(status->excluded_by_reason[EXCLUDED_OUTSIDE_NETWORK], 2);
	assert_int_equal(status->excluded_by_reason[EXCLUDED_NO_GATEWAY], 1);
	assert_int_equal(status->excluded_by_reason[EXCLUDED_NO_ADDRESS], 1);
	assert_int_equal(status->excluded_by_reason[EXCLUDED_UNHEALTHY], 1);
}

/* More endpoints than the model of the kernel has room for: only built. */
static void lists_are_cut_and_counts_are_not(void **unused)
{
	const struct service_status *status;
	struct generation next;
	char text[8192];
	int used = 0;

	(void)unused;
	site_new(&site, "");
	site_services(&site, "a.b 80 10.1.0.1");
	site_list(&site, "a.b", true);
	for (int i = 1; i <= STATUS_BACKENDS_MAX + 20; i++)
		used += snprintf(text + used, sizeof(text) - (size_t)used,
				 "10.10.1.%d:80 10.99.1.%d:80 ", i, i);
	assert_in_range(used, 1, sizeof(text) - 1);
	site_assign(&site, "a.b", text);
	assert_int_equal(node_build(&site.node, &site.input, false, &next), 0);
	status = next.rows.items[0].status;
	assert_int_equal(status->backends, STATUS_BACKENDS_MAX + 20);
	assert_int_equal(status->listed_count, STATUS_BACKENDS_MAX);
	assert_int_equal(status->excluded_count, STATUS_EXCLUDED_MAX);
	assert_int_equal(status->excluded_by_reason[EXCLUDED_OUTSIDE_NETWORK],
			 STATUS_BACKENDS_MAX + 20);
	generation_done(&next);
}

/* Both protocols, and both virtual IPs, exclude the same endpoints of the same assignment. */
static void each_excluded_endpoint_is_counted_once(void **unused)
{
	uint64_t counts[EXCLUDED_COUNT] = {};

	(void)unused;
	site_new(&site, "");
	site_services(&site, "a.b 80,80/udp 10.1.0.1 10.1.0.2; c.d 80 10.1.0.3");
	site_list(&site, "c.d", true);
	site_assign(&site, "c.d", "10.10.0.1:80 10.99.0.1:80");
	status_of("10.10.0.1:80 10.99.0.2:80 10.99.0.1:80");
	assert_int_equal(site.node.generation.rows.count, 5);
	assert_int_equal(service_rows_count_excluded(&site.node.generation.rows, counts), 0);
	assert_int_equal(counts[EXCLUDED_OUTSIDE_NETWORK], 3);
}

/* ------------------------------------------------------------------ finding and sharing */

static void rows_are_found_by_key(void **unused)
{
	const struct service_rows *rows = &site.node.generation.rows;
	struct service_key key;

	(void)unused;
	site_new(&site, "");
	site_services(&site, "a.b 80 10.1.0.1; c.d 80 10.1.0.2");
	status_of("10.10.0.1:80");
	key = site_row(&site, "10.1.0.1:80")->key;
	assert_ptr_equal(service_rows_find(rows, &key), site_row(&site, "10.1.0.1:80"));
	key.port++;
	assert_null(service_rows_find(rows, &key));
	/* A waiting service has no row made of an assignment. */
	key = site_row(&site, "10.1.0.2:80")->key;
	assert_null(service_rows_find(rows, &key));
	assert_null(service_rows_find(&(struct service_rows){}, &key));
}

static void a_status_is_shared_while_it_holds(void **unused)
{
	const struct service_status *status;
	struct generation next;

	(void)unused;
	site_new(&site, "");
	site_services(&site, "a.b 80 10.1.0.1");
	status = status_of("10.10.0.1:80");
	site.input.layout++;
	assert_int_equal(node_build(&site.node, &site.input, false, &next), 0);
	assert_null(next.changed);
	assert_ptr_equal(next.rows.items[0].status, status);
	assert_int_equal(status->users, 2);
	generation_done(&next);
	assert_int_equal(status->users, 1);
}

/* A captured row without anything to show has no status: a record comes and goes with one. */
static void a_status_may_come_and_go_with_contents(void **unused)
{
	struct generation next;

	(void)unused;
	site_new(&site, "");
	site_list(&site, "a.b", true);
	site_assign(&site, "a.b", "10.10.0.1:80");
	site_name(&site, "a.b", "10.1.0.1");
	site_step(&site);
	assert_null(site_row(&site, "10.1.0.1:80")->status);
	for (int i = 0; i < 3; i++) {
		site_assign(&site, "a.b", i ? "10.10.0.1:80" : "10.10.0.1:80 10.99.0.1:80");
		assert_int_equal(node_build(&site.node, &site.input, false, &next), 0);
		assert_non_null(next.changed);
		assert_int_equal(generation_replace(&site.node.generation, &next), i < 2);
		assert_int_equal(!site_row(&site, "10.1.0.1:80")->status, i > 0);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, close_site)
	const struct CMUnitTest tests[] = {
		TEST(endpoints_and_backends_are_counted),
		TEST(a_backend_of_two_priorities_counts_once),
		TEST(a_waiting_row_announces_nothing),
		TEST(excluded_endpoints_are_counted_by_reason),
		TEST(lists_are_cut_and_counts_are_not),
		TEST(each_excluded_endpoint_is_counted_once),
		TEST(rows_are_found_by_key),
		TEST(a_status_is_shared_while_it_holds),
		TEST(a_status_may_come_and_go_with_contents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
