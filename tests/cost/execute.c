/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The instruction set of BPF (RFC 9669), as far as clang uses it. */
#include "execute.h"

#include <string.h>

#define FRAMES_MAX 8
#define STEPS_MAX 100000

struct call_frame {
	uint64_t saved[5]; /* r6 to r10 of the caller */
	size_t back;
};

struct cpu_state {
	uint64_t r[11];
	size_t at;
	uint32_t depth;
	struct call_frame frames[FRAMES_MAX];
	uint8_t stack[FRAMES_MAX + 1][512];
};

static uint64_t alu(uint8_t op, uint64_t a, uint64_t b, int bits)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return b ? a / b : 0;
	case BPF_OR:
		return a | b;
	case BPF_AND:
		return a & b;
	case BPF_LSH:
		return a << (b & (bits - 1));
	case BPF_RSH:
		return a >> (b & (bits - 1));
	case BPF_NEG:
		return -a;
	case BPF_MOD:
		return b ? a % b : a;
	case BPF_XOR:
		return a ^ b;
	case BPF_ARSH:
		return bits == 64 ? (uint64_t)((int64_t)a >> (b & 63)) :
				    (uint64_t)((int32_t)a >> (b & 31));
	default:
		return b; /* BPF_MOV */
	}
}

static uint64_t swapped(uint64_t value, int bits)
{
	return bits == 16 ? __builtin_bswap16(value) :
	       bits == 32 ? __builtin_bswap32(value) :
			    __builtin_bswap64(value);
}

static void run_alu(struct cpu_state *cpu, const struct bpf_insn *insn)
{
	int wide = BPF_CLASS(insn->code) == BPF_ALU64;
	uint64_t a = cpu->r[insn->dst_reg];
	uint64_t b = BPF_SRC(insn->code) == BPF_X ? cpu->r[insn->src_reg] : (uint64_t)insn->imm;

	if (BPF_OP(insn->code) == BPF_END) {
		uint64_t mask = insn->imm == 64 ? ~0ull : (1ull << insn->imm) - 1;

		cpu->r[insn->dst_reg] = BPF_SRC(insn->code) == BPF_TO_BE ? swapped(a, insn->imm) :
									   a & mask;
		return;
	}
	a = alu(BPF_OP(insn->code), wide ? a : (uint32_t)a, wide ? b : (uint32_t)b, wide ? 64 : 32);
	cpu->r[insn->dst_reg] = wide ? a : (uint32_t)a;
}

static int holds(uint8_t op, uint64_t a, uint64_t b)
{
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JSET:
		return !!(a & b);
	case BPF_JNE:
		return a != b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return (int64_t)a > (int64_t)b;
	case BPF_JSGE:
		return (int64_t)a >= (int64_t)b;
	case BPF_JSLT:
		return (int64_t)a < (int64_t)b;
	case BPF_JSLE:
		return (int64_t)a <= (int64_t)b;
	default:
		return 1; /* BPF_JA */
	}
}

/* A 32-bit operand as the comparison takes it. */
static uint64_t narrow(uint8_t op, uint64_t value)
{
	int is_signed = op == BPF_JSGT || op == BPF_JSGE || op == BPF_JSLT || op == BPF_JSLE;

	return is_signed ? (uint64_t)(int64_t)(int32_t)value : (uint32_t)value;
}

static void run_jump(struct cpu_state *cpu, const struct bpf_insn *insn)
{
	uint8_t op = BPF_OP(insn->code);
	uint64_t a = cpu->r[insn->dst_reg];
	uint64_t b = BPF_SRC(insn->code) == BPF_X ? cpu->r[insn->src_reg] : (uint64_t)insn->imm;

	if (BPF_CLASS(insn->code) == BPF_JMP32) {
		a = narrow(op, a);
		b = narrow(op, b);
	}
	if (holds(op, a, b))
		cpu->at += insn->off;
}

static size_t bytes_of(uint8_t code)
{
	return BPF_SIZE(code) == BPF_B ? 1 :
	       BPF_SIZE(code) == BPF_H ? 2 :
	       BPF_SIZE(code) == BPF_W ? 4 :
					 8;
}

/* One CPU alone runs: an atomic access is a plain one. */
static void run_atomic(struct cpu_state *cpu, const struct bpf_insn *insn)
{
	void *to = (void *)(cpu->r[insn->dst_reg] + insn->off);
	size_t bytes = bytes_of(insn->code);
	uint64_t held = 0, value = cpu->r[insn->src_reg];

	memcpy(&held, to, bytes);
	if (insn->imm == BPF_CMPXCHG) {
		if (held == cpu->r[0])
			memcpy(to, &value, bytes);
		cpu->r[0] = held;
		return;
	}
	value = insn->imm == BPF_XCHG ? value : alu(insn->imm & 0xf0, held, value, 64);
	memcpy(to, &value, bytes);
	if (insn->imm & BPF_FETCH)
		cpu->r[insn->src_reg] = held;
}

