/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The routes that lead the node's own packets into its pair. They lie in a table of their own, which
 * a rule consults for locally sent packets alone: forwarded ones never turn back into the pair. */
#ifndef HOST_ROUTES_H
#define HOST_ROUTES_H

#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#define HOST_ROUTE_TABLE 20568
#define HOST_RULE_PRIORITY 88 /* after `local`, before the tables of policies */

/* Routes HOST_CLIENT to the far end, in the main table. Returns 0 or -errno. */
int host_routes_client(uint32_t far_ifindex);

/* Adds the rule unless it is there. Returns 0 or -errno. */
int host_routes_rule(void);

/* Brings the table to these destinations, sorted by
 * ledger_compare_addresses(): adds and removes routes. `source`: the
 * address that the node sends from; 0: the kernel's choice. Returns 0 or -errno. */
int host_routes_sync(uint32_t near_ifindex, __be32 source, const __be32 *vips, size_t count);

/* Removes the rule; the routes go with the pair. Success if there is none. Returns 0 or -errno. */
int host_routes_remove(void);

#endif
