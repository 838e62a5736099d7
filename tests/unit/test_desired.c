/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which rows a generation has, and in which state: claims to virtual IPs, waiting, keeping, staleness,
 * refusal, capture and the gateway role. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "desired_site.h"
#include "view_build.h"

static struct site site;

static int close_site(void **unused)
{
	(void)unused;
	site_done(&site);
	return 0;
}

static const char *problem(const char *address)
{
	const struct service_row *row = site_row(&site, address);

	assert_non_null(row->status);
	return row->status->problem ? row->status->problem : "none";
}

/* ------------------------------------------------------------------ claims to a virtual IP */

static void holder_keeps_its_vip(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_serve(&site, "c.d", "10.10.0.2:80");
	site_services(&site, "c.d 80 10.1.0.1; a.b 80 10.1.0.1");
	site_expect(&site, "10.1.0.1:80 c.d serving; 10.1.0.1:80 a.b refused");
	assert_string_equal(site.node.generation.rows.items[1].status->problem,
			    "virtual IP 10.1.0.1:80 (TCP) refused to 'outbound|80||a.b': "
			    "'outbound|80||c.d' has it");
	site_services(&site, "a.b 80 10.1.0.1; c.d 80 10.1.0.1");
	site_expect(&site, "10.1.0.1:80 c.d serving; 10.1.0.1:80 a.b refused");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "10.10.0.2:80");
	site_services(&site, "a.b 80 10.1.0.1");
	site_expect(&site, "10.1.0.1:80 a.b serving");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "10.10.0.1:80");
}

static void holder_outlives_a_restart(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_serve(&site, "c.d", "10.10.0.2:80");
	site_services(&site, "c.d 80 10.1.0.1");
	site_step(&site);
	assert_int_equal(node_restart(&site.node), 0);
	site_services(&site, "a.b 80 10.1.0.1; c.d 80 10.1.0.1");
	site_expect(&site, "10.1.0.1:80 c.d serving; 10.1.0.1:80 a.b refused");
}

/* ------------------------------------------------------------------ a network leads to a service */

static void new_site_with_standing(void)
{
	site_new(&site,
		 "services:\n"
		 "- {host: a.b, addresses: [10.1.0.1], ports: [{port: 80}], network: network2}\n"
		 "- {host: c.d, addresses: [10.1.0.2], ports: [{port: 80}]}\n");
}

static void expect_a_offered(const char *addresses)
{
	site_step(&site);
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), addresses);
}

static void standing_network_leads_until_the_source_does(void **unused)
{
	(void)unused;
	new_site_with_standing();
	site_expect(&site, "10.1.0.1:80 a.b serving; 10.1.0.2:80 c.d waiting");
	expect_a_offered("192.0.2.2:15443");
	site_serve(&site, "a.b", "10.10.0.1:80");
	expect_a_offered("10.10.0.1:80");
}

/* istiod is local to its cluster by default (istio: pilot/pkg/model/cluster_local.go), so it answers other
 * clusters with an empty list. */
static void standing_network_leads_where_the_source_names_nobody(void **unused)
{
	(void)unused;
	new_site_with_standing();
	site_serve(&site, "a.b", "");
	expect_a_offered("192.0.2.2:15443");
	site_serve(&site, "a.b", "10.10.0.1:80");
	expect_a_offered("10.10.0.1:80");
	site_serve(&site, "a.b", "!10.10.0.1:80");
	expect_a_offered("10.10.0.1:80"); /* all are unhealthy: panic */
	site_serve(&site, "a.b", "");
	expect_a_offered("192.0.2.2:15443");
}

