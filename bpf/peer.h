/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The outer address of a flow's other tunnel end. */
#ifndef PEER_H
#define PEER_H

#include "packet.h"

INLINE void peer_address(const struct flow *flow, struct ip_addr *ret)
{
	*ret = IP_V4(flow->peer);
}

/* Set the flow's peer. Returns 0 or -EINVAL. */
INLINE int peer_set(struct flow *flow, const struct ip_addr *ip)
{
	if (!ip_is_v4(ip))
		return -EINVAL;
	flow->peer = ip->word[3];
	return 0;
}

INLINE void peer_copy(struct flow *to, const struct flow *from)
{
	to->peer = from->peer;
	to->peer_port = from->peer_port;
}

/* True if the packet in the tunnel comes from the flow's peer. */
INLINE bool peer_sent(const struct flow *flow, const struct outer *outer)
{
	return outer->family == 4 && outer->saddr.word[3] == flow->peer;
}

/* Family of the flow's outer headers. */
INLINE __u8 peer_family(const struct flow *flow)
{
	return 4;
}

#endif
