/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of reasons and hooks (parallax_reasons.h) is complete: all rows together count no pair that it
 * lacks, and every pair that it has, but for those that no row can reach. */
#include "pairs.h"

#include <stdio.h>

#include "reason_names.h"

/* Pairs that the code counts, and why no row does. */
static const struct {
	enum reason reason;
	enum hook hook;
	const char *why;
} excuses[] = {
	{ REASON_NO_ROOM, HOOK_TO_POD,
	  "only without memory, or for a packet that the kernel cannot write" },
	{ REASON_NO_ROOM, HOOK_UPLINK,
	  "only without memory, or for a packet that the kernel cannot write" },
	{ REASON_NO_ROOM, HOOK_XDP, "only for a driver that leaves no room before the frame" },
};

static bool seen[HOOK_COUNT * REASON_COUNT];

static bool is_excused(enum reason reason, enum hook hook)
{
	for (size_t i = 0; i < sizeof(excuses) / sizeof(*excuses); i++)
		if (excuses[i].reason == reason && excuses[i].hook == hook)
			return true;
	return false;
}

static bool pair_is_right(enum reason reason, enum hook hook, bool counted)
{
	bool listed = reason_occurs(reason, hook), excused = is_excused(reason, hook);
	const char *fault = counted && !listed ?
				    "was counted, but parallax_reasons.h says it cannot be" :
			    counted && excused ?
				    "was counted, but stands among those that cannot be" :
			    !listed && excused ? "is excused, but not in parallax_reasons.h" :
			    listed && !counted && !excused ? "can occur, but no row counts it" :
							     NULL;
	char name[REASON_NAME_MAX];

	if (fault)
		printf("      %s at %s %s\n", reason_name(reason, name), hook_names[hook], fault);
	return !fault;
}

void pairs_note(struct world *world)
{
	struct counts counts;

	world_counts(world, &counts);
	for (int i = 0; i < HOOK_COUNT * REASON_COUNT; i++)
		seen[i] |= counts.packets[i] != 0;
}

bool pairs_check(void)
{
	bool good = true;

	for (int hook = 0; hook < HOOK_COUNT; hook++)
		for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++)
			good &= pair_is_right((enum reason)reason, (enum hook)hook,
					      seen[COUNTER(hook, reason)]);
	return good;
}