/* What it leads to may have changed since the row was made, and only the row leads to the source. */
static void standing_network_leads_after_a_restart(void **unused)
{
	(void)unused;
	new_site_with_standing();
	site_serve(&site, "a.b", "10.10.0.1:80");
	expect_a_offered("10.10.0.1:80");
	assert_int_equal(node_restart(&site.node), 0);
	site.input.adopted = true;
	site_assign(&site, "a.b", NULL);
	site_list(&site, "a.b", false);
	expect_a_offered("192.0.2.2:15443");
	site_assign(&site, "a.b", "10.10.0.1:80");
	expect_a_offered("10.10.0.1:80");
}

/* Its row has no assignment of the source. */
static void standing_network_bears_the_contents_of_others(void **unused)
{
	uint64_t counts[EXCLUDED_COUNT] = {};

	(void)unused;
	new_site_with_standing();
	site_serve(&site, "c.d", "10.10.0.2:80 network9/10.10.0.3:80");
	expect_a_offered("192.0.2.2:15443");
	site_serve(&site, "c.d", "10.10.0.4:80 network9/10.10.0.3:80");
	expect_a_offered("192.0.2.2:15443");
	assert_string_equal(site_offered(&site, "10.1.0.2:80"), "10.10.0.4:80");
	assert_int_equal(service_rows_count_excluded(&site.node.generation.rows, counts), 0);
	assert_int_equal(counts[EXCLUDED_NO_GATEWAY], 1);
}

/* One address serves two services on two ports, or by two protocols. */
static void ports_and_protocols_are_apart(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_serve(&site, "outbound|81||c.d", "10.10.0.2:80");
	site_services(&site, "a.b 80,80/udp 10.1.0.1; c.d 81 10.1.0.1");
	site_expect(&site, "10.1.0.1:80 a.b serving; 10.1.0.1:80/udp a.b serving; "
			   "10.1.0.1:81 c.d serving");
}

static void configured_and_named_is_one_row(void **unused)
{
	(void)unused;
	site_new(&site, "capture: all\n");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_services(&site, "a.b 80 10.1.0.1");
	site_name(&site, "a.b", "10.1.0.1 10.1.0.2");
	site_expect(&site, "10.1.0.1:80 a.b serving; 10.1.0.2:80* a.b serving");
	site_services(&site, "");
	site_expect(&site, "10.1.0.1:80* a.b serving; 10.1.0.2:80* a.b serving");
}

/* Only the control plane itself leads to its endpoints. */
static void the_way_to_the_source_is_not_captured(void **unused)
{
	static struct host_port own[] = { { "a.b", 80 }, { "10.1.0.3", 80 } };

	(void)unused;
	site_new(&site, "capture: all\n");
	site.config->ads.addresses = own;
	site.config->ads.address_count = 2;
	site_serve(&site, "a.b.cluster.local", "10.10.0.1:80");
	site_serve(&site, "a.bc", "10.10.0.2:80");
	site_serve(&site, "outbound|81||a.b", "10.10.0.3:81");
	site_serve(&site, "c.d", "10.10.0.4:80");
	site_name(&site, "a.b", "10.1.0.1");
	site_name(&site, "a.b.cluster.local", "10.1.0.1");
	site_name(&site, "a.bc", "10.1.0.2");
	site_name(&site, "c.d", "10.1.0.3 10.1.0.4");
	site_expect(&site, "10.1.0.1:80* - -; 10.1.0.2:80* a.bc serving; 10.1.0.3:80* - -; "
			   "10.1.0.4:80* c.d serving; 10.1.0.1:81* a.b serving");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "none");
	assert_string_equal(site_offered(&site, "10.1.0.3:80"), "none");
	site_services(&site, "a.b.cluster.local 80 10.1.0.1");
	site_step(&site);
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "10.10.0.1:80");
	site.config->ads.address_count = 0;
	site.config->ads.addresses = NULL;
}

static void named_vip_of_another_is_refused(void **unused)
{
	(void)unused;
	site_new(&site, "capture: all\n");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_serve(&site, "c.d", "10.10.0.2:80");
	site_services(&site, "c.d 80 10.1.0.1");
	site_name(&site, "a.b", "10.1.0.1");
	site_expect(&site, "10.1.0.1:80 c.d serving; 10.1.0.1:80* a.b refused");
}

