/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Envoy's share rules, from its own tests and from observations of Envoy 1.40. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arena.h"
#include "shares.h"

#define MAX_LEVELS 4
#define MAX_HOSTS 256

/* Hosts, healthy, degraded, excluded. */
struct level {
	unsigned int hosts, healthy, degraded, excluded;
};

struct row {
	int number; /* of the oracle */
	struct level levels[MAX_LEVELS];
	unsigned int count;
	unsigned int overprovisioning; /* 0: 140 */
	int threshold;                 /* -1: off, 0: 50 */
	unsigned int healthy[MAX_LEVELS], degraded[MAX_LEVELS];
	int panic; /* all levels panic: 1; none: 0; -1: not checked */
};

static const struct row rows[] = {
	{1, {{1, 1, 0, 0}, {1, 1, 0, 0}}, 2, 0, 0, {100, 0}, {0}, 0},
	{2, {{2, 1, 0, 0}, {2, 1, 0, 0}}, 2, 0, 0, {70, 30}, {0}, -1},
	{3, {{4, 1, 0, 0}, {2, 2, 0, 0}}, 2, 0, 0, {35, 65}, {0}, 0},
	{4, {{4, 1, 0, 0}, {4, 1, 0, 0}}, 2, 0, 0, {50, 50}, {0}, 1},
	{5, {{4, 1, 0, 3}, {5, 1, 0, 0}}, 2, 0, 0, {100, 0}, {0}, 0},
	{6, {{4, 0, 0, 4}, {4, 1, 0, 0}}, 2, 0, 0, {50, 50}, {0}, 1},
	{7, {{4, 0, 0, 1}, {6, 1, 0, 2}}, 2, 0, 0, {40, 60}, {0}, 1},
	{8, {{2, 1, 0, 0}, {2, 1, 0, 0}, {2, 1, 0, 0}}, 3, 0, 0, {70, 30, 0}, {0}, -1},
	{9, {{4, 1, 0, 0}, {2, 2, 0, 0}, {2, 1, 0, 0}}, 3, 0, 0, {35, 65, 0}, {0}, -1},
	{10, {{4, 1, 0, 0}, {4, 1, 0, 0}, {4, 1, 0, 0}}, 3, 0, 0, {35, 35, 30}, {0}, -1},
	{11, {{5, 1, 0, 0}, {5, 1, 0, 0}, {5, 1, 0, 0}}, 3, 0, 0, {34, 33, 33}, {0}, 1},
	{12, {{5, 0, 0, 0}, {5, 0, 0, 0}, {5, 5, 0, 0}}, 3, 0, 0, {0, 0, 100}, {0}, 0},
	{13, {{5, 0, 0, 0}, {5, 0, 0, 0}, {5, 4, 0, 0}}, 3, 0, 0, {0, 0, 100}, {0}, 0},
	{14, {{5, 0, 0, 0}, {5, 0, 0, 0}, {5, 2, 0, 0}}, 3, 0, 0, {34, 33, 33}, {0}, 1},
	{15, {{5, 0, 5, 0}, {5, 2, 2, 0}, {5, 2, 0, 0}}, 3, 0, 0, {0, 56, 44}, {0, 0, 0}, -1},
	{16, {{5, 0, 0, 0}, {3, 0, 0, 0}, {2, 0, 0, 0}}, 3, 0, 0, {50, 30, 20}, {0}, 1},
	{17, {{5, 0, 0, 0}, {6, 2, 0, 0}, {3, 1, 0, 0}}, 3, 0, 0, {37, 42, 21}, {0}, 1},
	{18, {{5, 0, 1, 0}, {5, 0, 5, 0}, {5, 1, 0, 0}}, 3, 0, 0, {0, 0, 28}, {28, 44, 0}, -1},
	{19, {{5, 0, 0, 0}, {5, 0, 2, 0}, {5, 0, 1, 0}}, 3, 0, -1, {0, 0, 0}, {0, 67, 33}, 0},
	{20, {{5, 0, 0, 0}, {5, 0, 2, 0}, {5, 0, 1, 0}}, 3, 0, 0, {34, 33, 33}, {0}, 1},
	{21, {{0, 0, 0, 0}, {6, 0, 0, 0}, {3, 0, 0, 0}}, 3, 0, 0, {0, 67, 33}, {0}, 1},
	{22, {{1, 0, 0, 0}, {1, 0, 0, 0}}, 2, 0, 0, {50, 50}, {0}, 1},
	{23, {{1, 0, 0, 0}, {2, 0, 0, 0}}, 2, 0, 0, {34, 66}, {0}, 1},
	{24, {{4, 2, 0, 0}, {4, 2, 0, 0}}, 2, 100, 0, {50, 50}, {0}, 0},
	/* 28 as counts: scores h 10,20,10 and g 20,10,0 with a factor of 100. */
	{28, {{10, 1, 2, 0}, {10, 2, 1, 0}, {10, 1, 0, 0}},
	 3, 100, -1, {16, 28, 14}, {28, 14, 0}, 0},
	{29, {{100, 72, 0, 0}, {100, 72, 0, 0}}, 2, 0, 0, {100, 0}, {0}, 0},
	{30, {{100, 71, 0, 0}, {100, 71, 0, 0}}, 2, 0, 0, {99, 1}, {0}, 0},
	{31, {{100, 71, 29, 0}}, 1, 0, 0, {99}, {1}, 0},
	{32, {{100, 25, 65, 0}}, 1, 0, 0, {35}, {65}, 0},
	/* No host in any priority: priority 0 has the load, no host can be picked. */
	{0, {{0, 0, 0, 0}}, 1, 0, 0, {100}, {0}, 1},
	/* Rule 5: threshold 0, no host available. */
	{0, {{3, 0, 0, 0}, {3, 0, 0, 0}}, 2, 0, -1, {100, 0}, {0}, 0},
	/* A gap counts as 0 % available: it takes part in "all panic". */
	{0, {{2, 0, 0, 0}, {0, 0, 0, 0}, {2, 0, 0, 0}}, 3, 0, 0, {50, 0, 50}, {0}, 1},
	/* Here Envoy's documentation differs from its code. */
	{0, {{20, 1, 0, 0}, {20, 13, 0, 0}}, 2, 0, 0, {8, 92}, {0}, -1},
	{0, {{2, 1, 0, 0}, {5, 3, 0, 0}}, 2, 0, 0, {70, 30}, {0}, 0},
	{0, {{4, 1, 0, 0}, {4, 4, 0, 0}}, 2, 0, 0, {35, 65}, {0}, 0},
	{0, {{4, 1, 0, 0}, {4, 1, 0, 0}, {5, 1, 0, 0}}, 3, 0, 0, {32, 30, 38}, {0}, 1},
	/* All hosts excluded: nothing available, and panicking. */
	{0, {{2, 0, 0, 2}, {4, 1, 0, 0}}, 2, 0, 0, {34, 66}, {0}, 1},
};

