/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Host names of gateways: asked in the background, the last answer kept, one gateway per address. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "mesh_resolve.h"

static struct event_base *base;
static int changes;

static void add(struct lookup_result *ret, uint32_t addr)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(addr) };

	memcpy(&ret->items[ret->count++].addr, &in, sizeof(in));
}

static void add6(struct lookup_result *ret, const char *text)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	memcpy(&ret->items[ret->count++].addr, &in6, sizeof(in6));
}

/* "two" has two addresses, the larger first; "both" one of each family, IPv6 first; "none" has no answer. */
static void lookup(const struct lookup_query *query, struct lookup_result *ret)
{
	if (!strcmp(query->host, "none"))
		return;
	if (!strcmp(query->host, "both") && query->family == AF_UNSPEC)
		add6(ret, "2001:db8::15");
	add(ret, 0xc0000202);
	if (!strcmp(query->host, "two"))
		add(ret, 0xc0000201);
}

static void changed(void *arg)
{
	(void)arg;
	changes++;
}

static void wait_for_answer(void)
{
	const struct timeval limit = { 5, 0 };

	event_base_loopexit(base, &limit);
	for (changes = 0; !changes && !event_base_got_exit(base);)
		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
	assert_int_equal(changes, 1);
}

static struct resolver *open_resolver(void)
{
	struct resolver *resolver;

	base = event_base_new();
	assert_non_null(base);
	assert_int_equal(resolver_new(base, lookup, changed, NULL, &resolver), 0);
	return resolver;
}

static void close_resolver(struct resolver *resolver)
{
	resolver_free(resolver);
	event_base_free(base);
}

static void answers_come_by_themselves(void **unused)
{
	struct resolver *resolver = open_resolver();
	struct addr addresses[RESOLVER_ADDRESSES_MAX];
	const char *names[] = { "two" };

	(void)unused;
	assert_int_equal(resolver_addresses(resolver, "two", addresses), 0);
	assert_int_equal(resolver_want(resolver, names, 1), 0);
	wait_for_answer();
	assert_int_equal(resolver_addresses(resolver, "two", addresses), 2);
	assert_int_equal(ip_v4(&addresses[0].ip), htonl(0xc0000201));
	/* Wanting it again neither asks nor forgets. */
	assert_int_equal(resolver_want(resolver, names, 1), 0);
	assert_int_equal(resolver_addresses(resolver, "two", addresses), 2);
	assert_int_equal(resolver_want(resolver, NULL, 0), 0);
	assert_int_equal(resolver_addresses(resolver, "two", addresses), 0);
	close_resolver(resolver);
}

static void both_families_are_asked_for(void **unused)
{
	struct resolver *resolver = open_resolver();
	struct addr addresses[RESOLVER_ADDRESSES_MAX];
	const char *names[] = { "both" };
	char text[ADDR_TEXT_MAX];

	(void)unused;
	assert_int_equal(resolver_want(resolver, names, 1), 0);
	wait_for_answer();
	assert_int_equal(resolver_addresses(resolver, "both", addresses), 2);
	assert_string_equal(addr_format(&addresses[0], text), "192.0.2.2");
	assert_string_equal(addr_format(&addresses[1], text), "2001:db8::15");
	close_resolver(resolver);
}

static struct mesh_networks *make_mesh(struct arena *arena)
{
	struct mesh_networks *mesh = arena_alloc(arena, sizeof(*mesh));
	struct mesh_network *network = arena_alloc(arena, sizeof(*network));
	struct mesh_gateway *gateways = arena_array(arena, 3, sizeof(*gateways));

	gateways[0] = (struct mesh_gateway){ .address = "198.51.100.7", .port = 15443 };
	addr_parse("198.51.100.7", &gateways[0].addr);
	gateways[1] = (struct mesh_gateway){ .address = "two", .port = 15443 };
	gateways[2] = (struct mesh_gateway){ .address = "none", .port = 15443 };
	*network = (struct mesh_network){ .name = "n2", .gateways = gateways,
					  .gateway_count = 3 };
	*mesh = (struct mesh_networks){ .arena = arena, .networks = network, .count = 1 };
	return mesh;
}

static void each_address_becomes_a_gateway(void **unused)
{
	struct resolver *resolver = open_resolver();
	struct arena *arena = arena_new(0);
	struct mesh_networks *mesh = make_mesh(arena);
	const struct mesh_network *network = &mesh->networks[0];
	size_t used;

	(void)unused;
	assert_int_equal(mesh_resolve(mesh, resolver, NULL, 0), 0);
	wait_for_answer();
	assert_int_equal(mesh_resolve(mesh, resolver, NULL, 0), 0);
	assert_int_equal(network->gateway_count, 4);
	assert_string_equal(network->gateways[1].address, "two");
	assert_int_equal(ip_v4(&network->gateways[1].addr.ip), htonl(0xc0000201));
	assert_int_equal(ip_v4(&network->gateways[2].addr.ip), htonl(0xc0000202));
	assert_int_equal(network->gateways[2].port, 15443);
	assert_int_equal(network->gateways[3].addr.family, 0);
	/* The same again costs nothing. */
	used = arena_used(arena);
	assert_int_equal(mesh_resolve(mesh, resolver, NULL, 0), 0);
	assert_int_equal(network->gateway_count, 4);
	assert_int_equal(arena_used(arena), used);
	close_resolver(resolver);
	arena_free(arena);
}

static void held_gateways_stand_in_until_the_first_answer(void **unused)
{
	struct resolver *resolver = open_resolver();
	struct arena *arena = arena_new(0);
	struct mesh_networks *mesh = make_mesh(arena);
	const struct mesh_network *network = &mesh->networks[0];
	const struct desired_gateway held[] = {
		{ { IP_V4(htonl(0xc0000263)), 7 }, { .port = htons(15443) } },
		{ { IP_V4(htonl(0xc0000264)), 7 }, { .port = htons(1) } },
		{ { IP_V4(htonl(0xc0000265)), 8 }, { .port = htons(15443) } },
		{ { network->gateways[0].addr.ip, 7 }, { .port = htons(15443) } },
		{ { { { htonl(0x20010db8), 0, 0, htonl(0x15) } }, 7 }, { .port = htons(15443) } },
	};
	char text[ADDR_TEXT_MAX];

	(void)unused;
	mesh->networks[0].id = 7;
	mesh->networks[0].gateways[1].address = "none";
	mesh->networks[0].gateway_count = 2;
	assert_int_equal(mesh_resolve(mesh, resolver, held, 5), 0);
	assert_int_equal(network->gateway_count, 3);
	assert_int_equal(ip_v4(&network->gateways[1].addr.ip), ip_v4(&held[0].key.addr));
	assert_string_equal(addr_format(&network->gateways[2].addr, text), "2001:db8::15");
	mesh->networks[0].gateways[1].address = mesh->networks[0].gateways[2].address = "two";
	assert_int_equal(mesh_resolve(mesh, resolver, held, 4), 0);
	wait_for_answer();
	assert_int_equal(mesh_resolve(mesh, resolver, held, 4), 0);
	assert_int_equal(network->gateway_count, 3);
	assert_int_equal(ip_v4(&network->gateways[1].addr.ip), htonl(0xc0000201));
	assert_int_equal(ip_v4(&network->gateways[2].addr.ip), htonl(0xc0000202));
	close_resolver(resolver);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_by_themselves),
		cmocka_unit_test(both_families_are_asked_for),
		cmocka_unit_test(each_address_becomes_a_gateway),
		cmocka_unit_test(held_gateways_stand_in_until_the_first_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
