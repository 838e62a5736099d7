/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The hooks of an interface, and the marks of our filters there. */
#ifndef LINK_HOOK_H
#define LINK_HOOK_H

#include <stdbool.h>

/* Of our filters on clsact. Other projects use 1, 50 and 66. */
#define LINK_TC_PRIORITY 0x5058
#define LINK_TC_HANDLE 0x5058
#define LINK_TC_HANDLE_OWN 0x5059 /* on a qdisc that we created */

/* The two of ..._L3 take the place of the others on a device without Ethernet headers. */
enum link_hook {
	LINK_FROM_POD,
	LINK_TO_POD,
	LINK_UPLINK,
	LINK_XDP,
	LINK_UPLINK_L3,
	LINK_TO_UPLINK,
	LINK_TO_UPLINK_L3,
};
#define LINK_HOOKS 7

/* "from_pod", "to_pod", "uplink", "xdp" ...: as in the names of pins. */
const char *link_hook_name(enum link_hook hook);

/* Whether the hook sees packets that leave the node's stack by the interface. */
bool link_hook_egress(enum link_hook hook);

#endif
