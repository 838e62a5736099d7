/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which programs an interface gets, attaching them, and its row in `ifaces`. */
#ifndef INTERFACE_HOOKS_H
#define INTERFACE_HOOKS_H

#include "interfaces.h"

/* The hook for an uplink of this ARPHRD type; -EPROTONOSUPPORT if its frames begin with neither an Ethernet
 * nor an IP header. Pure. */
int interface_uplink_hook(uint16_t type);

/* Whether to use XDP on an uplink: hardware whose driver passes metadata on. Pure. */
bool interface_suits_xdp(enum xdp_mode mode, const char *kind, const char *driver);

/* Whether packets that leave by a device of this kind are encrypted: WireGuard, and xfrm interfaces, which drop
 * what no state of IPsec covers. Policies of IPsec count for no other device: packets of programs pass them by.
 * Pure. */
bool interface_encrypts(const char *kind);

/* Whether its role has a program at this hook. */
bool interface_has_hook(const struct interface *item, enum link_hook hook);

/* Attaches what is missing of the programs for its role. `kind`: of the device, as "veth". *ret_changed is
 * set, never cleared. A failure is in item->problem. */
void interface_attach(struct interfaces *interfaces, struct interface *item, const char *kind,
		      bool *ret_changed);
/* Detaches all, and drops the row. */
void interface_detach(struct interfaces *interfaces, struct interface *item);

/* Writes its row, `born` for one that was just created. Returns 0 or -errno. */
int interface_write_row(const struct interfaces *interfaces, const struct interface *item,
			bool born);
/* Whether there is a row of its role and kind. */
bool interface_has_row(const struct interfaces *interfaces, const struct interface *item);
void interface_drop_row(const struct interfaces *interfaces, uint32_t ifindex);

#endif
