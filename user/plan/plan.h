/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ledger + desired state → ordered changes, make before break. */
#ifndef PLAN_H
#define PLAN_H

#include <stdint.h>

#include "change.h"
#include "desired.h"
#include "ledger.h"

struct arena;

/* Plan from what `ledger` says the kernel holds to `desired`. Each prefix of the changes leaves
 * for every VIP:port either the old or the new backends; an equal state gives no change. `now_ns`
 * is CLOCK_MONOTONIC and becomes the time at which new VIPs were taken. All of *ret lives in
 * `arena` and borrows from `desired`.
 * Returns 0; -ENOSPC with *ret_reason (in the arena) when there are more services, backends or
 * slots than there is room for; or -ENOMEM. */
int plan_build(const struct ledger *ledger, const struct desired *desired, uint64_t now_ns,
	       struct arena *arena, struct change_list *ret, const char **ret_reason);

/* As above with as much as there is room for: services that want most of what is short stay as they
 * are, or out. Returns 0, with *ret_reason when there are such, else NULL; or -ENOSPC or -ENOMEM. */
int plan_fit(const struct ledger *ledger, const struct desired *desired, uint64_t now_ns,
	     struct arena *arena, struct change_list *ret, const char **ret_reason);

#endif
