/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keys of maps that come from an argument of a subprogram. */
#ifndef COST_KEYS_H
#define COST_KEYS_H

#include <stddef.h>

struct bpf_insn;

/* The first call that gives a map helper an argument of a subprogram as its key or value; `count` if
 * there is none. Linux refuses it before 6.2 (kernel/bpf/verifier.c:map_key_value_types), newer kernels
 * do not. `code` is a program with its subprograms as libbpf loads it. */
size_t key_from_argument(const struct bpf_insn *code, size_t count);

#endif
