/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How the two entries of a flow find each other, when a flow expires, and who it is counted for: see
 * parallax_families.h. */

INLINE int NAME(flow_is_forward)(const struct NAME(flow_key) *key)
{
	__u32 role = FLOW_ROLE(key->zone);

	return !(role & 1);
}

/* Zone of the other entry's key. */
INLINE __u32 NAME(flow_other_zone)(const struct NAME(flow_key) *key, const struct NAME(flow) *flow)
{
	__u32 role = FLOW_ROLE(key->zone);

	/* Only clients of other networks are told apart by network: two may use the same addresses. */
	return FLOW_ZONE(role == FLOW_GATEWAY_REPLY || role == FLOW_DOOR_REPLY ? flow->network : 0,
			 role ^ 1, FLOW_IS_UDP(key->zone));
}

INLINE int NAME(flow_has_nat)(const struct NAME(flow) *flow)
{
	return flow->action != FLOW_ENCAP && flow->action != FLOW_DECAP;
}

INLINE void NAME(flow_other_key)(const struct NAME(flow_key) *key, const struct NAME(flow) *flow,
			   struct NAME(flow_key) *ret)
{
	int nat = NAME(flow_has_nat)(flow);

	ret->saddr = nat ? flow->nat.daddr : key->daddr;
	ret->daddr = nat ? flow->nat.saddr : key->saddr;
	ret->sport = nat ? flow->nat.dport : key->dport;
	ret->dport = nat ? flow->nat.sport : key->sport;
	ret->zone = NAME(flow_other_zone)(key, flow);
}

/* Row of `owners` that a flow is counted in, by its forward entry. */
INLINE __u32 NAME(flow_owner)(const struct NAME(flow_key) *key, const struct NAME(flow) *flow)
{
	if (flow_is_foreign(key->zone))
		return owner_row(flow->network, flow->peer);
	return owner_row(0, flow->iface);
}

/* ------------------------------------------------------------------ timeouts */

/* Seconds without a packet after which the flow may be reclaimed. */
INLINE __u32 NAME(flow_timeout)(const struct NAME(flow_key) *key, const struct NAME(flow) *flow)
{
	int gateway = flow_is_foreign(key->zone);

	/* Who sends the first FIN keeps the tuple in TIME-WAIT (RFC 9293 section 3.6.1). If that is the
	 * client, or a RST ended the connection, the backend has forgotten it. */
	if (flow->state == FLOW_CLOSING)
		return gateway && flow->flags & FLOW_TIME_WAIT ? TIMEOUT_TIME_WAIT :
								 TIMEOUT_CLOSING;
	if (flow->state == FLOW_OPENING)
		return TIMEOUT_OPENING;
	return FLOW_IS_UDP(key->zone) ? TIMEOUT_UDP : TIMEOUT_ESTABLISHED;
}

/* ------------------------------------------------------------------ usage */

/* Address of the client, by either entry. */
INLINE const ADDR *NAME(usage_client)(const struct NAME(flow_key) *key, const struct NAME(flow) *flow)
{
	if (NAME(flow_is_forward)(key))
		return &key->saddr;
	return NAME(flow_has_nat)(flow) ? &flow->nat.daddr : &key->daddr;
}

/* Fill the key of a flow by either entry. `backend`: the row that the flow names. Returns 0 with a key of
 * zeros, which counts all that has no other, if the row went to another backend meanwhile. */
INLINE int NAME(usage_key_fill)(struct usage_key *ret, const struct NAME(flow_key) *key,
			  const struct NAME(flow) *flow, const struct backend *backend,
			  const struct settings *settings)
{
	int gateway = flow_is_foreign(key->zone);
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
		ret->client = NAME(addr_ip)(NAME(usage_client)(key, flow));
	return 1;
}

/* Add one entry of a flow: the forward entry counts the flow. */
INLINE void NAME(usage_add_entry)(struct usage *to, const struct NAME(flow_key) *key,
				  const struct NAME(flow) *flow)
{
	int forward = NAME(flow_is_forward)(key);

	to->flows += forward;
	*(forward ? &to->sent : &to->received) += flow->bytes;
	*(forward ? &to->sent_packets : &to->received_packets) += flow->packets;
}

/* True for a flow that counts: it was answered, and is one to a service. */
INLINE int NAME(usage_counts)(const struct NAME(flow) *flow)
{
	return flow->state != FLOW_OPENING && flow->service != FLOW_NO_SERVICE;
}
