/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's clocks: CLOCK_MONOTONIC, and jiffies as the programs see them. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

#include "monotonic.h"

/* Runs `now_fd` (px_now) once. Returns 0 or -errno. */
int clock_jiffies(int now_fd, uint32_t *ret);

/* Measures jiffies per second, in a tenth of a second. Returns 0 or -errno. */
int clock_measure_hz(int now_fd, uint32_t *ret_hz);

/* The rate (100, 250, 300 or 1000) nearest to `ticks` in `ns`. Pure. */
uint32_t clock_round_hz(uint32_t ticks, uint64_t ns);

#endif
