/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows without a configured service: virtual IPs that the control plane names, and services that a
 * gateway serves by id. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "desired_site.h"

#define GATEWAY "gateway: {listen: {interface: eth0}, snat: [10.0.0.2], allow: [10.0.0.0/8]}\n"

static struct site site;

static int close_site(void **unused)
{
	(void)unused;
	site_done(&site);
	return 0;
}

/* ------------------------------------------------------------------ capture */

static void a_remote_endpoint_captures_for_good(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_name(&site, "a.b", "10.1.0.1");
	site_expect(&site, "10.1.0.1:80* - -");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "none");
	site_assign(&site, "a.b", "10.10.0.1:80 10.32.0.1:80");
	site_expect(&site, "10.1.0.1:80* a.b serving");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "10.10.0.1:80 192.0.2.2:15443");
	site_assign(&site, "a.b", "10.10.0.1:80");
	site_expect(&site, "10.1.0.1:80* a.b serving");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "10.10.0.1:80");
}

static void capture_follows_its_mode(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_serve(&site, "c.d", "10.32.0.1:80");
	site_name(&site, "a.b", "10.1.0.1");
	site_name(&site, "c.d", "10.1.0.2");
	site_expect(&site, "10.1.0.1:80* - -; 10.1.0.2:80* c.d serving");
	site.config->capture = CAPTURE_ALL;
	site.input.config_loads++;
	site_expect(&site, "10.1.0.2:80* c.d serving; 10.1.0.1:80* a.b serving");
	site.config->capture = CAPTURE_MULTI_NETWORK;
	site.input.config_loads++;
	site_expect(&site, "10.1.0.1:80* a.b serving; 10.1.0.2:80* c.d serving");
}

/* A source that lists only services announces no virtual IPs. */
static void without_names_nothing_is_captured(void **unused)
{
	(void)unused;
	site_new(&site, "capture: listed\n");
	site_serve(&site, "a.b", "10.32.0.1:80");
	site_services(&site, "a.b 80 10.1.0.1");
	site_expect(&site, "10.1.0.1:80 a.b serving");
}

static void nothing_is_shown_of_what_waits_uncaptured(void **unused)
{
	(void)unused;
	site_new(&site, "capture: all\n");
	site_list(&site, "a.b", false);
	site_name(&site, "a.b", "10.1.0.1");
	site_expect(&site, "10.1.0.1:80* - -");
	assert_null(site_row(&site, "10.1.0.1:80")->status);
}

static void a_captured_vip_may_be_configured(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_name(&site, "a.b", "10.1.0.1");
	site_expect(&site, "10.1.0.1:80* - -");
	site_services(&site, "a.b 80 10.1.0.1");
	site_expect(&site, "10.1.0.1:80 a.b serving");
	site_services(&site, "");
	site_expect(&site, "10.1.0.1:80* a.b serving");
}

static void an_endpoints_own_address_is_no_vip(void **unused)
{
	(void)unused;
	site_new(&site, "capture: all\n");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_name(&site, "a.b", "10.1.0.1");
	site_expect(&site, "10.1.0.1:80* a.b serving");
	site_assign(&site, "a.b", "10.1.0.1:80");
	site_expect(&site, "");
	assert_true(site.node.generation.rows.endpoints_are_vips);
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "10.10.0.1:80"); /* not complete */
	site_assign(&site, "a.b", "10.10.0.1:80");
	site_expect(&site, "10.1.0.1:80* a.b serving");
	assert_false(site.node.generation.rows.endpoints_are_vips);
}

static void ipv6_vips_are_a_problem(void **unused)
{
	(void)unused;
	site_new(&site, "capture: all\n");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_name(&site, "a.b", "fd00::1 10.1.0.1");
	site_expect(&site, "10.1.0.1:80* a.b serving");
	assert_string_equal(site.node.generation.rows.problem,
			    "the control plane names IPv6 virtual IPs: they are not carried");
}

static void both_families_are_captured(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site.input.ipv6 = true;
	site_serve(&site, "a.b",
		   "10.10.0.1:80+[fd00:10::1]:80 network2/10.32.0.1:80+[fd00:32::1]:80");
	site_name(&site, "a.b", "fd00::1 10.1.0.1");
	site_expect(&site, "[fd00::1]:80* a.b serving; 10.1.0.1:80* a.b serving");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "10.10.0.1:80 192.0.2.2:15443");
	assert_string_equal(site_offered(&site, "[fd00::1]:80"), "[fd00:10::1]:80 192.0.2.2:15443");
}

/* ------------------------------------------------------------------ the gateway role */

static void a_gateway_serves_every_known_service(void **unused)
{
	(void)unused;
	site_new(&site, GATEWAY);
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_serve(&site, "c.d", "10.10.0.2:80 10.32.0.1:80");
	site_serve(&site, "outbound|80|v1|c.d", "10.10.0.3:80");
	site_list(&site, "e.f", true);
	site_services(&site, "a.b 80 10.1.0.1 10.1.0.2");
	site_expect(&site, "10.1.0.1:80# a.b serving; 10.1.0.2:80 a.b serving; -# c.d serving");
	assert_int_equal(site.node.kernel.id_count, 2);
}

/* Packets of other gateways go to pods of this network alone. */
static void a_gateway_serves_local_pods(void **unused)
{
	(void)unused;
	site_new(&site, GATEWAY);
	site_serve(&site, "a.b", "10.32.0.1:80");
	site_expect(&site, "-# a.b no_endpoints");
	site_assign(&site, "a.b", "10.32.0.1:80 10.10.0.1:80");
	site_expect(&site, "-# a.b serving");
}

static void a_gateway_keeps_what_is_not_known_again(void **unused)
{
	(void)unused;
	site_new(&site, GATEWAY);
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_expect(&site, "-# a.b serving");
	site_assign(&site, "a.b", NULL);
	site_list(&site, "a.b", false);
	site_expect(&site, "-# a.b kept");
	site_list(&site, "a.b", true);
	site_expect(&site, "-# a.b waiting");
	site.input.clusters.count = 0;
	site.input.clusters.complete = true;
	site_expect(&site, "");
	assert_int_equal(site.node.kernel.id_count, 0);
}

/* The id stays with the row that has it, whatever virtual IPs are added. */
static void an_id_stays_with_its_row(void **unused)
{
	(void)unused;
	site_new(&site, GATEWAY);
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_services(&site, "a.b 80 10.1.0.2");
	site_expect(&site, "10.1.0.2:80# a.b serving");
	site_services(&site, "a.b 80 10.1.0.1 10.1.0.2");
	site_expect(&site, "10.1.0.2:80# a.b serving; 10.1.0.1:80 a.b serving");
	assert_int_equal(node_restart(&site.node), 0);
	site_step(&site);
	assert_int_equal(site.node.changes, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, close_site)
	const struct CMUnitTest tests[] = {
		TEST(a_remote_endpoint_captures_for_good),
		TEST(capture_follows_its_mode),
		TEST(without_names_nothing_is_captured),
		TEST(nothing_is_shown_of_what_waits_uncaptured),
		TEST(a_captured_vip_may_be_configured),
		TEST(an_endpoints_own_address_is_no_vip),
		TEST(ipv6_vips_are_a_problem),
		TEST(both_families_are_captured),
		TEST(a_gateway_serves_every_known_service),
		TEST(a_gateway_serves_local_pods),
		TEST(a_gateway_keeps_what_is_not_known_again),
		TEST(an_id_stays_with_its_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
