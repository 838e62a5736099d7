/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Merges several networks' views of a service; selects the networks to ask for. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "ads_views.h"
#include "arena.h"
#include "assignment_merge.h"

struct one {
	struct assignment assignment;
	struct locality locality;
	struct endpoint endpoints[4];
	struct socket_addr addresses[4];
};

/* A locality of weight `weight` with endpoints 10.0.0.N, N from the list; 0 ends it. */
static void fill(struct one *one, uint32_t weight, uint32_t priority, ...)
{
	size_t count = 0;
	va_list args;
	int last;

	memset(one, 0, sizeof(*one));
	va_start(args, priority);
	while ((last = va_arg(args, int))) {
		one->addresses[count] = (struct socket_addr){
			.addr = { 4, IP_V4(htonl(0x0a000000u + (uint32_t)last)) }, .port = 80
		};
		one->endpoints[count] = (struct endpoint){ .addresses = &one->addresses[count],
							   .address_count = 1, .weight = 1 };
		count++;
	}
	va_end(args);
	one->locality = (struct locality){ .region = "r", .zone = "z", .sub_zone = "",
					   .has_locality = true, .has_weight = true,
					   .weight = weight, .priority = priority,
					   .endpoints = one->endpoints, .endpoint_count = count };
	one->assignment = (struct assignment){ .name = "a", .localities = &one->locality,
					       .locality_count = 1, .overprovisioning = 140 };
}

static const struct assignment *merge(struct arena *arena, const struct one *a,
				      const struct one *b)
{
	const struct merge_view views[] = {
		{ "one", a ? &a->assignment : NULL }, { "two", b ? &b->assignment : NULL } };
	const struct assignment *merged;

	assert_int_equal(assignment_merge(arena, views, 2, &merged), 0);
	return merged;
}

static void names_networks(void **state)
{
	struct arena *arena = arena_new(0);
	const struct assignment *merged;
	struct one a, b;

	(void)state;
	fill(&a, 2, 0, 1, 2, 0);
	fill(&b, 3, 0, 3, 0);
	merged = merge(arena, &a, &b);
	assert_string_equal(merged->name, "a");
	assert_int_equal(merged->locality_count, 1);
	assert_int_equal(merged->localities[0].endpoint_count, 3);
	assert_int_equal(merged->localities[0].weight, 5);
	assert_string_equal(merged->localities[0].endpoints[0].network, "one");
	assert_string_equal(merged->localities[0].endpoints[2].network, "two");
	/* the originals are untouched */
	assert_null(a.endpoints[0].network);
	arena_free(arena);
}

/* An endpoint of all views is kept once, without a network. */
static void counts_common_ones_once(void **state)
{
	struct arena *arena = arena_new(0);
	const struct assignment *merged;
	struct one a, b;

	(void)state;
	fill(&a, 2, 0, 1, 9, 0);
	fill(&b, 2, 0, 9, 2, 0);
	merged = merge(arena, &a, &b);
	assert_int_equal(merged->localities[0].endpoint_count, 3);
	assert_int_equal(merged->localities[0].weight, 3);
	assert_string_equal(merged->localities[0].endpoints[0].network, "one");
	assert_null(merged->localities[0].endpoints[1].network);
	assert_string_equal(merged->localities[0].endpoints[2].network, "two");
	arena_free(arena);
}

/* Pods of two networks with one address stay two: their workloads differ. */
static void keeps_overlapping_ones(void **state)
{
	struct arena *arena = arena_new(0);
	const struct assignment *merged;
	struct one a, b;

	(void)state;
	fill(&a, 1, 0, 1, 0);
	fill(&b, 1, 0, 1, 0);
	a.endpoints[0].workload = "v1;n;h;;";
	b.endpoints[0].workload = "v2;n;h;;";
	merged = merge(arena, &a, &b);
	assert_int_equal(merged->localities[0].endpoint_count, 2);
	assert_string_equal(merged->localities[0].endpoints[0].network, "one");
	assert_string_equal(merged->localities[0].endpoints[1].network, "two");
	arena_free(arena);
}

