/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Views as a whole: folding into gateways, duplicates, exclusion, gateways that are down, drops. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "arena.h"
#include "view_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct view *view_of(struct arena *arena, const struct endpoint_row *rows, size_t count)
{
	struct view_request request = fixture_request(fixture_assignment(arena, rows, count));

	return fixture_view(arena, &request);
}

static int new_arena(void **state)
{
	*state = arena_new(0);
	return *state ? 0 : -1;
}

static int free_arena(void **state)
{
	arena_free(*state);
	return 0;
}

static const struct endpoint_row raw[] = {
	{.address = "10.10.0.1:80", .weight = 3},
	{.address = "10.32.0.1:80", .weight = 2},
	{.address = "10.32.0.2:80", .weight = 1},
};

/* The remote half is split equally between both gateways, whose weight is that of the pods behind. */
static void test_gateway_fold(void **state)
{
	const struct view *view = view_of(*state, raw, COUNT(raw));
	const struct view_backend *gateway = fixture_backend(view, "192.23.120.32:15443", 0);

	assert_share(view, "10.10.0.1:80", 0.5);
	assert_share(view, "192.23.120.32:15443", 0.25);
	assert_share(view, "192.23.120.33:15443", 0.25);
	assert_int_equal(view->backend_count, 3);
	assert_int_equal(view->backends[0].kind, BACKEND_LOCAL);
	assert_int_equal(view->backends[0].weight, 3);
	assert_int_equal(gateway->weight, 3);
	assert_int_equal(gateway->kind, BACKEND_GENEVE);
	assert_int_equal(gateway->tunnel_port, 6081);
	assert_int_equal(view->priorities[0].hosts, 3);
	assert_true(view->has_remote);
	assert_false(view->fail);
	assert_int_equal(view->excluded_count, 0);
}

/* The list that istiod makes of `raw`: F = 2, local 3*2, each gateway 3*2/2. */
static void test_raw_and_rewritten_agree(void **state)
{
	static const struct endpoint_row rewritten[] = {
		{.address = "10.10.0.1:80", .weight = 6},
		{.address = "192.23.120.32:15443", .weight = 3, .workload = ";;;;"},
		{.address = "192.23.120.33:15443", .weight = 3, .workload = ";;;;"},
	};
	const struct view *a = view_of(*state, raw, COUNT(raw));
	const struct view *b = view_of(*state, rewritten, COUNT(rewritten));

	assert_int_equal(a->backend_count, b->backend_count);
	for (size_t i = 0; i < a->backend_count; i++) {
		assert_true(addr_equal(&a->backends[i].addr, &b->backends[i].addr));
		assert_int_equal(a->backends[i].kind, b->backends[i].kind);
		assert_true(fabs(a->backends[i].share - b->backends[i].share) < 1e-12);
	}
	/* Its weight as received, not that of the pods behind it. */
	assert_int_equal(fixture_backend(b, "192.23.120.32:15443", 0)->weight, 3);
}

/* istiod repeats a gateway once per locality of the pods behind it, and pods once per virtual IP
 * (istio issue 56355): each copy counts. */
static void test_duplicates(void **state)
{
	static const struct endpoint_row rows[] = {
		{.address = "10.10.0.1:80", .locality = "r1", .locality_weight = 2},
		{.address = "10.10.0.1:80", .locality = "r1", .locality_weight = 2},
		{.address = "192.23.120.32:15443", .locality = "r2", .locality_weight = 1},
		{.address = "192.23.120.32:15443", .locality = "r3/z", .locality_weight = 3},
	};
	const struct view *view = view_of(*state, rows, COUNT(rows));

	assert_share(view, "10.10.0.1:80", 1 / 3.0);
	assert_share(view, "192.23.120.32:15443", 2 / 3.0);
	assert_int_equal(view->duplicates, 2);
	assert_int_equal(view->priorities[0].hosts, 2);
	assert_int_equal(view->backends[0].weight, 2);
	assert_string_equal(view->backends[0].locality, "r1");
	assert_string_equal(view->backends[1].locality, "");
}