static void run_memory(struct cpu_state *cpu, const struct bpf_insn *insn)
{
	int loads = BPF_CLASS(insn->code) == BPF_LDX;
	uint64_t base = cpu->r[loads ? insn->src_reg : insn->dst_reg], value = 0;
	void *at = (void *)(base + insn->off);

	if (loads) {
		memcpy(&value, at, bytes_of(insn->code));
		cpu->r[insn->dst_reg] = value;
		return;
	}
	if (BPF_CLASS(insn->code) == BPF_STX && BPF_MODE(insn->code) == BPF_ATOMIC) {
		run_atomic(cpu, insn);
		return;
	}
	value = BPF_CLASS(insn->code) == BPF_ST ? (uint64_t)insn->imm : cpu->r[insn->src_reg];
	memcpy(at, &value, bytes_of(insn->code));
}

/* A constant, a map, or a variable: the element of a map of one. */
static void run_constant(struct machine *m, struct cpu_state *cpu, const struct bpf_insn *insn)
{
	uint32_t zero = 0;
	uint8_t *value;

	cpu->at++;
	cpu->r[insn->dst_reg] = (uint32_t)insn[0].imm | (uint64_t)insn[1].imm << 32;
	if (insn->src_reg != BPF_PSEUDO_MAP_VALUE)
		return;
	value = element_of(m, insn[0].imm, &zero);
	if (!value)
		m->failed = "a variable cannot be read";
	cpu->r[insn->dst_reg] = (uint64_t)(value + insn[1].imm);
}

static void call_subprogram(struct machine *m, struct cpu_state *cpu, const struct bpf_insn *insn)
{
	struct call_frame *frame = &cpu->frames[cpu->depth];

	if (cpu->depth == FRAMES_MAX) {
		m->failed = "calls are too deep";
		return;
	}
	memcpy(frame->saved, &cpu->r[6], sizeof(frame->saved));
	frame->back = cpu->at;
	cpu->at += insn->imm;
	cpu->depth++;
	cpu->r[10] = (uint64_t)(cpu->stack[cpu->depth] + 512);
}

/* Returns 1 at the end of the program. */
static int leave(struct cpu_state *cpu)
{
	if (!cpu->depth)
		return 1;
	cpu->depth--;
	memcpy(&cpu->r[6], cpu->frames[cpu->depth].saved, sizeof(cpu->frames->saved));
	cpu->at = cpu->frames[cpu->depth].back;
	return 0;
}

static int run_control(struct machine *m, struct cpu_state *cpu, const struct bpf_insn *insn)
{
	if (BPF_OP(insn->code) == BPF_EXIT)
		return leave(cpu);
	if (BPF_OP(insn->code) != BPF_CALL)
		run_jump(cpu, insn);
	else if (insn->src_reg == BPF_PSEUDO_CALL)
		call_subprogram(m, cpu, insn);
	else if (insn->src_reg)
		cpu->r[0] = 0; /* of the kernel: bpf_skb_ct_lookup() alone, which finds nothing */
	else
		cpu->r[0] = execute_helper(m, insn->imm, &cpu->r[1]);
	return 0;
}

/* Returns 1 at the end of the program. */
static int run_one(struct machine *m, struct cpu_state *cpu)
{
	const struct bpf_insn *insn = &m->code[cpu->at];

	if (m->trace)
		m->trace(cpu->at);
	m->executed++;
	cpu->at++;
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		run_alu(cpu, insn);
		return 0;
	case BPF_JMP:
	case BPF_JMP32:
		return run_control(m, cpu, insn);
	case BPF_LD:
		run_constant(m, cpu, insn);
		return 0;
	default:
		run_memory(cpu, insn);
		return 0;
	}
}

int execute(struct machine *m)
{
	struct cpu_state cpu;

	memset(&cpu, 0, sizeof(cpu));
	cpu.r[1] = (uint64_t)m->packet;
	cpu.r[10] = (uint64_t)(cpu.stack[0] + 512);
	m->executed = 0;
	while (!m->failed && !run_one(m, &cpu))
		if (m->executed == STEPS_MAX)
			m->failed = "it does not end";
	return (int)cpu.r[0];
}
