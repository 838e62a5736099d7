/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which gateways can be used, the reason for those that cannot, and which networks are asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ads_views.h"
#include "arena.h"
#include "gateway_fault.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct {
	const char *address;
	enum transport_mode transport;
	uint8_t family;
	enum excluded reason; /* EXCLUDED_NONE: usable */
	const char *text;
	uint16_t port;
	bool own;
	uint8_t tunnels;
} rows[] = {
	{ "192.0.2.1", TRANSPORT_GENEVE, 4, EXCLUDED_NONE, NULL, 1, false, FAMILIES_BOTH },
	{ "192.0.2.1", TRANSPORT_GENEVE, 6, EXCLUDED_NONE, NULL, 1, false, FAMILIES_BOTH },
	{ "192.0.2.1", TRANSPORT_PASSTHROUGH, 4, EXCLUDED_NONE, NULL, 1, false, FAMILIES_BOTH },
	{ "192.0.2.1", TRANSPORT_PASSTHROUGH, 6, EXCLUDED_GATEWAY_FAMILY, "service of IPv6", 1,
	  false, FAMILIES_BOTH },
	{ "192.0.2.1", TRANSPORT_NONE, 4, EXCLUDED_NO_TRANSPORT, "no transport", 1, false,
	  FAMILIES_BOTH },
	{ "192.0.2.1", TRANSPORT_GENEVE, 4, EXCLUDED_OWN_GATEWAY, "our own", 1, true,
	  FAMILIES_BOTH },
	{ "192.0.2.1", TRANSPORT_GENEVE, 4, EXCLUDED_BAD_PORT, "port 0", 0, false, FAMILIES_BOTH },
	{ "::ffff:192.0.2.1", TRANSPORT_GENEVE, 4, EXCLUDED_NONE, NULL, 1, false, FAMILIES_BOTH },
	{ "192.0.2.1", TRANSPORT_GENEVE, 4, EXCLUDED_GATEWAY_FAMILY, "sends no tunnels", 1, false,
	  FAMILY_BIT(6) },
	{ "192.0.2.1", TRANSPORT_PASSTHROUGH, 4, EXCLUDED_NONE, NULL, 1, false, FAMILY_BIT(6) },
	{ "2001:db8::15", TRANSPORT_GENEVE, 4, EXCLUDED_NONE, NULL, 1, false, FAMILIES_BOTH },
	{ "2001:db8::15", TRANSPORT_GENEVE, 6, EXCLUDED_NONE, NULL, 1, false, FAMILY_BIT(6) },
	{ "2001:db8::15", TRANSPORT_GENEVE, 4, EXCLUDED_GATEWAY_FAMILY, "sends no tunnels", 1,
	  false, FAMILY_BIT(4) },
	{ "2001:db8::15", TRANSPORT_GENEVE, 6, EXCLUDED_GATEWAY_FAMILY, "sends no tunnels", 1,
	  false, FAMILY_BIT(4) },
	{ "2001:db8::15", TRANSPORT_PASSTHROUGH, 4, EXCLUDED_GATEWAY_FAMILY, "service of IPv4", 1,
	  false, FAMILIES_BOTH },
	{ "2001:db8::15", TRANSPORT_PASSTHROUGH, 6, EXCLUDED_NONE, NULL, 1, false, FAMILIES_BOTH },
	{ "::", TRANSPORT_GENEVE, 4, EXCLUDED_BAD_ADDRESS, "not yet known", 1, false,
	  FAMILIES_BOTH },
	{ "0.0.0.0", TRANSPORT_GENEVE, 4, EXCLUDED_BAD_ADDRESS, "not yet known", 1, false,
	  FAMILIES_BOTH },
	{ "fe80::1", TRANSPORT_GENEVE, 6, EXCLUDED_BAD_ADDRESS, "nothing can be sent to", 1, false,
	  FAMILIES_BOTH },
	{ "127.0.0.1", TRANSPORT_GENEVE, 4, EXCLUDED_BAD_ADDRESS, "nothing can be sent to", 1,
	  false, FAMILIES_BOTH },
	{ "gw.example", TRANSPORT_GENEVE, 4, EXCLUDED_BAD_ADDRESS, "no address yet", 1, false,
	  FAMILIES_BOTH },
	{ NULL, TRANSPORT_GENEVE, 4, EXCLUDED_BAD_ADDRESS, "registryServiceName", 1, false,
	  FAMILIES_BOTH },
};

