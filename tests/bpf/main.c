/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packet tables: every row through the loaded programs. `bpf_tests [part of a name]` runs some. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"
#include "sweep_map.h"

static const struct case_list *const lists[] = {
	&ignore_cases, &local_cases,  &flow_cases,  &close_cases,         &full_cases,
	&race_cases,   &log_cases,    &encap_cases, &decap_cases,         &refuse_cases,
	&clash_cases,  &stale_cases,  &spoof_cases, &drop_cases,          &gateway_cases,
	&header_cases, &xdp_cases,    &gateway_limit_cases,
};

static void run_sweep(const char *only, struct totals *totals)
{
	const char *name = "sweep: idle halves alone, in steps";
	bool well;

	if (only && !strstr(name, only))
		return;
	well = sweep_map_check();
	printf("%s %s\n", well ? "PASS" : "FAIL", name);
	++*(well ? &totals->passed : &totals->failed);
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
	for (unsigned int i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		cases_run(&world, lists[i]->cases, lists[i]->count, argc > 1 ? argv[1] : NULL,
			  &totals);
	world_close(&world);
	run_sweep(argc > 1 ? argv[1] : NULL, &totals);
	printf("%u passed, %u failed, %u skipped\n", totals.passed, totals.failed,
	       totals.skipped);
	return totals.failed || !totals.passed;
}