static void keeps_priorities_apart(void **state)
{
	struct arena *arena = arena_new(0);
	const struct assignment *merged;
	struct one a, b;

	(void)state;
	fill(&a, 1, 0, 1, 0);
	fill(&b, 1, 1, 2, 0);
	b.endpoints[0].network = "three"; /* from metadata */
	merged = merge(arena, &a, &b);
	assert_int_equal(merged->locality_count, 2);
	assert_int_equal(merged->localities[1].priority, 1);
	assert_string_equal(merged->localities[1].endpoints[0].network, "three");
	merged = merge(arena, NULL, &b);
	assert_int_equal(merged->locality_count, 1);
	arena_free(arena);
}

/* ------------------------------------------------------------------ networks asked for */

static void make_equal(struct one *one, struct locality *localities, size_t count, uint32_t first)
{
	memset(one, 0, sizeof(*one));
	for (size_t i = 0; i < count; i++)
		localities[i] = (struct locality){ .region = i % 2 ? "r" : "s", .has_locality = true,
						   .has_weight = true,
						   .weight = first + (uint32_t)i };
	one->assignment = (struct assignment){ .name = "a", .localities = localities,
					       .locality_count = count };
}

/* The first occurrences of all views are merged, then the second; many do not take long. */
static void joins_repeated_localities_in_order(void **state)
{
	enum { FEW = 6, MANY = 40000 };
	struct locality *localities = calloc(2 * MANY, sizeof(*localities));
	struct arena *arena = arena_new(0);
	const struct assignment *merged;
	clock_t start = clock();
	struct one a, b;

	(void)state;
	make_equal(&a, localities, FEW - 2, 1);
	make_equal(&b, localities + MANY, FEW, 100);
	merged = merge(arena, &a, &b);
	assert_int_equal(merged->locality_count, FEW);
	for (uint32_t i = 0; i < FEW; i++)
		assert_int_equal(merged->localities[i].weight, 100 + i + (i < FEW - 2 ? 1 + i : 0));
	make_equal(&a, localities, MANY, 1);
	make_equal(&b, localities + MANY, MANY, 1);
	assert_int_equal(merge(arena, &a, &b)->locality_count, MANY);
	assert_true(clock() - start < CLOCKS_PER_SEC);
	free(localities);
	arena_free(arena);
}

static void asks_for_reachable_networks(void **state)
{
	struct mesh_gateway known = { .addr = { 4, IP_V4(htonl(0xc0000201)) }, .port = 15443 };
	struct mesh_gateway placeholder = { .addr = { 4, IP_V4(0) }, .port = 15443 };
	struct mesh_network networks[] = {
		{ .name = "flat", .flat = true },
		{ .name = "geneve", .transport = TRANSPORT_GENEVE, .gateways = &known,
		  .gateway_count = 1 },
		{ .name = "nameless", .transport = TRANSPORT_PASSTHROUGH },
		{ .name = "own", .own = true },
		{ .name = "pending", .transport = TRANSPORT_GENEVE, .gateways = &placeholder,
		  .gateway_count = 1 },
		{ .name = "shut", .transport = TRANSPORT_NONE, .gateways = &known,
		  .gateway_count = 1 },
	};
	struct mesh_networks mesh = { .networks = networks, .count = 6 };
	struct arena *arena = arena_new(0);
	struct ads_views views;

	(void)state;
	assert_int_equal(ads_views_make(arena, &mesh, "own", &views), 0);
	assert_string_equal(views.text, "own,flat,geneve,nameless");
	assert_true(ads_views_have(&views, "geneve") && !ads_views_have(&views, "pending"));
	mesh = (struct mesh_networks){ .networks = &networks[3], .count = 1 };
	assert_int_equal(ads_views_make(arena, &mesh, "own", &views), 0);
	assert_null(views.text);
	assert_int_equal(views.count, 1);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_networks),
		cmocka_unit_test(counts_common_ones_once),
		cmocka_unit_test(keeps_overlapping_ones),
		cmocka_unit_test(keeps_priorities_apart),
		cmocka_unit_test(joins_repeated_localities_in_order),
		cmocka_unit_test(asks_for_reachable_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
