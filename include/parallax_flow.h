/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How the two entries of a flow find each other.
 *
 * A flow is a pair of entries, one per direction. The key of each is the tuple of the other after
 * rewriting with both ends swapped, so that either can find or re-create the other. */
#ifndef PARALLAX_FLOW_H
#define PARALLAX_FLOW_H

#include "parallax_hash.h"

INLINE int flow_is_forward(const struct flow_key *key)
{
	__u32 role = FLOW_ROLE(key->zone);

	return role == FLOW_CLIENT || role == FLOW_GATEWAY;
}

/* Zone of the other entry's key. */
INLINE __u32 flow_other_zone(const struct flow_key *key, const struct flow *flow)
{
	__u32 role = FLOW_ROLE(key->zone);

	/* Only FLOW_GATEWAY is keyed by network: two networks may use the same addresses. */
	return FLOW_ZONE(role == FLOW_GATEWAY_REPLY ? flow->network : 0, role ^ 1,
			  FLOW_IS_UDP(key->zone));
}

INLINE int flow_has_nat(const struct flow *flow)
{
	return flow->action != FLOW_ENCAP && flow->action != FLOW_DECAP;
}

INLINE void flow_other_key(const struct flow_key *key, const struct flow *flow,
			   struct flow_key *ret)
{
	int nat = flow_has_nat(flow);

	ret->saddr = nat ? flow->nat.daddr : key->daddr;
	ret->daddr = nat ? flow->nat.saddr : key->saddr;
	ret->sport = nat ? flow->nat.dport : key->dport;
	ret->dport = nat ? flow->nat.sport : key->sport;
	ret->zone = flow_other_zone(key, flow);
}

/* Row of `owners` that a flow is counted in, by its forward entry. */
INLINE __u32 flow_owner(const struct flow_key *key, const struct flow *flow)
{
	if (FLOW_ROLE(key->zone) == FLOW_GATEWAY)
		return owner_row(flow->network, flow->peer);
	return owner_row(0, flow->iface);
}

#endif
