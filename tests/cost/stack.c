/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How much stack the deepest chain of calls of a program takes. */
#include "stack.h"

#include <stdbool.h>

#include <linux/bpf.h>

struct code {
	const struct bpf_insn *insns;
	size_t count;
};

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

static bool begins_function(const struct code *code, size_t at)
{
	for (size_t i = 0; i < code->count; i++)
		if (is_call(&code->insns[i]) && i + 1 + (size_t)code->insns[i].imm == at)
			return true;
	return false;
}

static bool accesses_frame(const struct bpf_insn *insn)
{
	int class = BPF_CLASS(insn->code);

	return (class == BPF_LDX && insn->src_reg == BPF_REG_10) ||
	       ((class == BPF_ST || class == BPF_STX) && insn->dst_reg == BPF_REG_10);
}

/* How far below the frame pointer the instruction goes. `derived` has a bit for each register that
 * was made from it, and is kept up. */
static unsigned int below(const struct bpf_insn *insn, unsigned int *derived)
{
	int class = BPF_CLASS(insn->code);

	if (accesses_frame(insn))
		return insn->off < 0 ? (unsigned int)-insn->off : 0;
	if (class != BPF_ALU64)
		return 0;
	if (insn->code == (BPF_ALU64 | BPF_ADD | BPF_K) && *derived >> insn->dst_reg & 1)
		return insn->imm < 0 ? (unsigned int)-insn->imm : 0;
	*derived &= ~(1u << insn->dst_reg);
	if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && insn->src_reg == BPF_REG_10)
		*derived |= 1u << insn->dst_reg;
	return 0;
}

static unsigned int stack_from(const struct code *code, size_t start)
{
	unsigned int own = 1, deepest = 0, derived = 0, here;

	for (size_t i = start; i < code->count && (i == start || !begins_function(code, i)); i++) {
		const struct bpf_insn *insn = &code->insns[i];

		here = below(insn, &derived);
		own = here > own ? here : own;
		here = is_call(insn) ? stack_from(code, i + 1 + (size_t)insn->imm) : 0;
		deepest = here > deepest ? here : deepest;
	}
	return (own + 31) / 32 * 32 + deepest;
}

unsigned int stack_of(const struct bpf_insn *code, size_t count)
{
	return stack_from(&(struct code){ code, count }, 0);
}
