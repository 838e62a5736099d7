/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The network of an endpoint, and whether and how it is used from network1. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "view_fixture.h"

struct row {
	const char *about;
	struct endpoint_row endpoint;
	enum excluded reason;
	/* When it is used: */
	const char *backend;
	enum backend_kind kind;
	const char *network;
	bool remote;
};

#define POD(cluster) "pod;ns;app;v1;" cluster

static const struct row rows[] = {
	{"nothing said, inside our fromCidr", {.address = "10.10.0.9:80"}, EXCLUDED_NONE,
	 "10.10.0.9:80", BACKEND_LOCAL, "network1", false},
	{"nothing said, outside our fromCidr", {.address = "10.11.0.9:80"},
	 EXCLUDED_OUTSIDE_NETWORK, NULL, 0, NULL, false},
	{"endpoint metadata", {.address = "10.10.0.9:80", .network = "network2"}, EXCLUDED_NONE,
	 "192.23.120.32:15443", BACKEND_GENEVE, "network2", true},
	{"locality metadata", {.address = "10.10.0.9:80", .locality_network = "network2"},
	 EXCLUDED_NONE, "192.23.120.33:15443", BACKEND_GENEVE, "network2", true},
	{"endpoint metadata before the locality's",
	 {.address = "10.32.0.9:80", .network = "network1", .locality_network = "network2"},
	 EXCLUDED_NONE, "10.32.0.9:80", BACKEND_LOCAL, "network1", false},
	{"locality metadata before the registry",
	 {.address = "10.32.0.9:80", .workload = POD("cluster2"), .locality_network = "network1"},
	 EXCLUDED_NONE, "10.32.0.9:80", BACKEND_LOCAL, "network1", false},
	{"empty metadata says nothing", {.address = "10.10.0.9:80", .network = ""}, EXCLUDED_NONE,
	 "10.10.0.9:80", BACKEND_LOCAL, "network1", false},
	{"registry before fromCidr: an address that both networks use",
	 {.address = "10.10.0.9:80", .workload = POD("cluster2")}, EXCLUDED_NONE,
	 "192.23.120.32:15443", BACKEND_GENEVE, "network2", true},
	{"our own registry", {.address = "10.10.0.9:80", .workload = POD("cluster1")},
	 EXCLUDED_NONE, "10.10.0.9:80", BACKEND_LOCAL, "network1", false},
	{"a registry is matched whole", {.address = "10.10.0.9:80", .workload = POD("cluster22")},
	 EXCLUDED_NONE, "10.10.0.9:80", BACKEND_LOCAL, "network1", false},
	{"a prefix of a registry is none", {.address = "10.10.0.9:80", .workload = POD("clust")},
	 EXCLUDED_NONE, "10.10.0.9:80", BACKEND_LOCAL, "network1", false},
	{"fromCidr of another network", {.address = "10.32.0.17:5000"}, EXCLUDED_NONE,
	 "192.23.120.32:15443", BACKEND_GENEVE, "network2", true},
	{"of another cluster, no rule", {.address = "10.99.0.9:80", .workload = POD("cluster9")},
	 EXCLUDED_UNKNOWN_NETWORK, NULL, 0, NULL, false},
	{"metadata names a network the mesh lacks",
	 {.address = "10.10.0.9:80", .network = "network9"}, EXCLUDED_NO_GATEWAY, NULL, 0, NULL,
	 true},
	{"gateway address not yet known",
	 {.address = "10.10.0.9:80", .workload = POD("cluster3")}, EXCLUDED_NO_GATEWAY, NULL, 0,
	 NULL, true},
	{"no transport", {.address = "10.10.0.9:80", .workload = POD("cluster4")},
	 EXCLUDED_NO_TRANSPORT, NULL, 0, NULL, true},
	{"passthrough", {.address = "10.10.0.9:80", .workload = POD("cluster5")}, EXCLUDED_NONE,
	 "192.0.2.50:15443", BACKEND_PASSTHROUGH, "network5", true},
	{"flat network", {.address = "10.66.0.9:80"}, EXCLUDED_NONE, "10.66.0.9:80", BACKEND_LOCAL,
	 "network6", true},
	{"a tunnel needs an address of the gateway's family",
	 {.address = "10.10.0.9:80", .workload = POD("cluster7")}, EXCLUDED_GATEWAY_FAMILY, NULL, 0,
	 NULL, true},
	{"passthrough keeps the family", {.address = "10.10.0.9:80", .workload = POD("cluster8")},
	 EXCLUDED_GATEWAY_FAMILY, NULL, 0, NULL, true},

	{"a rewritten gateway",
	 {.address = "192.23.120.32:15443", .workload = ";;;;"}, EXCLUDED_NONE,
	 "192.23.120.32:15443", BACKEND_GENEVE, "network2", true},
	{"known by the table alone", {.address = "192.23.120.33:15443"}, EXCLUDED_NONE,
	 "192.23.120.33:15443", BACKEND_GENEVE, "network2", true},
	{"the table before metadata",
	 {.address = "192.23.120.33:15443", .network = "network1", .workload = POD("cluster1")},
	 EXCLUDED_NONE, "192.23.120.33:15443", BACKEND_GENEVE, "network2", true},
	{"another port is another thing", {.address = "192.23.120.33:15444"},
	 EXCLUDED_OUTSIDE_NETWORK, NULL, 0, NULL, false},
	{"a rewritten stock gateway", {.address = "192.0.2.50:15443", .workload = ";;;;cluster5"},
	 EXCLUDED_NONE, "192.0.2.50:15443", BACKEND_PASSTHROUGH, "network5", true},
	{"a gateway without transport", {.address = "192.0.2.40:15443", .workload = ";;;;"},
	 EXCLUDED_NO_TRANSPORT, NULL, 0, NULL, true},
	{"a gateway of our own", {.address = "192.0.2.1:15443", .workload = ";;;;"},
	 EXCLUDED_OWN_GATEWAY, NULL, 0, NULL, false},
	{"a gateway by its second address",
	 {.address = "10.1.1.1:15443,192.23.120.32:15443", .workload = ";;;;"}, EXCLUDED_NONE,
	 "192.23.120.32:15443", BACKEND_GENEVE, "network2", true},
	{"a Geneve gateway of IPv6, by its second address",
	 {.address = "10.1.1.1:15443,[2001:db8::7]:15443", .workload = ";;;;"},
	 EXCLUDED_GATEWAY_FAMILY, NULL, 0, NULL, true},
	{"a gateway by its IPv4 address, which stands second",
	 {.address = "[2001:db8::7]:15443,192.23.120.32:15443", .workload = ";;;;"},
	 EXCLUDED_NONE, "192.23.120.32:15443", BACKEND_GENEVE, "network2", true},
	{"a gateway by its IPv4 address, which stands first",
	 {.address = "192.23.120.32:15443,[2001:db8::7]:15443", .workload = ";;;;"},
	 EXCLUDED_NONE, "192.23.120.32:15443", BACKEND_GENEVE, "network2", true},
	{"a gateway written as IPv4-mapped IPv6",
	 {.address = "[::ffff:192.23.120.32]:15443", .workload = ";;;;"}, EXCLUDED_NONE,
	 "192.23.120.32:15443", BACKEND_GENEVE, "network2", true},
	{"an IPv6 address that begins like a gateway's",
	 {.address = "[c017:7820::]:15443", .workload = ";;;;"}, EXCLUDED_NO_ADDRESS, NULL, 0,
	 NULL, true},
	{"a stock gateway of the other family",
	 {.address = "[2001:db8::8]:15443", .workload = ";;;;"}, EXCLUDED_GATEWAY_FAMILY, NULL, 0,
	 NULL, true},
	{"the placeholder, as istiod sends it", {.address = "0.0.0.0:15443", .workload = ";;;;"},
	 EXCLUDED_BAD_ADDRESS, NULL, 0, NULL, true},
	{"the placeholder, in the table", {.address = "0.0.0.0:443", .workload = ";;;;"},
	 EXCLUDED_BAD_ADDRESS, NULL, 0, NULL, true},
	{"unknown gateway", {.address = "10.10.0.9:15443", .workload = ";;;;"},
	 EXCLUDED_UNKNOWN_GATEWAY, NULL, 0, NULL, true},
	{"unknown gateway of a Geneve network",
	 {.address = "198.51.100.1:15443", .workload = ";;;;cluster2"}, EXCLUDED_UNKNOWN_GATEWAY,
	 NULL, 0, NULL, true},
	{"unknown gateway where passthrough is configured",
	 {.address = "198.51.100.1:15443", .workload = ";;;;cluster5"}, EXCLUDED_NONE,
	 "198.51.100.1:15443", BACKEND_PASSTHROUGH, "network5", true},
	{"unknown gateway of the other family",
	 {.address = "[2001:db8::5]:15443", .workload = ";;;;cluster5"}, EXCLUDED_NO_ADDRESS,
	 NULL, 0, NULL, true},
	{"unknown gateway of our own network",
	 {.address = "198.51.100.1:15443", .workload = ";;;;cluster1"}, EXCLUDED_OWN_GATEWAY,
	 NULL, 0, NULL, false},
	{"a workload without namespace is a pod", {.address = "10.10.0.9:80", .workload = "a;;;;"},
	 EXCLUDED_NONE, "10.10.0.9:80", BACKEND_LOCAL, "network1", false},
	{"a namespace without workload is a pod", {.address = "10.10.0.9:80", .workload = ";n;;;"},
	 EXCLUDED_NONE, "10.10.0.9:80", BACKEND_LOCAL, "network1", false},

	{"unspecified", {.address = "0.0.0.0:80"}, EXCLUDED_BAD_ADDRESS, NULL, 0, NULL, false},
	{"loopback", {.address = "127.0.0.1:80"}, EXCLUDED_BAD_ADDRESS, NULL, 0, NULL, false},
	{"multicast", {.address = "224.0.0.1:80"}, EXCLUDED_BAD_ADDRESS, NULL, 0, NULL, false},
	{"port 0", {.address = "10.10.0.9:0"}, EXCLUDED_BAD_PORT, NULL, 0, NULL, false},
	{"port 0 of a remote pod", {.address = "10.32.0.9:0"}, EXCLUDED_BAD_PORT, NULL, 0, NULL,
	 true},
	{"no address we carry", {.address = ""}, EXCLUDED_NO_ADDRESS, NULL, 0, NULL, false},
	{"the other family", {.address = "[2001:db8::1]:80"}, EXCLUDED_NO_ADDRESS, NULL, 0, NULL,
	 false},
	{"an IPv6 address that begins like our fromCidr", {.address = "[a0a:9::]:80"},
	 EXCLUDED_NO_ADDRESS, NULL, 0, NULL, false},
	{"the other family first", {.address = "[2001:db8::1]:80,10.10.0.9:81"}, EXCLUDED_NONE,
	 "10.10.0.9:81", BACKEND_LOCAL, "network1", false},
	{"another protocol", {.address = "udp 10.10.0.9:80"}, EXCLUDED_WRONG_PROTOCOL, NULL, 0,
	 NULL, false},
	{"another protocol first", {.address = "udp 10.10.0.9:80,10.10.0.10:80"}, EXCLUDED_NONE,
	 "10.10.0.10:80", BACKEND_LOCAL, "network1", false},
};

