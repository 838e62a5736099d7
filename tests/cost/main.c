/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shows a slower packet path without measuring time: instructions, look-ups and helpers per class of packet,
 * size, stack, keys and steps of the verifier per program of either family. `cost_tests -v` prints the counts,
 * `cost_tests -l` only loads the shipped programs and counts there. */
#include "cost.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "conntrack.h"
#include "instructions.h"
#include "keys.h"
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

/* Places that name flows of a case before would be looked up. */
static void clear_places(struct world *world)
{
	static const struct flow_key none;

	for (uint32_t i = 0; i < WORLD_EMBRYONIC; i++)
		world_update(world, "reclaim_embryonic", &i, &none);
}

/* True if the packet takes no more instructions of the shipped programs than the row allows. */
static bool is_short(struct world *world, struct bpf_object *object, const struct cost_case *c,
		     const struct step *step, const struct port_values *ports)
{
	int64_t count;

	if (!c->instructions && !state.verbose)
		return true;
	count = instructions_of(world, object, step, ports);
	if (state.verbose || (c->instructions && count > c->instructions))
		printf("      instructions   %lld, at most %u so far\n", (long long)count,
		       c->instructions);
	return !c->instructions || (count > 0 && count <= c->instructions);
}

static bool run_case(struct world *world, struct bpf_object *object, const struct cost_case *c)
{
	struct port_values ports = {0};
	uint64_t *calls = (uint64_t *)world->skel->bss->calls;
	bool good = true;

	world_reset(world);
	clear_places(world);
	c->setup(world);
	for (int i = 0; c->steps[i].program; i++) {
		if (!c->steps[i + 1].program)
			good = is_short(world, object, c, &c->steps[i], &ports);
		memset(calls, 0, sizeof(world->skel->bss->calls));
		if (!step_run(world, &c->steps[i], &ports))
			return false;
	}
	return within(calls, c->most) && good;
}

static void run_list(struct world *world, struct bpf_object *object, const struct cost_list *list)
{
	for (unsigned int i = 0; i < list->count; i++)
		report(list->cases[i].name, run_case(world, object, &list->cases[i]));
}

/* ------------------------------------------------------------------ instructions */

/* Instructions as clang emits them, plus 8 %; those that the kernel adds differ between kernels. */
struct ceiling {
	const char *program;
	size_t instructions;
};

/* The objects that are shipped. */
static const struct shipped {
	const char *file, *family;
	struct ceiling ceilings[10];
} shipped4 = {
	"parallax.bpf.o", "",
	{ { "px_from_pod", 17400 }, { "px_to_pod", 12280 }, { "px_uplink", 19700 },
	  { "px_xdp", 4870 }, { "px_uplink_l3", 19280 }, { "px_to_uplink", 1040 },
	  { "px_to_uplink_l3", 1050 }, { "px_inner", 13500 }, { "px_out", 840 } },
}, shipped6 = {
	"parallax6.bpf.o", " (IPv6)",
	{ { "px_from_pod", 23100 }, { "px_to_pod", 16050 }, { "px_uplink", 24990 },
	  { "px_xdp", 5750 }, { "px_uplink_l3", 24410 }, { "px_to_uplink", 1400 },
	  { "px_to_uplink_l3", 1420 }, { "px_inner", 17150 }, { "px_out", 910 } },
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

static bool run_stack(const struct bpf_program *program)
{
	unsigned int stack = stack_of(bpf_program__insns(program), bpf_program__insn_cnt(program));

	if (state.verbose || stack > STACK_MAX)
		printf("      %s: %u bytes of stack, of %u\n", bpf_program__name(program), stack,
		       STACK_MAX);
	return stack <= STACK_MAX;
}

/* ------------------------------------------------------------------ verifier */

/* Of 1,000,000 (BPF_COMPLEXITY_LIMIT_INSNS); kernels differ by a third. */
#define VERIFIED_MAX 750000

/* True if the verifier came to its end well before its limit. Before Linux 5.16 it does not tell. */
static bool run_verified(const struct bpf_program *program)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
		return false;
	if (state.verbose || info.verified_insns > VERIFIED_MAX)
		printf("      %s: %u instructions verified, at most %u\n",
		       bpf_program__name(program), info.verified_insns, VERIFIED_MAX);
	return info.verified_insns <= VERIFIED_MAX;
}

/* ------------------------------------------------------------------ keys */

static bool run_keys(const struct bpf_program *program)
{
	size_t count = bpf_program__insn_cnt(program);
	size_t at = key_from_argument(bpf_program__insns(program), count);

	if (at < count)
		printf("      %s: instruction %zu of the verifier's log takes an argument\n",
		       bpf_program__name(program), at);
	return at == count;
}

/* ------------------------------------------------------------------ the shipped programs */

static bool load_all(struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, true); /* those of a handover too */
	return !bpf_object__load(object);
}

/* A shipped object, over the maps of a world if there is one. It lies one directory above this program. */
static struct bpf_object *load_shipped(struct world *world, const struct shipped *shipped)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);
	struct bpf_object *object;

	if (n < 0 || conntrack_prepare())
		return NULL;
	path[n] = '\0';
	snprintf(strrchr(path, '/'), 32, "/../%s", shipped->file);
	object = bpf_object__open_file(path, NULL);
	if (object && (!world || !share_maps(world, object)) && load_all(object))
		return object;
	bpf_object__close(object);
	return NULL;
}

static void report_of(const char *what, const char *program, const struct shipped *shipped,
		      bool good)
{
	char name[80];

	snprintf(name, sizeof(name), "%s%s%s", what, program, shipped->family);
	report(name, good);
}

static void run_shipped(struct bpf_object *object, const struct shipped *shipped)
{
	const struct ceiling *ceiling = shipped->ceilings;
	struct bpf_program *program;

	report_of("the shipped programs load", "", shipped, object != NULL);
	if (!object)
		return;
	for (; ceiling->program; ceiling++)
		report_of("instructions of ", ceiling->program, shipped,
			  run_ceiling(object, ceiling));
	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);

		report_of("stack of ", name, shipped, run_stack(program));
		report_of("verifier's steps in ", name, shipped, run_verified(program));
		report_of("keys of maps in ", name, shipped, run_keys(program));
	}
}

static void run_programs(const struct shipped *shipped)
{
	struct bpf_object *object = load_shipped(NULL, shipped);

	run_shipped(object, shipped);
	bpf_object__close(object);
}

/* Packets through the programs built to count their calls, and through the shipped ones. */
static void run_all(void)
{
	struct bpf_object *object;
	struct world world;

	if (world_open(&world)) {
		report("the counting programs load", false);
		return;
	}
	object = load_shipped(&world, &shipped4);
	if (object) {
		run_list(&world, object, &cost_client);
		run_list(&world, object, &cost_gateway);
	}
	run_shipped(object, &shipped4);
	bpf_object__close(object);
	world_close(&world);
}

int main(int argc, char **argv)
{
	bool load = argc > 1 && !strcmp(argv[1], "-l");

	state.verbose = argc > 1 && !strcmp(argv[1], "-v");
	if (geteuid() != 0) {
		printf("SKIP cost: only root may load programs\n");
		return 0;
	}
	if (load)
		run_programs(&shipped4);
	else
		run_all();
	run_programs(&shipped6);
	printf("%u passed, %u failed\n", state.passed, state.failed);
	return state.failed || !state.passed;
}