/* Two spellings of one host are two clusters with one id. */
static void clash_of_ids(void **unused)
{
	(void)unused;
	site_new(&site, "capture: all\n");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_list(&site, "outbound|80||A.b", true);
	site_services(&site, "a.b 80 10.1.0.1");
	site_name(&site, "a.b", "10.1.0.2");
	site_assign(&site, "outbound|80||A.b", "10.10.0.2:80");
	site.input.clusters.count = 1; /* only the one in capitals, which sorts first */
	site_expect(&site, "10.1.0.1:80 a.b serving; 10.1.0.2:80* a.b refused");
	assert_string_equal(problem("10.1.0.2:80"), "service 'outbound|80||A.b' (TCP) refused: its id "
						    "is that of 'outbound|80||a.b'");
}

/* ------------------------------------------------------------------ unknown assignments */

static void unknown_waits_and_what_was_known_is_kept(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site_services(&site, "a.b 80 10.1.0.1");
	site_expect(&site, "10.1.0.1:80 a.b waiting");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "none");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_expect(&site, "10.1.0.1:80 a.b serving");
	site_assign(&site, "a.b", NULL);
	site_list(&site, "a.b", false);
	site_expect(&site, "10.1.0.1:80 a.b kept");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "10.10.0.1:80");
	site_list(&site, "a.b", true); /* complete: no assignment exists */
	site_expect(&site, "10.1.0.1:80 a.b waiting");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "");
}

/* A cluster that is not listed is known to have no assignment once the list is complete. */
static void complete_list_knows_the_rest(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site_services(&site, "a.b 80 10.1.0.1");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_step(&site);
	site_assign(&site, "a.b", NULL);
	site.input.clusters.count = 0;
	site_expect(&site, "10.1.0.1:80 a.b kept");
	site.input.clusters.complete = true;
	site_expect(&site, "10.1.0.1:80 a.b waiting");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "");
}

/* A row of an earlier agent stays until all of the source's views have answered. */
static void adopted_rows_are_kept(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site_services(&site, "a.b 80 10.1.0.1");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_step(&site);
	assert_int_equal(node_restart(&site.node), 0);
	site.input.adopted = true;
	site_assign(&site, "a.b", "10.10.0.2:80");
	site_list(&site, "a.b", false);
	site_expect(&site, "10.1.0.1:80 a.b kept");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "10.10.0.1:80");
	site_list(&site, "a.b", true);
	site_expect(&site, "10.1.0.1:80 a.b serving");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "10.10.0.2:80");
}

/* A row that this agent built from some of the views follows those views. */
static void rows_made_since_are_not_kept(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site.input.adopted = true;
	site_services(&site, "a.b 80 10.1.0.1");
	site_list(&site, "a.b", false);
	site_assign(&site, "a.b", "10.10.0.1:80");
	site_expect(&site, "10.1.0.1:80 a.b serving");
	site.input.layout++;
	site_expect(&site, "10.1.0.1:80 a.b serving");
	site.input.layout++;
	site_assign(&site, "a.b", "10.10.0.2:80");
	site_expect(&site, "10.1.0.1:80 a.b serving");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "10.10.0.2:80");
}

/* ------------------------------------------------------------------ reuse */

static void only_changed_rows_are_built(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site_services(&site, "a.b 80 10.1.0.1; c.d 80 10.1.0.2");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_serve(&site, "c.d", "10.10.0.2:80");
	site_step(&site);
	assert_int_equal(site.node.generation.built, 2);
	site_step(&site);
	assert_int_equal(site.node.generation.built, 0);
	assert_int_equal(site.node.changes, 0);
	site_assign(&site, "c.d", "10.10.0.3:80");
	site_expect(&site, "10.1.0.1:80 a.b serving; 10.1.0.2:80 c.d serving");
	assert_int_equal(site.node.generation.built, 1);
	assert_string_equal(site_offered(&site, "10.1.0.2:80"), "10.10.0.3:80");
	assert_int_equal(site_row(&site, "10.1.0.1:80")->status->users, 1);
}

