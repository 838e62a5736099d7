/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The node's own veth pair. Routes lead the node's packets for VIPs into the near end; at the far end,
 * in the same namespace, the programs see them as they see a pod's. */
#ifndef HOST_PAIR_H
#define HOST_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "parallax_addr.h"

#define HOST_PAIR_NEAR "parallax0"
#define HOST_PAIR_FAR "parallax1"

struct host_pair {
	uint32_t near_ifindex, far_ifindex; /* 0: there is none */
	uint32_t mtu;                       /* the smaller one */
	bool up;                            /* both ends */
};

/* Whether an interface of this name is an end of the pair, and whether the far one. Pure. */
bool host_pair_is_end(const char *name);
bool host_pair_is_far(const char *name);

/* Looks for the pair. Returns 0, also without one, or -errno. */
int host_pair_find(struct host_pair *ret);

/* Makes the pair, or repairs it: state, MTU. Returns 0 or -errno. */
int host_pair_make(uint32_t mtu, struct host_pair *ret);

/* The neighbour and the route of a HOST_CLIENT behind the far end. Returns 0 or -errno. */
int host_pair_join(const struct host_pair *pair, const struct ip_addr *client);

/* Deletes it, and with it the routes through it. Success if there is none. Returns 0 or -errno. */
int host_pair_remove(void);

#endif