struct fixture {
	struct arena *arena;
	struct share_host hosts[MAX_HOSTS];
	struct share_entry entries[MAX_HOSTS];
	struct share_locality localities[8];
	struct view_priority priorities[MAX_LEVELS];
	struct share_input input;
};

static void start(struct fixture *f, unsigned int levels)
{
	*f = (struct fixture){.arena = arena_new(0)};
	f->input = (struct share_input){
		.hosts = f->hosts, .entries = f->entries, .localities = f->localities,
		.priority_count = levels, .overprovisioning = 140, .panic_threshold = 50,
		.locality_weighted = true,
	};
	assert_non_null(f->arena);
}

static void compute(struct fixture *f)
{
	assert_int_equal(shares_compute(f->arena, &f->input, f->priorities), 0);
	arena_free(f->arena);
	f->arena = NULL;
}

static void add_locality(struct fixture *f, uint32_t priority, uint64_t weight)
{
	f->localities[f->input.locality_count++] =
		(struct share_locality){.priority = priority, .weight = weight};
}

/* Into the locality added last. */
static void add_hosts(struct fixture *f, unsigned int count, enum host_health health,
		      uint64_t weight)
{
	struct share_locality *locality = &f->localities[f->input.locality_count - 1];

	for (unsigned int i = 0; i < count; i++) {
		uint32_t at = (uint32_t)f->input.host_count++;

		assert_in_range(at, 0, MAX_HOSTS - 1);
		f->hosts[at] = (struct share_host){
			.priority = locality->priority, .health = health, .weight = weight};
		f->entries[f->input.entry_count++] = (struct share_entry){
			at, (uint32_t)(f->input.locality_count - 1), weight};
		locality->kept += weight;
		locality->listed += weight;
	}
}

