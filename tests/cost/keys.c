/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Follows the arguments of each subprogram through registers and stack. */
#include "keys.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <linux/bpf.h>

/* Bits of registers and of 8-byte slots of the stack that may hold an argument. */
struct held {
	uint32_t registers;
	uint64_t slots;
	bool reached;
};

static bool is_call(const struct bpf_insn *insn, int kind)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == kind;
}

static uint64_t slot_bit(const struct bpf_insn *insn)
{
	return insn->off < 0 ? 1ull << ((-insn->off - 1) / 8 & 63) : 0;
}

/* True if the instruction, which writes a register, writes an argument. */
static bool gives_argument(const struct bpf_insn *insn, const struct held *held)
{
	int class = BPF_CLASS(insn->code);

	if (insn->code == (BPF_LDX | BPF_MEM | BPF_DW))
		return insn->src_reg == BPF_REG_10 && held->slots & slot_bit(insn);
	if (class != BPF_ALU64)
		return false;
	if (BPF_OP(insn->code) != BPF_MOV)
		return held->registers >> insn->dst_reg & 1; /* a place near it */
	return BPF_SRC(insn->code) == BPF_X && held->registers >> insn->src_reg & 1;
}

static void follow(const struct bpf_insn *insn, struct held *held)
{
	int class = BPF_CLASS(insn->code);

	if (insn->code == (BPF_JMP | BPF_CALL)) {
		held->registers &= ~0x3fu; /* r0 to r5 */
	} else if (class == BPF_STX && insn->dst_reg == BPF_REG_10) {
		held->slots &= ~slot_bit(insn);
		if (held->registers >> insn->src_reg & 1)
			held->slots |= slot_bit(insn);
	} else if (class != BPF_ST && class != BPF_STX && class != BPF_JMP && class != BPF_JMP32) {
		bool given = gives_argument(insn, held);

		held->registers &= ~(1u << insn->dst_reg);
		held->registers |= (uint32_t)given << insn->dst_reg;
	}
}

/* Add what is held to instruction `to`. Returns whether that was news. */
static bool join(struct held *to, const struct held *held)
{
	struct held before = *to;

	to->registers |= held->registers;
	to->slots |= held->slots;
	to->reached = true;
	return !before.reached || before.registers != to->registers || before.slots != to->slots;
}

/* Bring what is held before instruction `i` to those that may come next. */
static bool pass(const struct bpf_insn *insn, struct held *all, size_t i)
{
	static const struct held arguments = { .registers = 0x3e }; /* r1 to r5 */
	bool jumps = (BPF_CLASS(insn->code) == BPF_JMP || BPF_CLASS(insn->code) == BPF_JMP32) &&
		     BPF_OP(insn->code) != BPF_CALL && BPF_OP(insn->code) != BPF_EXIT;
	struct held held = all[i];
	bool news = false;

	if (is_call(insn, BPF_PSEUDO_CALL))
		news |= join(&all[i + 1 + (size_t)insn->imm], &arguments);
	follow(insn, &held);
	if (jumps)
		news |= join(&all[i + 1 + (size_t)insn->off], &held);
	if (insn->code != (BPF_JMP | BPF_JA) && insn->code != (BPF_JMP | BPF_EXIT))
		news |= join(&all[i + 1 + (insn->code == (BPF_LD | BPF_IMM | BPF_DW))], &held);
	return news;
}

static bool takes_argument(const struct bpf_insn *insn, const struct held *held)
{
	bool key = held->registers >> BPF_REG_2 & 1, value = held->registers >> BPF_REG_3 & 1;

	if (!is_call(insn, 0))
		return false;
	return insn->imm == BPF_FUNC_map_update_elem ? key || value :
	       (insn->imm == BPF_FUNC_map_lookup_elem || insn->imm == BPF_FUNC_map_delete_elem) && key;
}

size_t key_from_argument(const struct bpf_insn *code, size_t count)
{
	struct held *all = calloc(count + 1, sizeof(*all));
	bool news = all;
	size_t at = 0;

	if (!all)
		return 0;
	all[0].reached = true;
	while (news) {
		news = false;
		for (size_t i = 0; i < count; i++)
			news |= all[i].reached && pass(&code[i], all, i);
	}
	while (at < count && !takes_argument(&code[at], &all[at]))
		at++;
	free(all);
	return at;
}
