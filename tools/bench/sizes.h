/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The world of the packet tables with the sizes of production; see tests/bpf/world.h. */
#ifndef BENCH_SIZES_H
#define BENCH_SIZES_H

#define WORLD_SERVICES 16384
#define WORLD_BACKENDS 131072
#define WORLD_BUCKETS (1 << 21)
#define WORLD_FLOWS bench_flow_limit
#define WORLD_EMBRYONIC 32768

extern unsigned int bench_flow_limit;

#endif
