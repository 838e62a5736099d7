/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shows a slower packet path without measuring time: look-ups and helpers per class of packet,
 * instructions and stack per program. `cost_tests -v` prints the counts. */
#include "cost.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "parallax.skel.h"
#include "stack.h"

static const char *const call_texts[] = {
#define X(name, text) text,
	CALLS(X)
#undef X
};

static struct {
	unsigned int passed, failed;
	bool verbose;
} state;

static void report(const char *name, bool good)
{
	printf("%s cost: %s\n", good ? "PASS" : "FAIL", name);
	fflush(stdout);
	*(good ? &state.passed : &state.failed) += 1;
}

/* ------------------------------------------------------------------ calls */

static bool within(const uint64_t *calls, const uint8_t *most)
{
	bool good = true;

	for (int i = 0; i < CALL_COUNT; i++) {
		if (state.verbose && calls[i])
			printf("      %-14s %llu\n", call_texts[i], (unsigned long long)calls[i]);
		if (calls[i] <= most[i])
			continue;
		printf("      %s: %llu, at most %u so far\n", call_texts[i],
		       (unsigned long long)calls[i], most[i]);
		good = false;
	}
	return good;
}

/* A next hop from a case before would become a second old, and be looked up again, at any time. */
static void clear_next_hops(struct world *world)
{
	static const struct next_hop none[256]; /* of each CPU */
	int fd = world_map_fd(world, "next_hops");

	for (uint32_t i = 0; i < NEXT_HOP_SLOTS; i++)
		bpf_map_update_elem(fd, &i, none, BPF_ANY);
}

static bool run_case(struct world *world, const struct cost_case *c)
{
	struct port_values ports = {0};
	uint64_t *calls = (uint64_t *)world->skel->bss->calls;

	world_reset(world);
	clear_next_hops(world);
	c->setup(world);
	for (int i = 0; c->steps[i].program; i++) {
		memset(calls, 0, sizeof(world->skel->bss->calls));
		if (!step_run(world, &c->steps[i], &ports))
			return false;
	}
	return within(calls, c->most);
}

static void run_list(struct world *world, const struct cost_list *list)
{
	for (unsigned int i = 0; i < list->count; i++)
		report(list->cases[i].name, run_case(world, &list->cases[i]));
}

/* ------------------------------------------------------------------ instructions */

/* Instructions as clang emits them, plus 8 %; those that the kernel adds differ between kernels. */
static const struct ceiling {
	const char *program;
	size_t instructions;
} ceilings[] = {
	{ "px_from_pod", 10700 },    { "px_to_pod", 4000 },     { "px_uplink", 11000 },
	{ "px_xdp", 430 },           { "px_uplink_l3", 11000 }, { "px_to_uplink", 1000 },
	{ "px_to_uplink_l3", 1000 },
};

static bool run_ceiling(struct bpf_object *object, const struct ceiling *ceiling)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, ceiling->program);
	size_t instructions = program ? bpf_program__insn_cnt(program) : 0;

	if (state.verbose || !instructions || instructions > ceiling->instructions)
		printf("      %s: %zu instructions, at most %zu so far\n", ceiling->program,
		       instructions, ceiling->instructions);
	return instructions && instructions <= ceiling->instructions;
}

/* ------------------------------------------------------------------ stack */

#define STACK_MAX 512 /* MAX_BPF_STACK */

static bool run_stack(struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);
	unsigned int stack = program ? stack_of(bpf_program__insns(program),
						bpf_program__insn_cnt(program)) : 0;

	if (state.verbose || !stack || stack > STACK_MAX)
		printf("      %s: %u bytes of stack, of %u\n", name, stack, STACK_MAX);
	return stack && stack <= STACK_MAX;
}

/* The shipped object lies one directory above this program. */
static struct bpf_object *open_shipped(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n < 0)
		return NULL;
	path[n] = '\0';
	strcpy(strrchr(path, '/'), "/../parallax.bpf.o");
	return bpf_object__open_file(path, NULL);
}

static void run_ceilings(void)
{
	struct bpf_object *object = open_shipped();
	char name[64];

	if (!object || bpf_object__load(object)) {
		report("the shipped programs load", false);
		return;
	}
	for (unsigned int i = 0; i < sizeof(ceilings) / sizeof(*ceilings); i++) {
		snprintf(name, sizeof(name), "instructions of %s", ceilings[i].program);
		report(name, run_ceiling(object, &ceilings[i]));
		snprintf(name, sizeof(name), "stack of %s", ceilings[i].program);
		report(name, run_stack(object, ceilings[i].program));
	}
	bpf_object__close(object);
}

int main(int argc, char **argv)
{
	struct world world;

	state.verbose = argc > 1 && !strcmp(argv[1], "-v");
	if (geteuid() != 0) {
		printf("SKIP cost: only root may load programs\n");
		return 0;
	}
	if (world_open(&world)) {
		printf("FAIL cost: the programs do not load\n");
		return 1;
	}
	run_list(&world, &cost_client);
	run_list(&world, &cost_gateway);
	world_close(&world);
	run_ceilings();
	printf("%u passed, %u failed\n", state.passed, state.failed);
	return state.failed || !state.passed;
}