static void check(const struct row *row, const struct view *view)
{
	if (row->reason != (view->excluded_count ? view->excluded[0].reason : EXCLUDED_NONE))
		fail_msg("%s: reason %d, expected %d", row->about,
			 view->excluded_count ? view->excluded[0].reason : 0, row->reason);
	if (view->has_remote != row->remote)
		fail_msg("%s: has_remote %d", row->about, view->has_remote);
	if (view->fail != !row->backend)
		fail_msg("%s: fail %d", row->about, view->fail);
	if (row->backend) {
		const struct view_backend *backend = fixture_backend(view, row->backend, 0);

		if (!backend)
			fail_msg("%s: no backend %s", row->about, row->backend);
		if (backend->kind != row->kind || strcmp(backend->network, row->network))
			fail_msg("%s: kind %d in %s", row->about, backend->kind,
				 backend->network);
		assert_int_equal(backend->network_id, 99 + (row->network[7] - '0'));
	}
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct arena *arena = arena_new(0);
		struct view_request request =
			fixture_request(fixture_assignment(arena, &rows[i].endpoint, 1));

		check(&rows[i], fixture_view(arena, &request));
		arena_free(arena);
	}
}

/* The IPv4 gateway of a mixed list gets all traffic, wherever it is in the list. */
static void test_mixed_gateways(void **state)
{
	static const struct endpoint_row row = {.address = "10.32.0.9:80"};
	struct mesh_gateway gateways[2] = {{.port = 15443}, {.port = 15443}};
	struct mesh_network networks[2] = {{.name = "network1", .own = true},
					   {.name = "network2", .gateways = gateways,
					    .gateway_count = 2, .tunnel_port = 6081}};
	const struct mesh_networks mesh = {.networks = networks, .count = 2};

	(void)state;
	networks[1].cidr_count = 1;
	networks[1].cidrs = &(struct prefix){0};
	assert_int_equal(prefix_parse("10.32.0.0/16", networks[1].cidrs), 0);
	for (int i = 0; i < 4; i++) {
		struct arena *arena = arena_new(0);
		struct view_request request = fixture_request(fixture_assignment(arena, &row, 1));
		const struct view *view;

		request.mesh = &mesh;
		networks[1].transport = i < 2 ? TRANSPORT_GENEVE : TRANSPORT_PASSTHROUGH;
		assert_int_equal(addr_parse("2001:db8::15", &gateways[i % 2].addr), 0);
		assert_int_equal(addr_parse("192.23.120.32", &gateways[!(i % 2)].addr), 0);
		view = fixture_view(arena, &request);
		assert_int_equal(view->backend_count, 1);
		assert_share(view, "192.23.120.32:15443", 1);
		arena_free(arena);
	}
}

