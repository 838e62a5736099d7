/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Host names of gateways: asked in the background, the last answer kept, one gateway per address. */
#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "mesh_resolve.h"

/* "two" has two addresses, the larger first; "none" has no answer. */
static int lookup(const char *name, struct addr ret[RESOLVER_ADDRESSES_MAX])
{
	if (!strcmp(name, "none"))
		return -1;
	ret[0] = (struct addr){ 4, { .v4 = htonl(0xc0000202) } };
	ret[1] = (struct addr){ 4, { .v4 = htonl(0xc0000201) } };
	return !strcmp(name, "two") ? 2 : 1;
}

static void wait_for_answer(struct resolver *resolver)
{
	struct pollfd poll_fd = { .fd = resolver_fd(resolver), .events = POLLIN };

	assert_int_equal(poll(&poll_fd, 1, 5000), 1);
	resolver_read(resolver);
}

static struct resolver *open_resolver(void)
{
	struct resolver *resolver;

	assert_int_equal(resolver_new(lookup, &resolver), 0);
	return resolver;
}

static void answers_come_by_themselves(void **unused)
{
	struct resolver *resolver = open_resolver();
	struct addr addresses[RESOLVER_ADDRESSES_MAX];
	const char *names[] = { "two" };

	(void)unused;
	assert_int_equal(resolver_addresses(resolver, "two", addresses), 0);
	assert_int_equal(resolver_want(resolver, names, 1), 0);
	wait_for_answer(resolver);
	assert_int_equal(resolver_addresses(resolver, "two", addresses), 2);
	assert_int_equal(addresses[0].ip.v4, htonl(0xc0000201));
	/* Wanting it again neither asks nor forgets. */
	assert_int_equal(resolver_want(resolver, names, 1), 0);
	assert_int_equal(resolver_addresses(resolver, "two", addresses), 2);
	assert_int_equal(resolver_want(resolver, NULL, 0), 0);
	assert_int_equal(resolver_addresses(resolver, "two", addresses), 0);
	resolver_free(resolver);
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
	/* Two names are asked for, and the answers may come at once or one by one. */
	assert_int_equal(mesh_resolve(mesh, resolver, NULL, 0), 0);
	for (int i = 0; i < 2 && network->gateway_count == 3; i++) {
		wait_for_answer(resolver);
		assert_int_equal(mesh_resolve(mesh, resolver, NULL, 0), 0);
	}
	assert_int_equal(network->gateway_count, 4);
	assert_string_equal(network->gateways[1].address, "two");
	assert_int_equal(network->gateways[1].addr.ip.v4, htonl(0xc0000201));
	assert_int_equal(network->gateways[2].addr.ip.v4, htonl(0xc0000202));
	assert_int_equal(network->gateways[2].port, 15443);
	assert_int_equal(network->gateways[3].addr.family, 0);
	/* The same again costs nothing. */
	used = arena_used(arena);
	assert_int_equal(mesh_resolve(mesh, resolver, NULL, 0), 0);
	assert_int_equal(network->gateway_count, 4);
	assert_int_equal(arena_used(arena), used);
	resolver_free(resolver);
	arena_free(arena);
}

static void held_gateways_stand_in_until_the_first_answer(void **unused)
{
	struct resolver *resolver = open_resolver();
	struct arena *arena = arena_new(0);
	struct mesh_networks *mesh = make_mesh(arena);
	const struct mesh_network *network = &mesh->networks[0];
	const struct desired_gateway held[] = {
		{ { { .v4 = htonl(0xc0000263) }, 7 }, { .port = htons(15443) } },
		{ { { .v4 = htonl(0xc0000264) }, 7 }, { .port = htons(1) } },
		{ { { .v4 = htonl(0xc0000265) }, 8 }, { .port = htons(15443) } },
		{ { network->gateways[0].addr.ip, 7 }, { .port = htons(15443) } },
	};

	(void)unused;
	mesh->networks[0].id = 7;
	mesh->networks[0].gateways[1].address = "none";
	mesh->networks[0].gateway_count = 2;
	assert_int_equal(mesh_resolve(mesh, resolver, held, 4), 0);
	assert_int_equal(network->gateway_count, 2);
	assert_int_equal(network->gateways[1].addr.ip.v4, held[0].key.addr.v4);
	mesh->networks[0].gateways[1].address = "two";
	assert_int_equal(mesh_resolve(mesh, resolver, held, 4), 0);
	wait_for_answer(resolver);
	assert_int_equal(mesh_resolve(mesh, resolver, held, 4), 0);
	assert_int_equal(network->gateway_count, 3);
	assert_int_equal(network->gateways[1].addr.ip.v4, htonl(0xc0000201));
	assert_int_equal(network->gateways[2].addr.ip.v4, htonl(0xc0000202));
	resolver_free(resolver);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_by_themselves),
		cmocka_unit_test(each_address_becomes_a_gateway),
		cmocka_unit_test(held_gateways_stand_in_until_the_first_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
