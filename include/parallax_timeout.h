/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* When a flow expires: for the programs, which reclaim as the table fills, and for the agent's
 * sweep. */
#ifndef PARALLAX_TIMEOUT_H
#define PARALLAX_TIMEOUT_H

#include "parallax_abi.h"
#include "parallax_limits.h"

/* Seconds without a packet after which the flow may be reclaimed. */
INLINE __u32 flow_timeout(const struct flow_key *key, const struct flow *flow)
{
	__u32 role = FLOW_ROLE(key->zone);
	int gateway = role == FLOW_GATEWAY || role == FLOW_GATEWAY_REPLY;

	/* Who sends the first FIN keeps the tuple in TIME-WAIT (RFC 9293 section 3.6.1). If that is the
	 * client, or a RST ended the connection, the backend has forgotten it. */
	if (flow->state == FLOW_CLOSING)
		return gateway && flow->flags & FLOW_TIME_WAIT ? TIMEOUT_TIME_WAIT :
								 TIMEOUT_CLOSING;
	if (flow->state == FLOW_OPENING)
		return TIMEOUT_OPENING;
	return FLOW_IS_UDP(key->zone) ? TIMEOUT_UDP : TIMEOUT_ESTABLISHED;
}

#endif