/* Without fromCidr of our own, endpoints that no rule names are ours, except those of other clusters. */
static void test_without_own_cidr(void **state)
{
	static const struct row cases[] = {
		{"nothing said", {.address = "10.11.0.9:80"}, EXCLUDED_NONE, "10.11.0.9:80",
		 BACKEND_LOCAL, "network1", false},
		{"our cluster by name", {.address = "10.11.0.9:80", .workload = POD("ours")},
		 EXCLUDED_NONE, "10.11.0.9:80", BACKEND_LOCAL, "network1", false},
		{"another cluster", {.address = "10.11.0.9:80", .workload = POD("cluster9")},
		 EXCLUDED_UNKNOWN_NETWORK, NULL, 0, NULL, false},
		{"a name that ours begins with", {.address = "10.11.0.9:80", .workload = POD("our")},
		 EXCLUDED_UNKNOWN_NETWORK, NULL, 0, NULL, false},
		{"no cluster named", {.address = "10.11.0.9:80", .workload = POD("")},
		 EXCLUDED_NONE, "10.11.0.9:80", BACKEND_LOCAL, "network1", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena *arena = arena_new(0);
		struct view_request request =
			fixture_request(fixture_assignment(arena, &cases[i].endpoint, 1));

		request.mesh = fixture_mesh_without_cidr();
		request.cluster = "ours";
		check(&cases[i], fixture_view(arena, &request));
		arena_free(arena);
	}
}

/* Without `cluster` in the configuration no endpoint counts as another cluster's. */
static void test_cluster_not_configured(void **state)
{
	static const struct endpoint_row row = {.address = "10.11.0.9:80",
						.workload = POD("cluster9")};
	struct arena *arena = arena_new(0);
	struct view_request request = fixture_request(fixture_assignment(arena, &row, 1));

	(void)state;
	request.mesh = fixture_mesh_without_cidr();
	request.cluster = NULL;
	assert_share(fixture_view(arena, &request), "10.11.0.9:80", 1);
	arena_free(arena);
}

/* UDP uses endpoints of UDP and those that name no protocol. */
static void test_udp(void **state)
{
	static const struct endpoint_row endpoints[] = {{.address = "10.10.0.1:53"},
							{.address = "udp 10.10.0.2:53"}};
	struct arena *arena = arena_new(0);
	struct view_request request = fixture_request(fixture_assignment(arena, endpoints, 2));
	const struct view *view;

	(void)state;
	request.proto = IPPROTO_UDP;
	view = fixture_view(arena, &request);
	assert_share(view, "10.10.0.1:53", 0.5);
	assert_share(view, "10.10.0.2:53", 0.5);
	assert_int_equal(view->proto, IPPROTO_UDP);
	arena_free(arena);
}

static void test_ipv6(void **state)
{
	static const struct endpoint_row endpoints[] = {
		{.address = "10.10.0.1:80,[2001:db8:1::1]:80", .network = "network1"},
		{.address = "[2001:db8:2::1]:80", .workload = POD("cluster2")},
		{.address = "[2001:db8:2::2]:80", .workload = POD("cluster5")},
		{.address = "[2001:db8:2::3]:80", .workload = POD("cluster8")},
		{.address = "10.10.0.4:80"}};
	struct arena *arena = arena_new(0);
	struct view_request request = fixture_request(fixture_assignment(arena, endpoints, 5));
	const struct view *view;

	(void)state;
	request.family = 6;
	view = fixture_view(arena, &request);
	assert_share(view, "[2001:db8:1::1]:80", 1 / 3.0);
	assert_share(view, "192.23.120.32:15443", 1 / 6.0);
	assert_share(view, "[2001:db8::8]:15443", 1 / 3.0);
	assert_int_equal(view->excluded_count, 2);
	assert_int_equal(view->excluded[0].reason, EXCLUDED_GATEWAY_FAMILY);
	assert_int_equal(view->excluded[1].reason, EXCLUDED_NO_ADDRESS);
	arena_free(arena);
}

/* An endpoint is in one network by all its addresses, so that its view in the other family has it too. */
static void test_ranges_speak_for_both_families(void **state)
{
	static const struct row cases[] = {
		{"a pod of ours", {.address = "10.10.0.9:80,[2001:db8:1::9]:80"}, EXCLUDED_NONE,
		 "[2001:db8:1::9]:80", BACKEND_LOCAL, "network1", false},
		{"a pod of another network", {.address = "[2001:db8:1::9]:80,10.32.0.9:80"},
		 EXCLUDED_NONE, "192.23.120.32:15443", BACKEND_GENEVE, "network2", true},
		{"in no range", {.address = "10.99.0.9:80,[2001:db8:1::9]:80"},
		 EXCLUDED_OUTSIDE_NETWORK, NULL, 0, NULL, false},
		{"without an address that a range could have", {.address = "[2001:db8:1::9]:80"},
		 EXCLUDED_OUTSIDE_NETWORK, NULL, 0, NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena *arena = arena_new(0);
		struct view_request request =
			fixture_request(fixture_assignment(arena, &cases[i].endpoint, 1));

		request.family = 6;
		check(&cases[i], fixture_view(arena, &request));
		arena_free(arena);
	}
}

/* One host name with two addresses is one gateway: tunnels use the first family that this node has. */
static void test_one_gateway_with_two_addresses(void **state)
{
	static const struct endpoint_row row = {.address = "10.32.0.9:80"};
	static const struct {
		uint8_t tunnels;
		const char *gateway; /* NULL: none */
	} cases[] = {
		{FAMILIES_BOTH, "192.23.120.32:15443"},
		{FAMILY_BIT(4), "192.23.120.32:15443"},
		{FAMILY_BIT(6), "[2001:db8::15]:15443"},
		{0, NULL},
	};
	struct mesh_gateway gateways[] = {{.address = "gw", .port = 15443},
					  {.address = "gw", .port = 15443}};
	struct prefix cidr;
	struct mesh_network networks[] = {
		{.name = "network1", .own = true},
		{.name = "network2", .cidrs = &cidr, .cidr_count = 1, .gateways = gateways,
		 .gateway_count = 2, .transport = TRANSPORT_GENEVE, .tunnel_port = 6081}};
	const struct mesh_networks mesh = {.networks = networks, .count = 2};

	(void)state;
	assert_int_equal(prefix_parse("10.32.0.0/16", &cidr), 0);
	assert_int_equal(addr_parse("192.23.120.32", &gateways[0].addr), 0);
	assert_int_equal(addr_parse("2001:db8::15", &gateways[1].addr), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena *arena = arena_new(0);
		struct view_request request = fixture_request(fixture_assignment(arena, &row, 1));
		const struct view *view;

		request.mesh = &mesh;
		request.tunnels = cases[i].tunnels;
		view = fixture_view(arena, &request);
		assert_int_equal(view->backend_count, !!cases[i].gateway);
		if (cases[i].gateway)
			assert_share(view, cases[i].gateway, 1);
		else
			assert_int_equal(view->excluded[0].reason, EXCLUDED_GATEWAY_FAMILY);
		arena_free(arena);
	}
}

/* Endpoints of two networks may have one address: an excluded one is told by its network. */
static void test_excluded_endpoints_have_a_network(void **state)
{
	static const struct {
		struct endpoint_row endpoint;
		const char *network;
	} named[] = {
		{ { .address = "10.10.0.9:80", .workload = POD("cluster3") }, "network3" },
		{ { .address = "10.10.0.9:0", .workload = POD("cluster2") }, "network2" },
		{ { .address = "10.10.0.9:80", .network = "unheard-of" }, "unheard-of" },
		{ { .address = "127.0.0.1:80" }, NULL },
		{ { .address = "10.10.0.9:0" }, "network1" },
		{ { .address = "10.99.0.9:80", .workload = POD("cluster99") }, NULL },
		{ { .address = "192.23.120.33:15444" }, NULL },
		{ { .address = "192.0.2.40:15443", .workload = ";;;;" }, "network4" },
		{ { .address = "198.51.100.1:15443", .workload = ";;;;cluster2" }, "network2" },
		{ { .address = "198.51.100.1:15443", .workload = ";;;;" }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		struct arena *arena = arena_new(0);
		struct view_request request =
			fixture_request(fixture_assignment(arena, &named[i].endpoint, 1));
		const struct view *view = fixture_view(arena, &request);
		const char *network = view->excluded_count ? view->excluded[0].network : "none";

		if (network != named[i].network &&
		    (!network || !named[i].network || strcmp(network, named[i].network)))
			fail_msg("row %zu: %s, expected %s", i, network ? network : "no network",
				 named[i].network ? named[i].network : "no network");
		arena_free(arena);
	}
}

/* The mirrored view, from a network that the configuration is not about. */
static void test_seen_from_elsewhere(void **state)
{
	static const struct endpoint_row endpoints[] = {{.address = "10.10.0.1:80"},
							{.address = "10.32.0.1:80"},
							{.address = "10.66.0.1:80"},
							{.address = "192.23.120.32:15443"}};
	struct arena *arena = arena_new(0);
	struct view_request request = fixture_request(fixture_assignment(arena, endpoints, 4));
	const struct view *view;

	(void)state;
	request.network = "network2";
	request.cluster = NULL;
	view = fixture_view(arena, &request);
	assert_share(view, "10.32.0.1:80", 1);
	assert_int_equal(view->excluded_count, 3);
	assert_int_equal(view->excluded[0].reason, EXCLUDED_NO_TRANSPORT);
	/* Flat with network1 only. */
	assert_int_equal(view->excluded[1].reason, EXCLUDED_NO_GATEWAY);
	assert_int_equal(view->excluded[2].reason, EXCLUDED_OWN_GATEWAY);
	request.network = "network6";
	view = fixture_view(arena, &request);
	assert_share(view, "10.10.0.1:80", 0.25);
	assert_share(view, "10.66.0.1:80", 0.25);
	/* Its own quarter as received, and half of the pod's quarter. */
	assert_share(view, "192.23.120.32:15443", 0.25 + 0.125);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_mixed_gateways),
		cmocka_unit_test(test_without_own_cidr),
		cmocka_unit_test(test_cluster_not_configured),
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_ranges_speak_for_both_families),
		cmocka_unit_test(test_one_gateway_with_two_addresses),
		cmocka_unit_test(test_excluded_endpoints_have_a_network),
		cmocka_unit_test(test_seen_from_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