static void add_level(struct fixture *f, uint32_t priority, const struct level *level)
{
	unsigned int rest = level->hosts - level->healthy - level->degraded - level->excluded;

	add_locality(f, priority, 1);
	add_hosts(f, level->healthy, HOST_HEALTHY, 1);
	add_hosts(f, level->degraded, HOST_DEGRADED, 1);
	add_hosts(f, level->excluded, HOST_EXCLUDED, 1);
	add_hosts(f, rest, HOST_UNHEALTHY, 1);
}

static void assert_near(double got, double expected)
{
	if (fabs(got - expected) > 1e-12)
		fail_msg("got %.15f, expected %.15f", got, expected);
}

static double sum_of(const struct fixture *f, uint32_t priority)
{
	double sum = 0;

	for (size_t i = 0; i < f->input.host_count; i++)
		sum += f->hosts[i].priority == priority ? f->hosts[i].share : 0;
	return sum;
}

static void check_row(const struct row *row)
{
	struct fixture f;

	start(&f, row->count);
	f.input.overprovisioning = row->overprovisioning ? row->overprovisioning : 140;
	f.input.panic_threshold = row->threshold < 0 ? 0 : 50;
	for (uint32_t i = 0; i < row->count; i++)
		add_level(&f, i, &row->levels[i]);
	compute(&f);
	for (uint32_t i = 0; i < row->count; i++) {
		const struct view_priority *got = &f.priorities[i];

		if (got->healthy_load != row->healthy[i] || got->degraded_load != row->degraded[i])
			fail_msg("row %d (index %td) level %u: load %u/%u, expected %u/%u",
				 row->number, row - rows, i, got->healthy_load,
				 got->degraded_load, row->healthy[i], row->degraded[i]);
		if (row->panic >= 0)
			assert_int_equal(got->panic, row->panic);
		assert_int_equal(got->hosts, row->levels[i].hosts);
	}
}

static void test_loads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_row(&rows[i]);
}

/* Rows 25-27: endpoint weights instead of counts, in the scores alone. */
static void test_weighted_priority_health(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 2);
	f.input.overprovisioning = 100;
	f.input.weighted_priority_health = true;
	add_locality(&f, 0, 1);
	add_hosts(&f, 2, HOST_HEALTHY, 3);
	add_hosts(&f, 2, HOST_UNHEALTHY, 2);
	add_locality(&f, 1, 1);
	add_hosts(&f, 1, HOST_HEALTHY, 1);
	compute(&f);
	assert_int_equal(f.priorities[0].healthy_load, 60);
	assert_int_equal(f.priorities[1].healthy_load, 40);

	start(&f, 2);
	f.input.overprovisioning = 100;
	f.input.weighted_priority_health = true;
	add_locality(&f, 0, 1);
	add_hosts(&f, 1, HOST_HEALTHY, 4);
	add_hosts(&f, 1, HOST_EXCLUDED, 10);
	add_hosts(&f, 1, HOST_UNHEALTHY, 6);
	add_locality(&f, 1, 1);
	add_hosts(&f, 1, HOST_HEALTHY, 1);
	compute(&f);
	assert_int_equal(f.priorities[0].healthy_load, 40);
	assert_int_equal(f.priorities[1].healthy_load, 60);

	start(&f, 2);
	f.input.overprovisioning = 100;
	f.input.weighted_priority_health = true;
	add_locality(&f, 0, 1);
	add_hosts(&f, 1, HOST_HEALTHY, 4);
	add_hosts(&f, 1, HOST_DEGRADED, 3);
	add_hosts(&f, 1, HOST_UNHEALTHY, 2);
	add_hosts(&f, 1, HOST_UNHEALTHY, 1);
	add_locality(&f, 1, 1);
	add_hosts(&f, 1, HOST_HEALTHY, 1);
	add_hosts(&f, 1, HOST_DEGRADED, 9);
	compute(&f);
	assert_int_equal(f.priorities[0].healthy_load, 40);
	assert_int_equal(f.priorities[1].healthy_load, 10);
	assert_int_equal(f.priorities[0].degraded_load, 30);
	assert_int_equal(f.priorities[1].degraded_load, 20);
}

