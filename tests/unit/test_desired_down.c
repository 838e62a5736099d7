/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A gateway that dies or returns: which rows are built again, and what they offer then. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "desired_site.h"

#define NETWORKS 70 /* more than a set of networks has bits */
#define TEN "192.0.2.10:15443"
#define ELEVEN "192.0.2.11:15443"
#define TWENTY "192.0.2.20:15443"
#define OWN "192.0.2.1:15443"
#define LAST "192.0.2.99:15443"

static struct site site;
static struct mesh_network networks[NETWORKS];
static struct socket_addr down[8];

/* By network: ours, A, B; the last one has one too. */
static struct mesh_gateway gateways[][2] = {
	{ { .address = "192.0.2.1", .port = 15443 } },
	{ { .address = "192.0.2.10", .port = 15443 }, { .address = "192.0.2.11", .port = 15443 } },
	{ { .address = "192.0.2.20", .port = 15443 } },
	{ { .address = "192.0.2.99", .port = 15443 } },
};

static void set_gateways(size_t network, size_t from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(addr_parse(gateways[from][i].address, &gateways[from][i].addr), 0);
	networks[network].gateways = gateways[from];
	networks[network].gateway_count = count;
}

/* The networks of the site, with A in the place of network2, and others behind them. */
static void open_mesh(const char *more)
{
	static char names[NETWORKS][16];

	site_new(&site, more);
	networks[0] = site.config->mesh->networks[0];
	for (uint32_t i = 1; i < NETWORKS; i++) {
		snprintf(names[i], sizeof(names[i]), "network%02u", i);
		networks[i] = (struct mesh_network){ .name = names[i],
						     .id = 1000 + i,
						     .transport = TRANSPORT_GENEVE,
						     .tunnel_port = 6081 };
	}
	networks[0].name = site.config->network = "network00";
	set_gateways(0, 0, 1);
	set_gateways(1, 1, 2);
	set_gateways(2, 2, 1);
	set_gateways(NETWORKS - 1, 3, 1);
	site.config->mesh->networks = networks;
	site.config->mesh->count = NETWORKS;
}

/* Two services in A, one in B alone, one without remote endpoints. */
static void open_site(void)
{
	open_mesh("");
	site_services(&site, "both 80 10.1.0.1; a 80 10.1.0.2; b 80 10.1.0.3; here 80 10.1.0.4");
	site_serve(&site, "both", "10.10.0.1:80 network01/10.32.0.1:80");
	site_serve(&site, "a", "network01/10.32.0.2:80");
	site_serve(&site, "b", "network02/10.33.0.3:80");
	site_serve(&site, "here", "10.10.0.4:80");
	site_step(&site);
	assert_int_equal(site.node.generation.built, 4);
}

static int close_site(void **unused)
{
	(void)unused;
	site_done(&site);
	return 0;
}

/* Only these gateways are down now; returns how many services were built. */
static size_t built_without(const char *dead)
{
	char copy[256], *save = NULL;
	size_t count = 0;

	snprintf(copy, sizeof(copy), "%s", dead);
	for (char *p = strtok_r(copy, " ", &save); p; p = strtok_r(NULL, " ", &save), count++)
		assert_int_equal(addr_port_parse(p, &down[count].addr, &down[count].port), 0);
	site.input.down = down;
	site.input.down_count = count;
	site_step(&site);
	return site.node.generation.built;
}

static void expect_offered(const char *address, const char *offered)
{
	assert_string_equal(site_offered(&site, address), offered);
}

static void a_death_builds_what_sees_it(void **unused)
{
	(void)unused;
	open_site();
	assert_int_equal(built_without(TWENTY), 1);
	assert_non_null(site.node.generation.changed); /* no other row was looked at */
	expect_offered("10.1.0.3:80", TWENTY);         /* its last one is used all the same */
	assert_int_equal(built_without(TWENTY " " TEN), 2);
	expect_offered("10.1.0.1:80", "10.10.0.1:80 " ELEVEN);
	expect_offered("10.1.0.2:80", ELEVEN);
	assert_int_equal(built_without(TWENTY " " TEN), 0);
	assert_int_equal(site.node.changes, 0);
}

static void a_return_builds_what_sees_it(void **unused)
{
	(void)unused;
	open_site();
	built_without(TEN " " TWENTY);
	assert_int_equal(built_without(TWENTY), 2);
	expect_offered("10.1.0.1:80", "10.10.0.1:80 " TEN " " ELEVEN);
	assert_int_equal(built_without(TEN), 3); /* one returns, one dies */
	expect_offered("10.1.0.1:80", "10.10.0.1:80 " ELEVEN);
}

