/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packet tables: every row through the loaded programs. `bpf_tests [part of a name]` runs some. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pairs.h"
#include "run.h"
#include "sweep_map.h"

static void report(const char *name, bool good, struct totals *totals)
{
	printf("%s %s\n", good ? "PASS" : "FAIL", name);
	++*(good ? &totals->passed : &totals->failed);
}

static void run_sweep(const char *only, struct totals *totals)
{
	const char *name = "sweep: expired entries alone, in steps";

	if (PLAIN_FAMILY == 4 && (!only || strstr(name, only)))
		report(name, sweep_map_check(), totals);
}

static void run_pairs(const char *only, struct totals *totals)
{
	if (PLAIN_FAMILY == 4 && !only && !totals->skipped)
		report("reasons: each pair with a hook that can occur", pairs_check(), totals);
}

int main(int argc, char **argv)
{
	struct totals totals = {0};
	struct world world;

	if (geteuid() != 0) {
		printf("SKIP packet tables: only root may load programs\n");
		return 0;
	}
	if (world_open(&world)) {
		printf("FAIL the programs do not load\n");
		return 1;
	}
	cases_run(&world, argc > 1 ? argv[1] : NULL, &totals);
	run_pairs(argc > 1 ? argv[1] : NULL, &totals);
	world_close(&world);
	run_sweep(argc > 1 ? argv[1] : NULL, &totals);
	printf("%u passed, %u failed, %u skipped\n", totals.passed, totals.failed,
	       totals.skipped);
	return totals.failed || !totals.passed;
}