/* Row 33: the rest of locality A's weight when its hosts fail. */
static void test_locality_availability(void **state)
{
	static const struct {
		unsigned int healthy, picks;
		double share;
	} cases[] = {{5, 33, 1 / 3.0},       {4, 33, 1 / 3.0},       {3, 29, 0.84 / 2.84},
		     {2, 22, 0.56 / 2.56},   {1, 12, 0.28 / 2.28},   {0, 0, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture f;
		double share = 0;

		start(&f, 1);
		f.input.panic_threshold = 0;
		add_locality(&f, 0, 1);
		add_hosts(&f, cases[i].healthy, HOST_HEALTHY, 1);
		add_hosts(&f, 5 - cases[i].healthy, HOST_UNHEALTHY, 1);
		add_locality(&f, 0, 2);
		add_hosts(&f, 1, HOST_HEALTHY, 1);
		compute(&f);
		for (unsigned int j = 0; j < cases[i].healthy; j++)
			share += f.hosts[j].share;
		assert_near(share, cases[i].share);
		assert_true(fabs(100 * share - cases[i].picks) <= 1);
		assert_near(f.hosts[5].share, 1 - share);
	}
}

/* Rows 34 and 35. */
static void test_locality_overprovisioning(void **state)
{
	static const struct {
		unsigned int healthy, excluded, unhealthy, factor;
		double share;
	} cases[] = {{1, 0, 1, 100, 1 / 3.0}, {1, 0, 1, 200, 0.5}, {1, 2, 0, 140, 0.5}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture f;

		start(&f, 1);
		f.input.overprovisioning = cases[i].factor;
		add_locality(&f, 0, 1);
		add_hosts(&f, cases[i].healthy, HOST_HEALTHY, 1);
		add_hosts(&f, cases[i].excluded, HOST_EXCLUDED, 1);
		add_hosts(&f, cases[i].unhealthy, HOST_UNHEALTHY, 1);
		add_locality(&f, 0, 1);
		add_hosts(&f, 2, HOST_HEALTHY, 1);
		compute(&f);
		assert_near(f.hosts[0].share, cases[i].share);
		assert_near(f.hosts[1].share, 0);
	}
}

/* Rows 36 and 37, and localities without any usable weight. */
static void test_locality_weights(void **state)
{
	static const struct {
		uint64_t weights[3];
		bool weighted;
		double shares[3];
	} cases[] = {
		{{1, 0, 1}, true, {0.5, 0, 0.5}},
		{{1, 6, 3}, true, {0.1, 0.6, 0.3}},
		{{0, 0, 0}, true, {0.2, 0.3, 0.5}}, /* endpoint weights 2, 3, 5 */
		{{1, 6, 3}, false, {0.2, 0.3, 0.5}},
		{{4000000000, 4000000000, 0}, true, {0.5, 0.5, 0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		static const uint64_t endpoint[] = {2, 3, 5};
		struct fixture f;

		start(&f, 1);
		f.input.locality_weighted = cases[i].weighted;
		for (size_t j = 0; j < 3; j++) {
			add_locality(&f, 0, cases[i].weights[j]);
			add_hosts(&f, 1, HOST_HEALTHY, endpoint[j]);
		}
		compute(&f);
		for (size_t j = 0; j < 3; j++)
			assert_near(f.hosts[j].share, cases[i].shares[j]);
	}
}

/* All healthy hosts are in localities without weight: the whole healthy set is used. Degraded hosts
 * have a scheduler of their own. */
static void test_locality_without_eligible_hosts(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 1);
	f.input.panic_threshold = 0;
	add_locality(&f, 0, 7);
	add_hosts(&f, 2, HOST_DEGRADED, 1);
	add_locality(&f, 0, 0);
	add_hosts(&f, 1, HOST_HEALTHY, 1);
	add_hosts(&f, 1, HOST_HEALTHY, 3);
	add_hosts(&f, 1, HOST_DEGRADED, 1);
	compute(&f);
	/* h = 140*2/5 = 56, g = 140*3/5 = 84: 56 to healthy, 44 to degraded hosts. */
	assert_near(f.hosts[0].share, 0.22);
	assert_near(f.hosts[1].share, 0.22);
	assert_near(f.hosts[2].share, 0.14);
	assert_near(f.hosts[3].share, 0.42);
	assert_near(f.hosts[4].share, 0);
}

/* A panicking priority uses all its hosts by endpoint weight, DRAINING ones too, and ignores
 * localities; other priorities are unaffected. */
static void test_panic_uses_all_hosts(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 2);
	add_locality(&f, 0, 1);
	add_hosts(&f, 1, HOST_HEALTHY, 1);
	add_hosts(&f, 3, HOST_UNHEALTHY, 2);
	add_locality(&f, 0, 9);
	add_hosts(&f, 1, HOST_EXCLUDED, 1);
	add_locality(&f, 1, 1);
	add_hosts(&f, 2, HOST_HEALTHY, 1);
	add_hosts(&f, 2, HOST_UNHEALTHY, 1);
	f.input.overprovisioning = 100;
	compute(&f);
	/* h = 25 and 50, T = 75: 33 and 66, the remainder to the first. */
	assert_true(f.priorities[0].panic);
	assert_false(f.priorities[1].panic);
	assert_int_equal(f.priorities[0].healthy_load, 34);
	assert_int_equal(f.priorities[1].healthy_load, 66);
	assert_near(f.hosts[0].share, 0.34 / 8);
	assert_near(f.hosts[1].share, 0.34 * 2 / 8);
	assert_near(f.hosts[4].share, 0.34 / 8);
	assert_near(f.hosts[5].share, 0.33);
	assert_near(f.hosts[7].share, 0);
	assert_near(sum_of(&f, 0) + sum_of(&f, 1), 1);
}

/* Degraded hosts count against panic; a threshold above 100 is 100. */
static void test_panic_threshold(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 1);
	f.input.overprovisioning = 100;
	add_level(&f, 0, &(struct level){10, 2, 4, 0});
	compute(&f);
	assert_false(f.priorities[0].panic);
	/* h = 20, g = 40, T = 60: 33 and 66, the remainder to healthy hosts. */
	assert_int_equal(f.priorities[0].healthy_load, 34);
	assert_int_equal(f.priorities[0].degraded_load, 66);

	start(&f, 1);
	f.input.overprovisioning = 90;
	f.input.panic_threshold = 150;
	add_level(&f, 0, &(struct level){3, 3, 0, 0});
	compute(&f);
	assert_false(f.priorities[0].panic);
}