static void a_new_configuration_builds_new_rows_alone(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site_services(&site, "a.b 80 10.1.0.1");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_serve(&site, "c.d", "10.10.0.2:80");
	site_step(&site);
	site_services(&site, "a.b 80 10.1.0.1; c.d 80 10.1.0.2");
	site_expect(&site, "10.1.0.1:80 a.b serving; 10.1.0.2:80 c.d serving");
	assert_int_equal(site.node.generation.built, 1);
	site.config->panic_threshold = 0; /* every view depends on it */
	site_step(&site);
	assert_int_equal(site.node.generation.built, 2);
}

/* ------------------------------------------------------------------ staleness */

static void stale_endpoints_are_forgotten(void **unused)
{
	struct assignment *assignment;

	(void)unused;
	site_new(&site, "");
	site_services(&site, "a.b 80 10.1.0.1");
	site_serve(&site, "a.b", "10.10.0.1:80");
	assignment = site_assign(&site, "a.b", "10.10.0.1:80");
	assignment->stale_after_ms = 500;
	assignment->received_ns = site.input.now_ns;
	site_expect(&site, "10.1.0.1:80 a.b serving");
	assert_int_equal(site.node.generation.stale_at_ns, site.input.now_ns + 500000000);
	site.input.now_ns += 499999999;
	site_expect(&site, "10.1.0.1:80 a.b serving");
	site.input.now_ns++;
	site_expect(&site, "10.1.0.1:80 a.b stale");
	assert_int_equal(site.node.generation.stale_at_ns, 0);
	assert_string_equal(problem("10.1.0.1:80"), "assignment 'outbound|80||a.b' is older than its "
						    "endpoint_stale_after: no endpoints");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "");
	assignment->received_ns = site.input.now_ns;
	site_expect(&site, "10.1.0.1:80 a.b serving");
	assert_string_equal(problem("10.1.0.1:80"), "none");
}

/* An assignment not known to be equal is built again, stale or not. */
static void stale_contents_may_be_unknown(void **unused)
{
	struct assignment *assignment;

	(void)unused;
	site_new(&site, "");
	site_services(&site, "a.b 80 10.1.0.1");
	site_list(&site, "a.b", true);
	for (uint32_t count = 1; count <= 2; count++) {
		assignment = site_assign(&site, "a.b", "10.10.0.1:80 10.10.0.2:80");
		assignment->localities[0].endpoint_count = count;
		assignment->fingerprint = 0;
		assignment->stale_after_ms = assignment->received_ns = 1;
		site_expect(&site, "10.1.0.1:80 a.b stale");
		assert_int_equal(site_row(&site, "10.1.0.1:80")->status->endpoints, count);
	}
}

/* ------------------------------------------------------------------ refusal */

static struct addr parse_address(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static void ipv6_is_refused(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site_services(&site, "a.b 80 fd00::1");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_expect(&site, "[fd00::1]:80 a.b refused");
	assert_string_equal(problem("[fd00::1]:80"),
			    "service 'outbound|80||a.b': IPv6 addresses are not carried");
	assert_int_equal(site.node.kernel.vip_count, 0);
}

/* A service of both families has a row, a view and shares for each. */
static void both_families(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site.input.ipv6 = true;
	site_services(&site, "a.b 80 10.1.0.1 fd00::1");
	site_serve(&site, "a.b", "10.10.0.1:80+[fd00:10::1]:80 10.10.0.2:80");
	site_expect(&site, "10.1.0.1:80 a.b serving; [fd00::1]:80 a.b serving");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "10.10.0.1:80 10.10.0.2:80");
	assert_string_equal(site_offered(&site, "[fd00::1]:80"), "[fd00:10::1]:80");
	assert_int_equal(site_row(&site, "10.1.0.1:80")->status->excluded_count, 0);
	assert_int_equal(
		site_row(&site, "[fd00::1]:80")->status->excluded_by_reason[EXCLUDED_NO_ADDRESS],
		1);
	/* Each alone: its row goes, the other stays as it is. */
	site.input.clusters.complete = true;
	site_services(&site, "a.b 80 fd00::1");
	site_expect(&site, "[fd00::1]:80 a.b serving");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "none");
	assert_string_equal(site_offered(&site, "[fd00::1]:80"), "[fd00:10::1]:80");
}