/* Equal addresses in two networks, and in two priorities, are two endpoints. */
static void test_not_duplicates(void **state)
{
	static const struct endpoint_row rows[] = {
		{.address = "10.10.0.1:80"},
		{.address = "10.10.0.1:80", .network = "network5"},
		{.address = "10.10.0.1:81"},
		{.address = "10.10.0.1:80", .priority = 1},
	};
	const struct view *view = view_of(*state, rows, COUNT(rows));

	assert_int_equal(view->duplicates, 0);
	assert_int_equal(view->priorities[0].hosts, 3);
	assert_int_equal(view->priorities[1].hosts, 1);
	assert_share(view, "10.10.0.1:80", 1 / 3.0);
	assert_share(view, "192.0.2.50:15443", 1 / 3.0);
}

/* A host has the best health of its copies, and counts once. */
static void test_health_of_copies(void **state)
{
	static const struct {
		enum health a, b;
		unsigned int healthy, degraded, excluded;
	} cases[] = {
		{HEALTH_UNHEALTHY, HEALTH_HEALTHY, 1, 0, 0},
		{HEALTH_UNKNOWN, HEALTH_TIMEOUT, 1, 0, 0},
		{HEALTH_DEGRADED, HEALTH_HEALTHY, 1, 0, 0},
		{HEALTH_DEGRADED, HEALTH_DRAINING, 0, 1, 0},
		{HEALTH_DRAINING, HEALTH_UNHEALTHY, 0, 0, 1},
		{HEALTH_TIMEOUT, HEALTH_UNHEALTHY, 0, 0, 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct endpoint_row rows[] = {
			{.address = "10.10.0.1:80", .health = cases[i].a},
			{.address = "10.10.0.1:80", .health = cases[i].b},
		};
		const struct view_priority *got = view_of(*state, rows, 2)->priorities;

		assert_int_equal(got->hosts, 1);
		assert_int_equal(got->healthy, cases[i].healthy);
		assert_int_equal(got->degraded, cases[i].degraded);
		assert_int_equal(got->excluded, cases[i].excluded);
	}
}

/* Sums beyond 32 bits neither wrap nor fail. */
static void test_large_weights(void **state)
{
	static const struct endpoint_row rows[] = {
		{.address = "10.10.0.1:80", .weight = UINT32_MAX},
		{.address = "10.10.0.1:80", .weight = UINT32_MAX},
		{.address = "10.10.0.2:80", .weight = UINT32_MAX},
		{.address = "10.10.0.3:80", .weight = 1},
	};
	const struct view *view = view_of(*state, rows, COUNT(rows));

	assert_int_equal(view->backends[0].weight, 2ull * UINT32_MAX);
	assert_share(view, "10.10.0.1:80", 2.0 * UINT32_MAX / (3.0 * UINT32_MAX + 1));
	/* Never rounded to 0. */
	assert_int_equal(view->backend_count, 3);
	assert_sum(view, 1);
}

/* Excluded before shares are computed: not a host, and its locality's weight shrinks. */
static void test_excluded(void **state)
{
	static const struct endpoint_row rows[] = {
		{.address = "10.10.0.1:80", .locality = "a", .locality_weight = 4},
		{.address = "10.32.9.9:80", .locality = "a", .locality_weight = 4, .weight = 3,
		 .network = "network3"},
		{.address = "10.10.0.2:80", .locality = "b", .locality_weight = 4},
	};
	const struct view *view = view_of(*state, rows, COUNT(rows));

	assert_share(view, "10.10.0.1:80", 0.2);
	assert_share(view, "10.10.0.2:80", 0.8);
	assert_int_equal(view->priorities[0].hosts, 2);
	assert_int_equal(view->excluded_count, 1);
	assert_int_equal(view->excluded[0].reason, EXCLUDED_NO_GATEWAY);
	assert_int_equal(view->excluded[0].port, 80);
	assert_true(view->has_remote);
}

/* A priority that lost all its endpoints is an empty one. */
static void test_excluded_priority(void **state)
{
	static const struct endpoint_row rows[] = {
		{.address = "10.32.9.9:80", .network = "network3"},
		{.address = "10.10.0.2:80", .priority = 1},
	};
	const struct view *view = view_of(*state, rows, COUNT(rows));

	assert_int_equal(view->priority_count, 2);
	assert_int_equal(view->priorities[0].healthy_load, 0);
	assert_int_equal(view->priorities[1].healthy_load, 100);
	assert_share(view, "10.10.0.2:80", 1);
}

static struct socket_addr address_of(const char *text)
{
	struct socket_addr address = {0};

	assert_int_equal(addr_port_parse(text, &address.addr, &address.port), 0);
	return address;
}

/* A gateway that is down takes no share; when all are down the network is unhealthy. */
static void test_gateways_down(void **state)
{
	struct view_request request =
		fixture_request(fixture_assignment(*state, raw, COUNT(raw)));
	const struct socket_addr down[] = {address_of("192.23.120.32:15443"),
					   address_of("192.23.120.33:15443")};
	const struct view *view;

	request.panic_threshold = 0;
	request.down = down;
	request.down_count = 1;
	view = fixture_view(*state, &request);
	assert_share(view, "192.23.120.33:15443", 0.5);
	assert_share(view, "192.23.120.32:15443", 0);
	request.down_count = 2;
	view = fixture_view(*state, &request);
	assert_share(view, "10.10.0.1:80", 1);
	assert_int_equal(view->priorities[0].hosts, 3);
	assert_int_equal(view->priorities[0].healthy, 1);
	/* In panic all hosts are used, through all gateways. */
	request.panic_threshold = 50;
	view = fixture_view(*state, &request);
	assert_true(view->panic);
	assert_share(view, "10.10.0.1:80", 0.5);
	assert_share(view, "192.23.120.32:15443", 0.25);
}

static void test_endpoints_down(void **state)
{
	static const struct endpoint_row rows[] = {
		{.address = "10.10.0.1:80"},
		{.address = "10.10.0.2:80"},
		{.address = "192.23.120.32:15443", .workload = ";;;;"},
	};
	struct view_request request =
		fixture_request(fixture_assignment(*state, rows, COUNT(rows)));
	const struct socket_addr down[] = {address_of("10.10.0.1:80"), address_of("10.10.0.2:81")};
	const struct socket_addr gateway = address_of("192.23.120.32:15443");
	const struct view *view;

	request.down = down;
	request.down_count = 2;
	view = fixture_view(*state, &request);
	assert_share(view, "10.10.0.1:80", 0);
	assert_share(view, "10.10.0.2:80", 0.5);
	request.down = &gateway;
	request.down_count = 1;
	view = fixture_view(*state, &request);
	assert_share(view, "10.10.0.2:80", 0.5);
	assert_share(view, "192.23.120.32:15443", 0);
}

/* Row 38 of the oracle, and the edges. */
static void test_drops(void **state)
{
	struct drop_overload drops[] = {{"a", 60, 100}, {"b", 500000, 1000000}};
	struct assignment *assignment = fixture_assignment(*state, raw, COUNT(raw));
	struct view_request request = fixture_request(assignment);

	assignment->drops = drops;
	assignment->drop_count = 2;
	assert_true(fabs(fixture_view(*state, &request)->drop - 0.8) < 1e-12);
	assert_sum(fixture_view(*state, &request), 1);
	drops[1].numerator = 0;
	assert_true(fabs(fixture_view(*state, &request)->drop - 0.6) < 1e-12);
	drops[1].numerator = 1000000;
	assert_true(fixture_view(*state, &request)->drop == 1);
	/* The client's node has applied the drops. */
	request.side = VIEW_GATEWAY;
	assert_true(fixture_view(*state, &request)->drop == 0);
}

/* A gateway serves the pods of its own network, by their relative shares. */
static void test_gateway_side(void **state)
{
	static const struct endpoint_row rows[] = {
		{.address = "10.10.0.1:80", .locality = "a", .locality_weight = 2},
		{.address = "10.32.0.1:80", .locality = "a", .locality_weight = 2},
		{.address = "10.66.0.1:80", .locality = "a", .locality_weight = 2},
		{.address = "192.23.120.32:15443", .locality = "b", .locality_weight = 1},
		{.address = "10.10.0.2:80", .locality = "b", .locality_weight = 1},
		{.address = "10.10.0.3:0", .locality = "c", .locality_weight = 9},
	};
	struct view_request request =
		fixture_request(fixture_assignment(*state, rows, COUNT(rows)));
	const struct view *view;

	request.side = VIEW_GATEWAY;
	view = fixture_view(*state, &request);
	assert_int_equal(view->backend_count, 2);
	/* 2 * 1/3 against 1 * 1/2. */
	assert_share(view, "10.10.0.1:80", (2 / 3.0) / (2 / 3.0 + 1 / 2.0));
	assert_share(view, "10.10.0.2:80", (1 / 2.0) / (2 / 3.0 + 1 / 2.0));
	/* Endpoints of other networks are ignored, faulty ones of its own are listed. */
	assert_int_equal(view->excluded_count, 1);
	assert_int_equal(view->excluded[0].reason, EXCLUDED_BAD_PORT);
	assert_true(view->has_remote);
}

/* One gateway, two priorities: a row for each. */
static void test_priorities(void **state)
{
	static const struct endpoint_row rows[] = {
		{.address = "10.32.0.1:80", .network = "network5", .locality = "r/z1"},
		{.address = "10.32.0.2:80", .network = "network5", .locality = "r/z1",
		 .health = HEALTH_UNHEALTHY},
		{.address = "10.32.0.3:80", .network = "network5", .locality = "r/z2",
		 .priority = 1},
		{.address = "10.10.0.1:80", .locality = "r/z3", .priority = 1},
		{.address = "10.10.0.2:80", .locality = "r", .priority = 3},
	};
	const struct view *view = view_of(*state, rows, COUNT(rows));
	const struct view_backend *first = fixture_backend(view, "192.0.2.50:15443", 0);
	const struct view_backend *second = fixture_backend(view, "192.0.2.50:15443", 1);

	assert_int_equal(view->priority_count, 4);
	assert_int_equal(view->priorities[2].hosts, 0);
	/* h = 70, 100, 0, 100. */
	assert_true(fabs(first->share - 0.70) < 1e-12);
	assert_true(fabs(second->share - 0.15) < 1e-12);
	assert_string_equal(first->locality, "r/z1");
	assert_string_equal(second->locality, "r/z2");
	/* Hosts without a share are behind no gateway. */
	assert_int_equal(first->weight, 1);
	assert_share(view, "10.10.0.1:80", 0.15);
	assert_share(view, "10.10.0.2:80", 0);
}

/* One remote network only, in two priorities. */
static void test_priorities_of_one_network(void **state)
{
	static const struct endpoint_row rows[] = {
		{.address = "10.32.0.1:80", .network = "network5"},
		{.address = "10.32.0.2:80", .network = "network5", .health = HEALTH_UNHEALTHY},
		{.address = "10.32.0.3:80", .network = "network5", .priority = 1},
	};
	const struct view *view = view_of(*state, rows, COUNT(rows));

	assert_int_equal(view->backend_count, 2);
	assert_true(fabs(view->backends[0].share - 0.7) < 1e-12);
	assert_true(fabs(view->backends[1].share - 0.3) < 1e-12);
	assert_int_equal(view->backends[0].priority, 0);
	assert_int_equal(view->backends[1].priority, 1);
}

/* A gateway in the list beside pods behind it: one row. */
static void test_gateway_and_its_pods(void **state)
{
	static const struct endpoint_row rows[] = {
		{.address = "192.23.120.32:15443", .weight = 5, .locality = "a"},
		{.address = "10.32.0.1:80", .weight = 2, .locality = "b"},
		{.address = "10.32.0.2:80", .locality = "b"},
	};
	const struct view *view = view_of(*state, rows, COUNT(rows));
	const struct view_backend *gateway = fixture_backend(view, "192.23.120.32:15443", 0);

	assert_int_equal(view->backend_count, 2);
	assert_share(view, "192.23.120.32:15443", (5 + 1.5) / 8);
	assert_share(view, "192.23.120.33:15443", 1.5 / 8);
	assert_int_equal(gateway->weight, 5 + 3);
	assert_string_equal(gateway->locality, "");
	assert_string_equal(view->backends[1].locality, "b");
}

/* Of a repeated locality the last weight counts, an absent one changes nothing, and a weight without a
 * locality is ignored. */
static void test_repeated_locality(void **state)
{
	static const struct endpoint_row rows[] = {
		{.address = "10.10.0.1:80", .locality = "a", .locality_weight = 9},
		{.address = "10.10.0.2:80", .locality = "b", .locality_weight = 3},
		{.address = "10.10.0.3:80", .locality = "a", .locality_weight = 1},
		{.address = "10.10.0.4:80", .locality = "b"},
		{.address = "10.10.0.5:80", .locality_weight = 100},
	};
	static const struct endpoint_row empty[] = {
		{.address = "10.10.0.1:80", .locality = "a", .locality_weight = 1},
		{.address = "10.10.0.2:80", .locality = "b", .locality_weight = 1},
		{.locality = "a", .locality_weight = 3},
	};
	static const struct endpoint_row nameless[] = {
		{.address = "10.10.0.1:80", .locality = "", .locality_weight = 1},
		{.address = "10.10.0.2:80", .locality = "b", .locality_weight = 3},
	};
	const struct view *view = view_of(*state, rows, COUNT(rows));

	assert_share(view, "10.10.0.1:80", 0.125);
	assert_share(view, "10.10.0.3:80", 0.125);
	assert_share(view, "10.10.0.2:80", 0.375);
	assert_share(view, "10.10.0.4:80", 0.375);
	assert_share(view, "10.10.0.5:80", 0);
	assert_share(view_of(*state, empty, COUNT(empty)), "10.10.0.1:80", 0.75);
	assert_share(view_of(*state, nameless, COUNT(nameless)), "10.10.0.1:80", 0.25);
}

static void test_locality_names(void **state)
{
	static const struct endpoint_row rows[] = {
		{.address = "10.10.0.1:80", .locality = "r/z/s"},
		{.address = "10.10.0.2:80", .locality = "r/z"},
		{.address = "10.10.0.3:80", .locality = "r"},
		{.address = "10.10.0.4:80"},
		{.address = "10.10.0.5:80", .locality = "r//s"},
	};
	static const char *const names[] = {"r/z/s", "r/z", "r", "", "r//s"};
	const struct view *view = view_of(*state, rows, COUNT(rows));

	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(view->backends[i].locality, names[i]);
}

/* The three forms of an empty assignment that istiod sends, and one without healthy endpoints. */
static void test_empty(void **state)
{
	static const struct endpoint_row shapes[] = {{.locality = "a"},
						     {.locality = "b", .locality_weight = 5}};

	for (size_t count = 0; count <= COUNT(shapes); count++) {
		const struct view *view = view_of(*state, shapes, count);

		assert_true(view->fail);
		assert_int_equal(view->backend_count, 0);
		assert_int_equal(view->priority_count, 1);
		assert_false(view->has_remote);
	}
}

static void test_nobody_healthy(void **state)
{
	static const struct endpoint_row rows[] = {
		{.address = "10.10.0.1:80", .health = HEALTH_UNHEALTHY},
		{.address = "10.10.0.2:80", .health = HEALTH_DRAINING},
	};
	struct view_request request =
		fixture_request(fixture_assignment(*state, rows, COUNT(rows)));

	assert_share(fixture_view(*state, &request), "10.10.0.2:80", 0.5);
	assert_true(fixture_view(*state, &request)->panic);
	request.panic_threshold = 0;
	assert_true(fixture_view(*state, &request)->fail);
	assert_sum(fixture_view(*state, &request), 0);
}

#define MANY 60

static void random_rows(struct endpoint_row *rows, char (*texts)[ADDR_TEXT_MAX],
			unsigned int *seed)
{
	static const char *const localities[] = {NULL, "a", "b", "c/d"};
	static const char *const networks[] = {NULL, NULL, "network2", "network5", "network3"};

	for (size_t i = 0; i < MANY; i++) {
		snprintf(texts[i], ADDR_TEXT_MAX, "10.10.0.%d:80", rand_r(seed) % 40 + 1);
		rows[i] = (struct endpoint_row){
			.address = texts[i],
			.weight = (uint32_t)rand_r(seed) % 9 + 1,
			.health = (enum health)(rand_r(seed) % 6),
			.network = networks[rand_r(seed) % 5],
			.locality = localities[rand_r(seed) % 4],
			.priority = (uint32_t)rand_r(seed) % 2,
		};
		/* Equal localities have equal weights, since the last one counts. */
		rows[i].locality_weight =
			rows[i].locality ? 1 + (uint32_t)rows[i].locality[0] % 3 : 0;
	}
}

static void shuffle(struct endpoint_row *rows, unsigned int *seed)
{
	for (size_t i = MANY; i-- > 1;) {
		size_t other = (size_t)rand_r(seed) % (i + 1);
		struct endpoint_row row = rows[i];

		rows[i] = rows[other];
		rows[other] = row;
	}
}

/* Shares are equal on all nodes, to the last bit, in whatever order the list comes. */
static void test_order_does_not_matter(void **state)
{
	unsigned int seed = (unsigned int)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 200; round++) {
		struct arena *arena = arena_new(0);
		struct endpoint_row rows[MANY];
		char texts[MANY][ADDR_TEXT_MAX];
		const struct view *a, *b;

		random_rows(rows, texts, &seed);
		a = view_of(arena, rows, MANY);
		shuffle(rows, &seed);
		b = view_of(arena, rows, MANY);
		assert_int_equal(a->backend_count, b->backend_count);
		for (size_t i = 0; i < a->backend_count; i++) {
			assert_true(addr_equal(&a->backends[i].addr, &b->backends[i].addr));
			assert_true(a->backends[i].share == b->backends[i].share);
			assert_true(a->backends[i].share > 0);
		}
		assert_sum(a, a->fail ? 0 : 1);
		arena_free(arena);
	}
}

