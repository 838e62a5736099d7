/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Deletes flows that have been idle for too long. */
#ifndef SWEEP_H
#define SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "parallax_abi.h"

/* Whether nothing was seen of this half for as long as its state allows. `now` and `flow->seen` are
 * the low 32 bits of jiffies. Pure. */
bool sweep_expired(const struct flow_key *key, const struct flow *flow, uint32_t now, uint32_t hz);

/* Walks a map of flows and deletes expired halves; the packet path does the same where it needs
 * room, so that nothing depends on it. Returns 0 with *ret_left, how many stay, or -errno. */
int sweep_flows(int fd, uint32_t now, uint32_t hz, uint32_t *ret_left);

#endif