static void names_the_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct mesh_network network = {.transport = rows[i].transport};
		struct mesh_gateway gateway = {.address = rows[i].address, .port = rows[i].port};
		const struct gateway_fault *fault;

		if (!gateway.address)
			gateway.registry_service = "gw.istio-system";
		else
			addr_parse(gateway.address, &gateway.addr);
		fault = gateway_fault_for(&network, rows[i].own, &gateway, rows[i].family,
					  rows[i].tunnels);
		if ((fault ? fault->reason : EXCLUDED_NONE) != rows[i].reason ||
		    (fault && !strstr(fault->text, rows[i].text)))
			fail_msg("row %zu: %s", i, fault ? fault->text : "usable");
	}
}

static void plain_routes_matter_where_encryption_is_required(void **state)
{
	static const struct {
		bool encrypted, plain;
		enum transport_mode transport;
		enum excluded reason;
	} cases[] = {
		{ true, true, TRANSPORT_GENEVE, EXCLUDED_NOT_ENCRYPTED },
		{ true, false, TRANSPORT_GENEVE, EXCLUDED_NONE },
		{ false, true, TRANSPORT_GENEVE, EXCLUDED_NONE },
		{ true, true, TRANSPORT_PASSTHROUGH, EXCLUDED_NONE },
		{ true, true, TRANSPORT_NONE, EXCLUDED_NO_TRANSPORT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct mesh_network network = { .transport = cases[i].transport,
						      .encrypted = cases[i].encrypted };
		struct mesh_gateway gateway = { .address = "192.0.2.1",
						.port = 1,
						.plain = cases[i].plain };
		const struct gateway_fault *fault;

		addr_parse(gateway.address, &gateway.addr);
		fault = gateway_fault_for(&network, false, &gateway, 4, FAMILIES_BOTH);
		if ((fault ? fault->reason : EXCLUDED_NONE) != cases[i].reason)
			fail_msg("case %zu: %s", i, fault ? fault->text : "usable");
	}
}

/* Tunnels to a host name's gateway use IPv4 where both ends have it. */
static void one_address_of_a_name_is_used(void **state)
{
	static const struct {
		enum transport_mode transport;
		uint8_t tunnels;
		const char *name, *other; /* of the IPv6 address; of the IPv4 address */
		bool alias;
	} cases[] = {
		{TRANSPORT_GENEVE, FAMILIES_BOTH, "gw", "gw", true},
		{TRANSPORT_GENEVE, FAMILY_BIT(6), "gw", "gw", false},
		{TRANSPORT_GENEVE, FAMILIES_BOTH, "gw", "other", false},
		{TRANSPORT_GENEVE, FAMILIES_BOTH, "2001:db8::15", "192.0.2.1", false},
		{TRANSPORT_PASSTHROUGH, FAMILIES_BOTH, "gw", "gw", false},
	};
	struct mesh_gateway gateways[] = {{.port = 15443}, {.port = 15443}};

	(void)state;
	assert_int_equal(addr_parse("192.0.2.1", &gateways[0].addr), 0);
	assert_int_equal(addr_parse("2001:db8::15", &gateways[1].addr), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct mesh_network network = {.transport = cases[i].transport,
						     .gateways = gateways, .gateway_count = 2};

		gateways[0].address = cases[i].other;
		gateways[1].address = cases[i].name;
		if (gateway_is_alias(&network, &gateways[1], cases[i].tunnels) != cases[i].alias)
			fail_msg("case %zu", i);
		assert_false(gateway_is_alias(&network, &gateways[0], cases[i].tunnels));
	}
}

/* Of either family; not one whose only gateway has no address yet. */
static void asks_for_networks_with_usable_gateways(void **state)
{
	struct mesh_gateway gateways[] = {{.port = 15443}, {.port = 15443}, {.port = 15443}};
	struct mesh_network networks[] = {
		{.name = "mixed", .transport = TRANSPORT_GENEVE, .gateways = gateways,
		 .gateway_count = 2},
		{.name = "own", .own = true},
		{.name = "unknown", .transport = TRANSPORT_GENEVE, .gateways = &gateways[2],
		 .gateway_count = 1},
		{.name = "v6", .transport = TRANSPORT_GENEVE, .gateways = gateways,
		 .gateway_count = 1},
	};
	const struct mesh_networks mesh = {.networks = networks, .count = COUNT(networks)};
	struct arena *arena = arena_new(0);
	struct ads_views views;

	(void)state;
	assert_int_equal(addr_parse("2001:db8::15", &gateways[0].addr), 0);
	assert_int_equal(addr_parse("192.23.120.32", &gateways[1].addr), 0);
	assert_int_equal(addr_parse("::", &gateways[2].addr), 0);
	assert_int_equal(ads_views_make(arena, &mesh, "own", &views), 0);
	assert_string_equal(views.text, "own,mixed,v6");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_fault),
		cmocka_unit_test(plain_routes_matter_where_encryption_is_required),
		cmocka_unit_test(one_address_of_a_name_is_used),
		cmocka_unit_test(asks_for_networks_with_usable_gateways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