static double share_of(const struct view *view, const struct addr *addr)
{
	double sum = 0;

	for (size_t i = 0; i < view->backend_count; i++)
		sum += addr_equal(&view->backends[i].addr, addr) ? view->backends[i].share : 0;
	return sum;
}

/* More weight never gives less traffic. */
static void test_monotone_in_weight(void **state)
{
	unsigned int seed = (unsigned int)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 200; round++) {
		struct arena *arena = arena_new(0);
		struct endpoint_row rows[MANY];
		char texts[MANY][ADDR_TEXT_MAX];
		size_t heavier = (size_t)rand_r(&seed) % MANY;
		const struct view *before, *after;
		struct addr addr;
		uint16_t port;

		random_rows(rows, texts, &seed);
		before = view_of(arena, rows, MANY);
		rows[heavier].weight *= 2 + (uint32_t)rand_r(&seed) % 100;
		after = view_of(arena, rows, MANY);
		assert_int_equal(addr_port_parse(texts[heavier], &addr, &port), 0);
		if (!rows[heavier].network)
			assert_true(share_of(after, &addr) >= share_of(before, &addr) - 1e-12);
		assert_sum(after, after->fail ? 0 : 1);
		arena_free(arena);
	}
}

/* Any failing allocation gives -ENOMEM and leaves *ret_view alone. */
static void test_out_of_memory(void **state)
{
	struct assignment *assignment = fixture_assignment(*state, raw, COUNT(raw));
	struct view_request request = fixture_request(assignment);
	struct view *view = NULL;
	size_t limit = 0;
	int error;

	do {
		struct arena *arena = arena_new(++limit);

		view = NULL;
		error = view_build(arena, &request, &view);
		assert_true(error == 0 || error == -ENOMEM);
		assert_int_equal(error == 0, view != NULL);
		arena_free(arena);
	} while (error && limit < 100000);
	assert_int_equal(error, 0);
	assert_true(limit > 100);
}

