/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which counter of `usage` a flow belongs to: for the programs, which add flows that end, and for the agent,
 * which adds those that its sweep deletes, and counts those that live. */
#ifndef PARALLAX_USAGE_H
#define PARALLAX_USAGE_H

#include "parallax_flow.h"

/* Address of the client, by either entry. */
INLINE __be32 usage_client(const struct flow_key *key, const struct flow *flow)
{
	if (flow_is_forward(key))
		return key->saddr;
	return flow_has_nat(flow) ? flow->nat.daddr : key->daddr;
}

/* Fill the key of a flow by either entry. `backend`: the row that the flow names. Returns 0 with a key of
 * zeros, which counts all that has no other, if the row went to another backend meanwhile. */
INLINE int usage_key_fill(struct usage_key *ret, const struct flow_key *key,
			  const struct flow *flow, const struct backend *backend,
			  const struct settings *settings)
{
	__u32 role = FLOW_ROLE(key->zone);
	int gateway = role == FLOW_GATEWAY || role == FLOW_GATEWAY_REPLY;
	int pods = !!(settings->flags & SETTING_USAGE_PODS);

	__builtin_memset(ret, 0, sizeof(*ret));
	if (!backend || backend->generation != flow->generation)
		return 0;
	ret->service_id = backend->service_id;
	ret->from = gateway ? flow->network : settings->network;
	ret->to = backend->network;
	ret->kind = backend->kind;
	ret->gateway = gateway;
	if (pods || backend->kind != BACKEND_LOCAL)
		ret->backend = backend->addr;
	if (pods && !gateway)
		ret->client = IP_V4(usage_client(key, flow));
	return 1;
}

INLINE void usage_add(struct usage *to, const struct usage *more)
{
	to->flows += more->flows;
	to->sent += more->sent;
	to->received += more->received;
	to->sent_packets += more->sent_packets;
	to->received_packets += more->received_packets;
}

/* Add one entry of a flow: the forward entry counts the flow. */
INLINE void usage_add_entry(struct usage *to, const struct flow_key *key, const struct flow *flow)
{
	int forward = flow_is_forward(key);

	to->flows += forward;
	*(forward ? &to->sent : &to->received) += flow->bytes;
	*(forward ? &to->sent_packets : &to->received_packets) += flow->packets;
}

/* True for a flow that counts: it was answered, and is one to a service. */
INLINE int usage_counts(const struct flow *flow)
{
	return flow->state != FLOW_OPENING && flow->service != FLOW_NO_SERVICE;
}

#endif
