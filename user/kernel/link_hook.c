/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of the hooks of an interface. */
#include "link_hook.h"

const char *link_hook_name(enum link_hook hook)
{
	static const char *const names[LINK_HOOKS] = { "from_pod",    "to_pod",    "uplink",
						       "xdp",         "uplink_l3", "to_uplink",
						       "to_uplink_l3" };

	return names[hook];
}

bool link_hook_egress(enum link_hook hook)
{
	return hook == LINK_TO_POD || hook == LINK_TO_UPLINK || hook == LINK_TO_UPLINK_L3;
}