static void test_limits(void **state)
{
	static struct endpoint_row row = {.address = "10.10.0.1:80", .priority = 129};
	struct assignment *assignment = fixture_assignment(*state, &row, 1);
	struct view_request request = fixture_request(assignment);
	struct view *view = NULL;

	assert_int_equal(view_build(*state, &request, &view), -E2BIG);
	assignment->localities[0].priority = 128;
	assert_int_equal(view_build(*state, &request, &view), 0);
	assert_int_equal(view->priority_count, 129);
	view = NULL;
	assignment->localities[0].endpoint_count = VIEW_MAX_ENDPOINTS + 1;
	assert_int_equal(view_build(*state, &request, &view), -E2BIG);
	assert_null(view);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, new_arena, free_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gateway_fold),
		TEST(raw_and_rewritten_agree),
		TEST(duplicates),
		TEST(not_duplicates),
		TEST(health_of_copies),
		TEST(large_weights),
		TEST(excluded),
		TEST(excluded_priority),
		TEST(gateways_down),
		TEST(endpoints_down),
		TEST(drops),
		TEST(gateway_side),
		TEST(priorities),
		TEST(priorities_of_one_network),
		TEST(gateway_and_its_pods),
		TEST(repeated_locality),
		TEST(locality_names),
		TEST(empty),
		TEST(nobody_healthy),
		TEST(order_does_not_matter),
		TEST(monotone_in_weight),
		TEST(out_of_memory),
		TEST(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
