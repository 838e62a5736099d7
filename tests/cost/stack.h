/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How much stack the deepest chain of calls of a program takes. */
#ifndef COST_STACK_H
#define COST_STACK_H

#include <stddef.h>

struct bpf_insn;

/* Bytes of all frames of that chain, each rounded up to 32, as Linux 6.1 counts them and refuses
 * more than 512 (kernel/bpf/verifier.c:check_max_stack_depth()); newer kernels count less. `code`
 * is a program with its subprograms as libbpf loads it. */
unsigned int stack_of(const struct bpf_insn *code, size_t count);

#endif
