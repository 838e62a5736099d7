/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Building incrementally and building in full come to the same rows and the same kernel, whatever is
 * edited in between. DESIRED_SEED and DESIRED_ROUNDS set it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "desired_random.h"

#define STEPS 60

static uint64_t first_seed(void)
{
	const char *seed = getenv("DESIRED_SEED");

	return seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL) * 1000003;
}

static size_t round_count(void)
{
	const char *rounds = getenv("DESIRED_ROUNDS");

	return rounds ? strtoul(rounds, NULL, 0) : 200;
}

/* Situations that the random runs must cover, or else the test checks nothing. */
static const struct {
	const char *name;
	size_t offset;
	size_t most; /* at least once in this many steps; 0: at least once */
} met[] = {
#define MET(name, most) { #name, offsetof(struct random_seen, name), most }
	MET(changed_only, 8), MET(given_up, 100),   MET(deaths, 250),
	MET(reused, 8),       MET(serving, 8),      MET(kept, 100),
	MET(waiting, 8),      MET(stale, 100),      MET(refused, 100),
	MET(not_shown, 100),  MET(captured, 100),   MET(by_id, 100),
	MET(affinity, 100),   MET(too_large, 0),    MET(endpoints_are_vips, 0),
	MET(ipv6, 16),        MET(failed, 0),       MET(restarts, 0),
	MET(older, 0),        MET(ipv6_by_id, 100),
};

static void assert_all_met(const struct random_seen *seen)
{
	print_message("%zu steps", seen->steps);
	for (size_t i = 0; i < sizeof(met) / sizeof(*met); i++) {
		size_t count = *(const size_t *)((const char *)seen + met[i].offset);

		print_message(", %zu %s", count, met[i].name);
		if (!count || count * met[i].most < seen->steps * !!met[i].most)
			fail_msg("too rare: %s", met[i].name);
	}
	print_message(", %zu partial, %zu lagging, %zu reordered\n", seen->partial, seen->lagging,
		      seen->reordered);
	/* Steps in which less is compared. */
	assert_true(seen->partial + seen->lagging < seen->steps / 16);
	assert_true(seen->older < seen->steps / 4);
}

static void incremental_equals_full(void **unused)
{
	uint64_t seed = first_seed();
	size_t count = round_count();
	struct random_seen seen = {};

	(void)unused;
	print_message("DESIRED_SEED=%llu\n", (unsigned long long)seed);
	for (size_t i = 0; i < count; i++) {
		struct dice dice = { .state = (seed + i) * 0x9e3779b97f4a7c15ULL };
		const char *wrong = desired_random_run(&dice, STEPS, &seen);

		if (wrong)
			fail_msg("DESIRED_SEED=%llu DESIRED_ROUNDS=1: %s",
				 (unsigned long long)(seed + i), wrong);
	}
	if (count > 1)
		assert_all_met(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(incremental_equals_full) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
