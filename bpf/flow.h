/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The flow table: look-ups, pairs, timeouts. */
#ifndef FLOW_H
#define FLOW_H

#include "count.h"
#include "parallax_flow.h"

INLINE struct flow *flow_confirm(struct flow *flow, const struct flow_key *key)
{
	return flow && flow->tag == flow_tag(key) ? flow : NULL;
}

INLINE struct flow *flow_find(const struct flow_key *key)
{
	return flow_confirm(bpf_map_lookup_elem(&flows, key), key);
}

INLINE struct flow *flow_find_embryonic(const struct flow_key *key)
{
	return flow_confirm(bpf_map_lookup_elem(&embryonic, key), key);
}

INLINE struct flow *flow_find_any(const struct flow_key *key)
{
	struct flow *flow = flow_find(key);

	return flow ? flow : flow_find_embryonic(key);
}

/* The same for a packet that opens no flow: its flow may be promoted between the two look-ups. */
INLINE struct flow *flow_find_again(const struct flow_key *key, struct packet *p)
{
	struct flow *flow = flow_find_any(key);

	return flow || is_udp(p) || is_syn(p) ? flow : flow_find(key);
}

INLINE __u8 flow_other_action(__u8 action)
{
	switch (action) {
	case FLOW_ENCAP:
		return FLOW_DECAP;
	case FLOW_DECAP:
		return FLOW_ENCAP;
	case FLOW_DECAP_NAT:
		return FLOW_NAT_ENCAP;
	case FLOW_NAT_ENCAP:
		return FLOW_DECAP_NAT;
	}
	return FLOW_NAT;
}

/* Begin the forward entry of the flow that `p` opens; the caller sets action, nat, peer and iface. */
INLINE void flow_init(struct flow *flow, struct packet *p, __u16 service, __u32 backend,
		      __u16 generation)
{
	__builtin_memset(flow, 0, sizeof(*flow));
	flow->tag = flow_tag(&p->key);
	flow->seen = now_ticks();
	flow->opened = flow->seen;
	flow->service = service;
	flow->backend = backend;
	flow->generation = generation;
	flow->bytes = p->length;
	flow->packets = 1;
	flow->seq = is_udp(p) ? 0 : tcp_end(p);
}

/* Make the pair's other entry and its key from this one. */
INLINE void flow_other(const struct flow_key *key, const struct flow *flow,
		       struct flow_key *ret_key, struct flow *ret)
{
	flow_other_key(key, flow, ret_key);
	*ret = *flow;
	ret->tag = flow_tag(ret_key);
	ret->action = flow_other_action(flow->action);
	ret->bytes = ret->packets = 0;
	ret->iface = ret->seq = ret->ack = 0;
	if (flow_has_nat(flow)) {
		ret->nat.saddr = key->daddr;
		ret->nat.daddr = key->saddr;
		ret->nat.sport = key->dport;
		ret->nat.dport = key->sport;
	}
}

/* Signed, because another CPU may have seen a packet after this one read the clock. */
INLINE bool flow_expired(const struct flow_key *key, const struct flow *flow)
{
	return (__s32)(now_ticks() - flow->seen) > (__s32)(flow_timeout(key, flow) * settings.hz);
}

INLINE bool flow_key_equal(const struct flow_key *a, const struct flow_key *b)
{
	return addr_equal(&a->saddr, &b->saddr) && addr_equal(&a->daddr, &b->daddr) &&
	       a->sport == b->sport && a->dport == b->dport && a->zone == b->zone;
}

/* True if `holder`, the entry of *other_key, is paired with the entry of *key. */
INLINE bool flow_is_pair(const struct flow_key *key, const struct flow_key *other_key,
			 const struct flow *holder)
{
	struct flow_key back;

	flow_other_key(other_key, holder, &back);
	return flow_key_equal(&back, key);
}

/* The same on a stack of its own. */
SUBPROGRAM bool is_pair_of(const struct flow_key *key, const struct flow_key *other_key,
			   const struct flow *holder)
{
	REQUIRE(key && other_key && holder, false);
	return flow_is_pair(key, other_key, holder);
}

#endif