/* Packets of either family go to a gateway of either. */
static void tunnels_of_the_other_family(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site.input.ipv6 = true;
	site.config->mesh->networks[1].gateways[0].addr = parse_address("2001:db8::2");
	site_services(&site, "a.b 80 10.1.0.1 fd00::1");
	site_serve(&site, "a.b", "network2/10.32.0.1:80+[fd00:32::1]:80");
	site_expect(&site, "10.1.0.1:80 a.b no_endpoints; [fd00::1]:80 a.b no_endpoints");
	assert_int_equal(site_row(&site, "[fd00::1]:80")
				 ->status->excluded_by_reason[EXCLUDED_GATEWAY_FAMILY],
			 1);
	site.input.node.source.v6 = parse_address("2001:db8::1");
	site_expect(&site, "10.1.0.1:80 a.b serving; [fd00::1]:80 a.b serving");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "[2001:db8::2]:15443");
	assert_string_equal(site_offered(&site, "[fd00::1]:80"), "[2001:db8::2]:15443");
}

static void too_many_endpoints_keep_the_row(void **unused)
{
	struct assignment *assignment;

	(void)unused;
	site_new(&site, "");
	site_services(&site, "a.b 80 10.1.0.1");
	site_serve(&site, "a.b", "10.10.0.1:80");
	site_step(&site);
	assignment = site_assign(&site, "a.b", "10.10.0.2:80");
	assignment->localities[0].endpoint_count = VIEW_MAX_ENDPOINTS + 1; /* only counted */
	assignment->fingerprint = 1;
	site_expect(&site, "10.1.0.1:80 a.b kept");
	assert_string_equal(problem("10.1.0.1:80"), "service 'outbound|80||a.b' has more than 1048575 "
						    "endpoints: not applied");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "10.10.0.1:80");
	site_assign(&site, "a.b", "10.10.0.2:80");
	site_expect(&site, "10.1.0.1:80 a.b serving");
	assert_string_equal(site_offered(&site, "10.1.0.1:80"), "10.10.0.2:80");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, close_site)
	const struct CMUnitTest tests[] = {
		TEST(holder_keeps_its_vip),
		TEST(holder_outlives_a_restart),
		TEST(standing_network_leads_until_the_source_does),
		TEST(standing_network_leads_where_the_source_names_nobody),
		TEST(standing_network_leads_after_a_restart),
		TEST(standing_network_bears_the_contents_of_others),
		TEST(ports_and_protocols_are_apart),
		TEST(configured_and_named_is_one_row),
		TEST(the_way_to_the_source_is_not_captured),
		TEST(named_vip_of_another_is_refused),
		TEST(clash_of_ids),
		TEST(unknown_waits_and_what_was_known_is_kept),
		TEST(complete_list_knows_the_rest),
		TEST(adopted_rows_are_kept),
		TEST(rows_made_since_are_not_kept),
		TEST(only_changed_rows_are_built),
		TEST(a_new_configuration_builds_new_rows_alone),
		TEST(stale_endpoints_are_forgotten),
		TEST(stale_contents_may_be_unknown),
		TEST(ipv6_is_refused),
		TEST(both_families),
		TEST(tunnels_of_the_other_family),
		TEST(too_many_endpoints_keep_the_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
