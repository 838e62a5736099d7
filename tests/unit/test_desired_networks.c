/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Settings, networks, gateways and admitted ranges of a generation. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "builder.h"
#include "desired_site.h"
#include "own_network.h"
#include "parallax_wire.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define FIRST_SHARED_PORT (TUNNEL_SOURCE_PORT + TUNNEL_SOURCE_PORTS)

#define GATEWAY                                                                                    \
	"gateway: {listen: {interface: eth0, port: 7000}, snat: [10.0.0.2, 10.0.0.3], "            \
	"allow: [10.0.0.0/8]}\n"

static struct site site;
static struct generation next;

static int close_site(void **unused)
{
	(void)unused;
	generation_done(&next);
	site_done(&site);
	return 0;
}

static const struct settings *build(void)
{
	generation_done(&next);
	assert_int_equal(node_build(&site.node, &site.input, false, &next), 0);
	return &next.desired.settings;
}

static struct addr address(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

/* NULL: there is none. */
static void assert_problem(const char *expected)
{
	assert_int_equal(next.problem_count, !!expected);
	if (expected)
		assert_string_equal(next.problems[0], expected);
}

/* ------------------------------------------------------------------ networks and gateways */

static struct mesh_network *network2(void)
{
	return &site.config->mesh->networks[1];
}

static void set_gateways(struct mesh_network *network, struct mesh_gateway *gateways, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (gateways[i].address)
			gateways[i].addr = address(gateways[i].address);
	network->gateways = gateways;
	network->gateway_count = count;
}

/* The same edit applies where meshNetworks is in a file of its own. */
static void transports_without_a_network_are_problems(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site.config->transports[0].network = "nteowrk2";
	build();
	assert_problem(
		"transports: meshNetworks names no network 'nteowrk2': its transport is not used; "
		"did you mean 'network2'?");
}

static void networks_say_which_is_ours(void **unused)
{
	const struct desired_network *networks;

	(void)unused;
	site_new(&site, "");
	network2()->flat = true;
	network2()->encrypted = true;
	assert_int_equal(build()->network, site.config->mesh->networks[0].id);
	networks = next.desired.networks;
	assert_int_equal(next.desired.network_count, 2);
	assert_string_equal(networks[0].name, "network1");
	assert_int_equal(networks[0].value.flags, NETWORK_OWN);
	assert_int_equal(networks[1].id, network2()->id);
	assert_int_equal(networks[1].value.flags, NETWORK_FLAT | NETWORK_ENCRYPTED);
}

/* The gateway role admits clients by address, so a gateway with two ports is listed once. */
static void usable_gateways_stand_once(void **unused)
{
	static struct mesh_gateway gateways[] = {
		{ .address = "192.0.2.2", .port = 15443 }, { .address = "192.0.2.2", .port = 15444 },
		{ .address = "0.0.0.0", .port = 15443 },   { .port = 15443 },
		{ .address = "192.0.2.9" },                { .address = "fd00::1", .port = 15443 },
		{ .address = "192.0.2.3", .port = 15443 },
		{ .address = "192.0.2.4", .port = 15443, .registry_service = "istio" },
	};
	static struct mesh_gateway own[] = { { .address = "192.0.2.1", .port = 15443 } };
	const struct desired_gateway *list;

	(void)unused;
	site_new(&site, "");
	set_gateways(network2(), gateways, COUNT(gateways));
	set_gateways(&site.config->mesh->networks[0], own, COUNT(own));
	build();
	list = next.desired.gateways;
	assert_int_equal(next.desired.gateway_count, 2);
	assert_int_equal(ip_v4(&list[0].key.addr), inet_addr("192.0.2.2"));
	assert_int_equal(list[0].key.network, network2()->id);
	assert_int_equal(list[0].value.port, htons(15443));
	assert_int_equal(list[0].value.tunnel_port, htons(network2()->tunnel_port));
	assert_int_equal(list[0].value.kind, BACKEND_GENEVE);
	assert_int_equal(ip_v4(&list[1].key.addr), inet_addr("192.0.2.3"));
}

static void transports_decide_the_kind(void **unused)
{
	(void)unused;
	site_new(&site, "");
	network2()->transport = TRANSPORT_PASSTHROUGH;
	build();
	assert_int_equal(next.desired.gateway_count, 1);
	assert_int_equal(next.desired.gateways[0].value.kind, BACKEND_PASSTHROUGH);
	assert_int_equal(next.desired.gateways[0].value.tunnel_port, 0);
	network2()->transport = TRANSPORT_NONE;
	build();
	assert_int_equal(next.desired.gateway_count, 0);
}

/* ------------------------------------------------------------------ settings of every node */

static void settings_of_a_node(void **unused)
{
	const struct settings *settings;

	(void)unused;
	site_new(&site, "delivery: redirect\ndraining: reset\ntakeover: 5s\nmetrics: {istio: true}\n");
	site.input.node.source.v4 = address("10.0.0.1");
	site.input.node.uplink_mtu = 70000;
	settings = build();
	assert_int_equal(settings->flags, SETTING_REDIRECT | SETTING_RESET | SETTING_USAGE_PODS);
	assert_int_equal(settings->takeover_ns, 5000000000);
	assert_int_equal(ip_v4(&settings->source[IP_V4_INDEX]), inet_addr("10.0.0.1"));
	assert_int_equal(settings->uplink, 3);
	assert_int_equal(settings->mtu, 65535);
	assert_int_equal(settings->hz, 250);
	assert_int_equal(settings->snat_count[IP_V4_INDEX], 0);
	assert_int_equal(next.desired.allowed_count, 0);
	assert_problem(NULL);
}

static void an_uplink_may_be_missing(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site.input.node.uplink = 0;
	build();
	assert_problem("no interface matches interfaces.uplinks yet");
	site.config->uplink_pattern_count = 0;
	build();
	assert_problem(NULL);
}

static void a_node_without_pods_says_so(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site.input.node.pods = 0;
	build();
	assert_problem("no interface matches interfaces.pods yet: no pod is served");
	site.config->pod_pattern_count = 0;
	build();
	assert_problem(NULL);

	/* A gateway may stand on a node without pods. */
	site_new(&site, GATEWAY);
	site.input.node.pods = 0;
	site.input.node.listen.v4 = address("10.0.0.1");
	build();
	assert_problem(NULL);
}

/* A misspelt name of our own network sends all traffic away, unless something else knows the name. */
static void our_own_network_is_known(void **unused)
{
	struct mesh_network networks[] = { { .name = "netwrok1", .own = true },
					   { .name = "network1" },
					   { .name = "network2" } };
	struct mesh_networks mesh = { .networks = networks, .count = COUNT(networks) };
	struct config config = { .network = "netwrok1", .mesh = &mesh };
	struct service_row items[] = { { .has_remote = true }, {} };
	struct service_rows rows = { .items = items, .count = COUNT(items) };
	char text[320];

	(void)unused;
	assert_true(own_network_unknown(&config, &rows, text, sizeof(text)));
	assert_string_equal(text,
			    "network 'netwrok1': meshNetworks has no rule for it, and no endpoint "
			    "lies in it, so that all traffic leaves this network; did you mean "
			    "'network1'?");
	items[1].has_own = true;
	assert_false(own_network_unknown(&config, &rows, text, sizeof(text)));
	items[0].has_remote = items[1].has_own = false; /* no endpoint at all */
	assert_false(own_network_unknown(&config, &rows, text, sizeof(text)));
	items[0].has_remote = true;
	networks[0].registry_count = 1;
	assert_false(own_network_unknown(&config, &rows, text, sizeof(text)));
	networks[0].registry_count = 0;
	mesh.count = 1; /* without meshNetworks */
	assert_false(own_network_unknown(&config, &rows, text, sizeof(text)));
}

/* A generation remembers it of each row, also where the row is built again or stays. */
static void rows_know_their_networks(void **unused)
{
	const struct service_row *row;

	(void)unused;
	site_new(&site, "");
	site_services(&site, "one.example 80 10.96.0.1");
	site_serve(&site, "one.example", "network2/10.32.0.1:80");
	site_step(&site);
	row = site_row(&site, "10.96.0.1:80");
	assert_true(row->has_remote && !row->has_own);
	site_step(&site);
	row = site_row(&site, "10.96.0.1:80");
	assert_true(row->has_remote && !row->has_own);
	site_serve(&site, "one.example", "10.10.0.1:80");
	site_step(&site);
	row = site_row(&site, "10.96.0.1:80");
	assert_true(!row->has_remote && row->has_own);
}

/* ------------------------------------------------------------------ the gateway role */

static void an_open_gateway(void **unused)
{
	const struct settings *settings;

	(void)unused;
	site_new(&site, GATEWAY);
	site.input.node.listen.v4 = address("10.0.0.1");
	settings = build();
	assert_int_equal(settings->flags, SETTING_GATEWAY);
	assert_int_equal(ip_v4(&settings->listen[IP_V4_INDEX]), inet_addr("10.0.0.1"));
	assert_int_equal(settings->listen_port, htons(7000));
	assert_int_equal(settings->snat_count[IP_V4_INDEX], 2);
	assert_int_equal(ip_v4(&settings->snat[IP_V4_INDEX][1]), inet_addr("10.0.0.3"));
	assert_int_equal(settings->snat_first, 1024);
	assert_int_equal(settings->snat_last, 65535);
	assert_int_equal(next.desired.allowed_count, 1);
	assert_int_equal(next.desired.allowed[0].prefix, ALLOWED_NETWORK_BITS + IP_MAPPED_BITS + 8);
	assert_int_equal(next.desired.allowed[0].network, 0);
	assert_int_equal(ip_v4(&next.desired.allowed[0].addr), inet_addr("10.0.0.0"));
	assert_problem(NULL);
}

static bool has_peer(const char *text)
{
	struct addr addr = address(text);

	for (size_t i = 0; i < next.desired.allowed_count; i++)
		if (next.desired.allowed[i].network == ALLOWED_PEER &&
		    ip_equal(&next.desired.allowed[i].addr, &addr.ip))
			return true;
	return false;
}

/* It reaches pods from where it listens, and its own pods have doors as well. */
static void a_gateway_that_forwards(void **unused)
{
	const struct settings *settings;

	(void)unused;
	site_new(&site, "gateway: {mode: forward, allow: [10.0.0.0/8]}\ndoor: {mtu: 1400}\n");
	site.input.node.listen.v4 = address("10.0.0.1");
	settings = build();
	assert_int_equal(settings->flags & (SETTING_FORWARD | SETTING_XDP_SEND),
			 SETTING_FORWARD | SETTING_XDP_SEND);
	assert_int_equal(ip_v4(&settings->inside[IP_V4_INDEX]), inet_addr("10.0.0.1"));
	assert_int_equal(settings->hop_mtu, 1400);
	assert_true(has_peer("10.0.0.1"));
	assert_int_equal(next.desired.allowed_count, 2);
}

static void a_door_admits_gateways_of_its_own_network(void **unused)
{
	static struct mesh_gateway gateways[] = {
		{ .address = "192.0.2.1", .port = 15443 },
		{ .address = "192.0.2.1", .port = 15444 },
		{ .address = "0.0.0.0", .port = 15443 },
	};
	const struct settings *settings;

	(void)unused;
	site_new(&site, "door: {}\n");
	set_gateways(&site.config->mesh->networks[0], gateways, COUNT(gateways));
	settings = build();
	assert_int_equal(settings->flags, 0);
	assert_int_equal(settings->door_port, htons(6081));
	assert_int_equal(ip_v4(&settings->foreign[IP_V4_INDEX]), inet_addr("198.18.0.0"));
	assert_int_equal(settings->foreign_bits[IP_V4_INDEX], 15);
	assert_int_equal(settings->foreign[IP_V6_INDEX].word[0], htonl(0x20010002));
	assert_int_equal(settings->foreign_bits[IP_V6_INDEX], 64);
	assert_int_equal(next.desired.allowed_count, 1);
	assert_true(has_peer("192.0.2.1"));
}

static bool is_probed(const char *text, uint16_t port)
{
	struct addr addr = address(text);

	for (size_t i = 0; i < next.desired.gateway_count; i++)
		if (next.desired.gateways[i].key.network == site.config->mesh->networks[0].id &&
		    next.desired.gateways[i].value.kind == BACKEND_GENEVE &&
		    next.desired.gateways[i].value.tunnel_port == htons(port) &&
		    ip_equal(&next.desired.gateways[i].key.addr, &addr.ip))
			return true;
	return false;
}

/* A range names nobody who could be probed, and this node needs no probes of itself. */
static void replies_may_go_by_gateways_that_are_named(void **unused)
{
	static struct mesh_gateway gateways[] = { { .address = "192.0.2.1", .port = 15443 } };

	(void)unused;
	site_new(&site, "gateway: {mode: forward, allow: [10.0.0.0/8]}\n"
			"door: {port: 7000, peers: [198.51.100.7, 198.51.100.0/24, 10.0.0.1]}\n");
	set_gateways(&site.config->mesh->networks[0], gateways, COUNT(gateways));
	site.input.node.listen.v4 = address("10.0.0.1");
	build();
	assert_true(is_probed("198.51.100.7", 7000));
	assert_false(is_probed("198.51.100.0", 7000));
	assert_false(is_probed("10.0.0.1", 7000));
	assert_false(is_probed("192.0.2.1", 7000));
	assert_int_equal(next.desired.networks[0].value.gateway_count, 2);
}

static void configured_peers_replace_them(void **unused)
{
	static struct mesh_gateway gateways[] = { { .address = "192.0.2.1", .port = 15443 } };
	const struct settings *settings;

	(void)unused;
	site_new(&site,
		 "door: {peers: [198.51.100.7], clientAddress: keep, foreign: [100.64.0.0/10]}\n");
	set_gateways(&site.config->mesh->networks[0], gateways, COUNT(gateways));
	settings = build();
	assert_int_equal(settings->flags, SETTING_KEEP_CLIENT);
	assert_int_equal(settings->foreign_bits[IP_V4_INDEX], 10);
	assert_int_equal(next.desired.allowed_count, 1);
	assert_true(has_peer("198.51.100.7"));
}

static void sources_may_be_bound_to_a_network(void **unused)
{
	static struct config_allowed allow[] = {
		{ .source = { .addr = { 4, IP_V4(0) }, .bits = 8 } },
		{ .source = { .addr = { 4, IP_V4(0) }, .bits = 16 }, .network = "unknown" },
	};

	(void)unused;
	site_new(&site, GATEWAY);
	site.input.node.listen.v4 = address("10.0.0.1");
	allow[0].network = site.config->mesh->networks[0].name;
	site.config->gateway.allow = allow;
	site.config->gateway.allow_count = 2;
	build();
	assert_int_equal(next.desired.allowed_count, 1);
	assert_int_equal(next.desired.allowed[0].network, site.config->mesh->networks[0].id);
	assert_problem(
		"gateway.allow: no network 'unknown' is in meshNetworks: its sources are not "
		"admitted");
}

static void a_gateway_is_shut(void **unused)
{
	(void)unused;
	site_new(&site, GATEWAY);
	assert_int_equal(build()->flags, 0);
	assert_problem("gateway.listen: eth0 has no IPv4 address: the gateway stays shut");
	site.config->gateway.listen_interface = NULL;
	site.input.node.listen.v6 = address("fd00::1");
	assert_int_equal(build()->listen_port, 0);
	assert_problem("gateway.listen: the uplink has no IPv4 address: the gateway stays shut");
	site.input.node.listen.v4 = address("10.0.0.1");
	site.config->gateway.allow_count = 0;
	assert_int_equal(build()->flags, 0);
	assert_problem("gateway.allow names nobody: the gateway stays shut");
}

static void ipv6_is_left_out_aloud(void **unused)
{
	static const char *const keys[] = { "listen: {address: 'fd00::1'}, allow: [10.0.0.0/8]",
					    "snat: ['fd00::1'], allow: [10.0.0.0/8]",
					    "allow: [10.0.0.0/8, 'fd00::/16']" };

	(void)unused;
	for (size_t i = 0; i < COUNT(keys); i++) {
		char text[128];

		snprintf(text, sizeof(text), "gateway: {%s}\n", keys[i]);
		if (i)
			site_done(&site);
		site_new(&site, text);
		site.input.node.listen.v4 = address("10.0.0.1");
		build();
		assert_problem("gateway: IPv6 is not carried: its addresses are left out");
		assert_int_equal(next.desired.allowed_count, 1);
		assert_int_equal(next.desired.settings.snat_count[IP_V4_INDEX], 0);
	}
}

static void assert_ip(const struct ip_addr *ip, const char *text)
{
	const struct addr expected = address(text);

	assert_true(ip_equal(ip, &expected.ip));
}

static void a_gateway_of_both_families(void **unused)
{
	const struct settings *settings;

	(void)unused;
	site_new(
		&site,
		"gateway: {snat: [10.0.0.2, 'fd00::5', 'fd00::6'], allow: ['::/0', 10.0.0.0/8]}\n");
	site.input.ipv6 = true;
	site.input.node.source.v6 = site.input.node.listen.v6 = address("fd00::1");
	network2()->gateways[0].addr = address("2001:db8::2");
	settings = build();
	assert_problem(NULL);
	assert_int_equal(settings->flags, SETTING_GATEWAY);
	assert_true(generation_has_ipv6(&next));
	assert_ip(&settings->source[IP_V6_INDEX], "fd00::1");
	assert_ip(&settings->listen[IP_V6_INDEX], "fd00::1");
	assert_true(ip_is_none(&settings->listen[IP_V4_INDEX]));
	assert_int_equal(settings->snat_count[IP_V4_INDEX], 1);
	assert_int_equal(settings->snat_count[IP_V6_INDEX], 2);
	assert_ip(&settings->snat[IP_V6_INDEX][1], "fd00::6");
	assert_int_equal(next.desired.gateway_count, 1);
	assert_ip(&next.desired.gateways[0].key.addr, "2001:db8::2");
	/* ::/0 admits nobody of IPv4. */
	assert_int_equal(next.desired.allowed_count, 2);
	assert_int_equal(next.desired.allowed[0].prefix, ALLOWED_NETWORK_BITS);
	assert_int_equal(next.desired.allowed[0].network, ALLOWED_IPV6);
	assert_int_equal(next.desired.allowed[1].prefix, ALLOWED_NETWORK_BITS + IP_MAPPED_BITS + 8);
	assert_int_equal(next.desired.allowed[1].network, 0);
	/* Without gateway.snat, the node's own addresses. */
	site.config->gateway.snat_count = 0;
	site.input.node.address = (struct addr_pair){ address("10.0.0.1"), address("fd00::1") };
	settings = build();
	assert_ip(&settings->snat[IP_V4_INDEX][0], "10.0.0.1");
	assert_ip(&settings->snat[IP_V6_INDEX][0], "fd00::1");
	site.input.node.listen.v6 = (struct addr){};
	build();
	assert_problem("gateway.listen: the uplink has no address: the gateway stays shut");
}

/* The node's own sockets use its address as well. */
static void a_shared_address_takes_few_ports(void **unused)
{
	const struct settings *settings;

	(void)unused;
	site_new(&site, GATEWAY);
	site.input.node.listen.v4 = address("10.0.0.1");
	site.input.node.snat_shared = true;
	site.input.node.local_port_last = FIRST_SHARED_PORT - 1;
	settings = build();
	assert_int_equal(settings->flags, SETTING_GATEWAY | SETTING_SNAT_SHARED);
	assert_int_equal(settings->snat_first, FIRST_SHARED_PORT);
	assert_int_equal(settings->snat_last, 65535);
	assert_problem(NULL);
	site.input.node.local_port_last = FIRST_SHARED_PORT;
	build();
	assert_problem("net.ipv4.ip_local_port_range ends at 61504: sockets of this node may take "
			"source ports of gateway.snat (61504-65535); end it below 61440");
}

static void problems_are_capped(void **unused)
{
	(void)unused;
	site_new(&site, "");
	site.input.node.uplink = 0;
	build();
	for (int i = 0; i < 2 * GENERATION_PROBLEMS_MAX; i++)
		generation_problem(&next, "problem %d", i);
	assert_int_equal(next.problem_count, GENERATION_PROBLEMS_MAX);
	assert_string_equal(next.problems[GENERATION_PROBLEMS_MAX - 1], "problem 62");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, close_site)
	const struct CMUnitTest tests[] = {
		TEST(transports_without_a_network_are_problems),
		TEST(networks_say_which_is_ours),
		TEST(usable_gateways_stand_once),
		TEST(transports_decide_the_kind),
		TEST(settings_of_a_node),
		TEST(an_uplink_may_be_missing),
		TEST(a_node_without_pods_says_so),
		cmocka_unit_test(our_own_network_is_known),
		TEST(rows_know_their_networks),
		TEST(an_open_gateway),
		TEST(a_gateway_that_forwards),
		TEST(a_door_admits_gateways_of_its_own_network),
		TEST(replies_may_go_by_gateways_that_are_named),
		TEST(configured_peers_replace_them),
		TEST(sources_may_be_bound_to_a_network),
		TEST(a_gateway_is_shut),
		TEST(ipv6_is_left_out_aloud),
		TEST(a_gateway_of_both_families),
		TEST(a_shared_address_takes_few_ports),
		TEST(problems_are_capped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