/* Their endpoints are unhealthy then, and used where there are no others. */
static void all_die(void **unused)
{
	(void)unused;
	open_site();
	assert_int_equal(built_without(TEN), 2);
	assert_int_equal(built_without(TEN " " ELEVEN), 2);
	expect_offered("10.1.0.1:80", "10.10.0.1:80");
	expect_offered("10.1.0.2:80", TEN " " ELEVEN);
	assert_true(site_row(&site, "10.1.0.2:80")->status->priorities[0].panic);
	assert_int_equal(site_row(&site, "10.1.0.1:80")->status->priorities[0].healthy, 1);
	assert_int_equal(built_without(ELEVEN), 2);
	expect_offered("10.1.0.1:80", "10.10.0.1:80 " TEN);
	assert_false(site_row(&site, "10.1.0.2:80")->status->priorities[0].panic);
}

/* As where the names of two networks' gateways have one address. */
static void a_gateway_of_two_networks(void **unused)
{
	(void)unused;
	open_site();
	set_gateways(2, 1, 1);
	site_step(&site);
	assert_int_equal(built_without(TEN), 3);
	expect_offered("10.1.0.2:80", ELEVEN);
	expect_offered("10.1.0.3:80", TEN);
}

/* Pods of our own network are not reached by its gateways. */
static void a_gateway_of_our_own(void **unused)
{
	(void)unused;
	open_site();
	assert_int_equal(built_without(OWN), 0);
	assert_int_equal(site.node.changes, 0);
}

/* As a control plane rewrites remote endpoints. */
static void an_endpoint_is_a_gateway(void **unused)
{
	(void)unused;
	open_site();
	site_serve(&site, "here", "10.10.0.4:80 " TWENTY);
	site_step(&site);
	assert_int_equal(built_without(TWENTY), 2);
	expect_offered("10.1.0.4:80", "10.10.0.4:80");
}

static void contents_change_with_it(void **unused)
{
	(void)unused;
	open_site();
	site_assign(&site, "here", "network02/10.33.0.4:80");
	assert_int_equal(built_without(TEN), 3);
	expect_offered("10.1.0.4:80", TWENTY);
	site_assign(&site, "a", "10.10.0.9:80"); /* no longer in A */
	assert_int_equal(built_without(""), 2);
	assert_int_equal(built_without(TEN), 1);
}

/* A build of all rows takes over the others. */
static void more_changes_with_it(void **unused)
{
	(void)unused;
	open_site();
	site.input.layout++;
	assert_int_equal(built_without(TWENTY), 1);
	assert_null(site.node.generation.changed);
	site.input.layout++;
	assert_int_equal(built_without(TWENTY), 0);
	assert_int_equal(built_without(TWENTY " " TEN), 2); /* rows taken over know what they see */
	expect_offered("10.1.0.2:80", ELEVEN);
}

/* A network leads to it, whatever the source names. */
static void a_standing_network(void **unused)
{
	(void)unused;
	open_site();
	site.config->services[3].network = "network02";
	site.input.config_loads++;
	site_serve(&site, "here", "");
	built_without("");
	expect_offered("10.1.0.4:80", TWENTY);
	assert_int_equal(built_without(TWENTY), 2);
	assert_true(site_row(&site, "10.1.0.4:80")->status->priorities[0].panic);
	assert_int_equal(built_without(TWENTY " " TEN), 2);
	assert_non_null(site.node.generation.changed);
}

/* It forwards to pods of its own network alone. */
static void rows_of_a_gateway(void **unused)
{
	(void)unused;
	open_mesh("gateway: {listen: {interface: eth0}, allow: [10.0.0.0/8]}\n");
	site_serve(&site, "a", "10.10.0.1:80 network01/10.32.0.2:80 " TWENTY);
	site_step(&site);
	assert_int_equal(site.node.generation.built, 1);
	assert_int_equal(built_without(TEN " " TWENTY), 0);
}

static void one_of_many_networks(void **unused)
{
	(void)unused;
	open_site();
	site_serve(&site, "here", "10.10.0.4:80 network69/10.34.0.1:80");
	site_step(&site);
	expect_offered("10.1.0.4:80", "10.10.0.4:80 " LAST);
	assert_int_equal(built_without(LAST), 1);
	expect_offered("10.1.0.4:80", "10.10.0.4:80");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, close_site)
	const struct CMUnitTest tests[] = {
		TEST(a_death_builds_what_sees_it),
		TEST(a_return_builds_what_sees_it),
		TEST(all_die),
		TEST(a_gateway_of_two_networks),
		TEST(a_gateway_of_our_own),
		TEST(an_endpoint_is_a_gateway),
		TEST(contents_change_with_it),
		TEST(more_changes_with_it),
		TEST(a_standing_network),
		TEST(rows_of_a_gateway),
		TEST(one_of_many_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
