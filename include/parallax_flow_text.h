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

/* True for a flow that counts for the gateway by which it goes. */
INLINE int NAME(usage_has_gateway)(const struct NAME(flow_key) *key, const struct NAME(flow) *flow)
{
	return flow_is_at_door(key->zone) || !NAME(flow_has_nat)(flow);
}

/* Row of `peers` of the gateway by which the flow goes now; of no gateway, or of one whose IPv4 address is
 * in the flow, a row that does not exist. */
INLINE __u32 NAME(usage_gateway)(const struct NAME(flow_key) *key, const struct NAME(flow) *flow)
{
	if (flow_is_at_door(key->zone))
		return flow->generation;
	return !NAME(flow_has_nat)(flow) && flow->flags & FLOW_PEER6 ? flow->peer : MAX_PEERS;
}

INLINE void NAME(usage_key_backend)(struct usage_key *ret, const struct NAME(flow_key) *key,
			      const struct NAME(flow) *flow, const struct backend *backend,
			      const struct settings *settings)
{
	ret->gateway = flow_is_foreign(key->zone);
	ret->service_id = backend->service_id;
	ret->from = ret->gateway ? flow->network : settings->network;
	ret->to = backend->network;
	ret->kind = backend->kind;
	if (settings->flags & SETTING_USAGE_PODS || backend->kind != BACKEND_LOCAL)
		ret->backend = backend->addr;
}

INLINE void NAME(usage_key_door)(struct usage_key *ret, const struct NAME(flow) *flow,
			   const struct peer *served, const struct peer *gateway,
			   const struct settings *settings)
{
	ret->gateway = 1;
	ret->service_id = served_service(&served->addr);
	ret->from = flow->network;
	ret->to = settings->network;
	ret->kind = BACKEND_GENEVE;
	ret->backend = gateway->addr;
}

/* A client's flow into a tunnel says all itself: it outlives its backend's row when it moves on. */
INLINE void NAME(usage_key_tunnel)(struct usage_key *ret, const struct NAME(flow) *flow,
			     const struct peer *gateway, const struct settings *settings)
{
	ret->service_id = (__u64)flow->service_id[1] << 32 | flow->service_id[0];
	ret->from = settings->network;
	ret->to = flow->network;
	ret->kind = BACKEND_GENEVE;
	ret->backend = gateway ? gateway->addr : IP_V4(flow->peer);
}

/* Fill the key of a flow by either entry. `backend`, `served`: the rows of `backends` and `peers` that its
 * `backend` names, `gateway`: that of usage_gateway(). The key of zeros, which counts all that has no other,
 * if the row went to another backend meanwhile. */
INLINE void NAME(usage_key_fill)(struct usage_key *ret, const struct NAME(flow_key) *key,
			   const struct NAME(flow) *flow, const struct backend *backend,
			   const struct peer *served, const struct peer *gateway,
			   const struct settings *settings)
{
	__builtin_memset(ret, 0, sizeof(*ret));
	if (flow_is_at_door(key->zone) && served && gateway)
		NAME(usage_key_door)(ret, flow, served, gateway, settings);
	else if (!NAME(flow_has_nat)(flow))
		NAME(usage_key_tunnel)(ret, flow, gateway, settings);
	else if (backend && backend->generation == flow->generation)
		NAME(usage_key_backend)(ret, key, flow, backend, settings);
	if (settings->flags & SETTING_USAGE_PODS && ret->service_id && !ret->gateway)
		ret->client = NAME(addr_ip)(NAME(usage_client)(key, flow));
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
INLINE int NAME(usage_counts)(const struct NAME(flow_key) *key, const struct NAME(flow) *flow)
{
	return flow->state != FLOW_OPENING &&
	       (flow->service != FLOW_NO_SERVICE || flow_is_at_door(key->zone));
}
