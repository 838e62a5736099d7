/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ledger + desired state → ordered changes, make before break. */
#ifndef PLAN_H
#define PLAN_H

#include <stdint.h>

#include "change.h"
#include "desired.h"
#include "ledger.h"

struct arena;

/* Plans the changes from the state in `ledger` to `desired`. After each prefix of the changes every
 * VIP:port has either the old or the new backends; an equal state gives no change. `now_ns` is
 * CLOCK_MONOTONIC and becomes captured_ns of new VIPs. *ret lives in `arena` and borrows from
 * `desired`. Where services, backends or slots do not suffice, the services that need most of them
 * stay as they are, or absent, and *ret_reason (in the arena) says so; else it is NULL.
 * Returns 0, -ENOSPC (with *ret_reason) or -ENOMEM. */
int plan_fit(const struct ledger *ledger, const struct desired *desired, uint64_t now_ns,
	     struct arena *arena, struct change_list *ret, const char **ret_reason);

#endif