/* An excluded endpoint reduces the locality's weight by its part. */
static void test_locality_shrinks(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 1);
	add_locality(&f, 0, 6);
	add_hosts(&f, 1, HOST_HEALTHY, 1);
	f.localities[0].listed = 3;
	add_locality(&f, 0, 6);
	add_hosts(&f, 1, HOST_HEALTHY, 1);
	compute(&f);
	assert_near(f.hosts[0].share, 0.25);
	assert_near(f.hosts[1].share, 0.75);
}

/* One host in two localities is one host, with a weight in each. */
static void test_host_in_two_localities(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 1);
	add_locality(&f, 0, 1);
	add_hosts(&f, 1, HOST_HEALTHY, 1);
	add_hosts(&f, 1, HOST_HEALTHY, 3);
	add_locality(&f, 0, 1);
	f.entries[f.input.entry_count++] = (struct share_entry){0, 1, 2};
	f.hosts[0].weight += 2;
	f.localities[1].kept = f.localities[1].listed = 2;
	compute(&f);
	assert_int_equal(f.priorities[0].hosts, 2);
	assert_near(f.hosts[0].share, 0.125 + 0.5);
	assert_near(f.hosts[1].share, 0.375);
}

static void test_nobody(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 1);
	f.input.panic_threshold = 0;
	add_locality(&f, 0, 1);
	add_hosts(&f, 3, HOST_UNHEALTHY, 1);
	compute(&f);
	assert_near(sum_of(&f, 0), 0);
	assert_int_equal(f.priorities[0].healthy_load, 100);
	assert_false(f.priorities[0].panic);
}

/* Weights whose sum exceeds 32 bits. */
static void test_large_weights(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 1);
	f.input.weighted_priority_health = true;
	f.input.overprovisioning = UINT32_MAX;
	add_locality(&f, 0, UINT32_MAX);
	add_hosts(&f, 3, HOST_HEALTHY, 1ULL << 50);
	add_hosts(&f, 1, HOST_HEALTHY, 1ULL << 51);
	compute(&f);
	assert_int_equal(f.priorities[0].healthy_load, 100);
	assert_near(f.hosts[0].share, 0.2);
	assert_near(f.hosts[3].share, 0.4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loads),
		cmocka_unit_test(test_weighted_priority_health),
		cmocka_unit_test(test_locality_availability),
		cmocka_unit_test(test_locality_overprovisioning),
		cmocka_unit_test(test_locality_weights),
		cmocka_unit_test(test_locality_without_eligible_hosts),
		cmocka_unit_test(test_panic_uses_all_hosts),
		cmocka_unit_test(test_panic_threshold),
		cmocka_unit_test(test_locality_shrinks),
		cmocka_unit_test(test_host_in_two_localities),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_large_weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
