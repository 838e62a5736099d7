/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs may ask the kernel's connection tracking. */
#include "conntrack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

/* From this number on, libbpf 1.2 and newer put calls of helpers that do not exist in the place of calls of
 * kernel functions that were not found. */
#define NO_HELPER 2000000000

static bool has_lookup(const struct btf *btf)
{
	return btf && btf__find_by_name_kind(btf, "bpf_skb_ct_lookup", BTF_KIND_FUNC) > 0 &&
	       btf__find_by_name_kind(btf, "bpf_ct_release", BTF_KIND_FUNC) > 0;
}

bool conntrack_can_be_asked(void)
{
	struct btf *kernel = btf__load_vmlinux_btf(), *module = NULL;
	bool found = has_lookup(kernel);

	if (kernel && !found) {
		module = btf__load_module_btf("nf_conntrack", kernel);
		found = has_lookup(module);
	}
	btf__free(module);
	btf__free(kernel);
	return found;
}

/* A call of a kernel function that libbpf did not find. */
static bool is_missing(const struct bpf_insn *insn)
{
	if (insn->code != (BPF_JMP | BPF_CALL))
		return false;
	return insn->src_reg == BPF_PSEUDO_KFUNC_CALL ? !insn->imm :
							!insn->src_reg && insn->imm >= NO_HELPER;
}

/* Such calls return 0 instead. */
static int leave_out(struct bpf_program *program, struct bpf_prog_load_opts *options, long cookie)
{
	const struct bpf_insn none = { .code = BPF_ALU64 | BPF_MOV | BPF_K };
	size_t count = bpf_program__insn_cnt(program);
	struct bpf_insn *insns = malloc(count * sizeof(*insns));
	int err;

	(void)options;
	(void)cookie;
	if (!insns)
		return -ENOMEM;
	memcpy(insns, bpf_program__insns(program), count * sizeof(*insns));
	for (size_t i = 0; i < count; i++)
		if (is_missing(&insns[i]))
			insns[i] = none;
	err = bpf_program__set_insns(program, insns, count);
	free(insns);
	return err;
}

int conntrack_prepare(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, options, .prog_prepare_load_fn = leave_out);
	static bool registered;
	int id;

	if (registered || conntrack_can_be_asked())
		return 0;
	id = libbpf_register_prog_handler("tc", BPF_PROG_TYPE_SCHED_CLS, 0, &options);
	registered = id > 0;
	return id < 0 ? id : 0;
}
