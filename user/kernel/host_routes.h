/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The routes that lead the node's own packets into its pair. They lie in a table of their own, which
 * a rule consults for locally sent packets alone: forwarded ones never turn back into the pair. */
#ifndef HOST_ROUTES_H
#define HOST_ROUTES_H

#include <stddef.h>
#include <stdint.h>

#include "parallax_addr.h"

#define HOST_ROUTE_TABLE 20568
#define HOST_RULE_PRIORITY 88 /* after `local`, before the tables of policies */

/* The routes that there should be in the table of one family. */
struct host_routes {
	uint8_t family; /* AF_INET or AF_INET6 */
	uint32_t near_ifindex;
	const struct ip_addr
		*source; /* the address that the node sends from; none: the kernel's choice */
	const struct ip_addr *vips; /* of either family, sorted by ledger_compare_addresses() */
	size_t count;
};

/* Routes a HOST_CLIENT to the far end, in the main table. Returns 0 or -errno. */
int host_routes_client(uint32_t far_ifindex, const struct ip_addr *client);

/* Adds the rule of AF_INET or AF_INET6 unless it is there. Returns 0 or -errno. */
int host_routes_rule(uint8_t family);

/* Brings the table to them: adds and removes routes. Returns 0 or -errno. */
int host_routes_sync(const struct host_routes *wanted);

/* Removes the rules; the routes go with the pair. Success if there is none. Returns 0 or -errno. */
int host_routes_remove(void);

#endif
