/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which gateways take new flows. The agent probes them; beside it, packets tell: routers that cannot reach
 * one, refusals out of its tunnel, SYNs that nobody answers. */
#ifndef HEALTH_H
#define HEALTH_H

#include "flow.h"

MAP(health, ARRAY, BPF_F_MMAPABLE, __u32, struct gateway_health, HEALTH_ROWS);

#define AVOIDED_ROWS 1024 /* power of two */

/* A backend that takes no new flows for a while: a gateway, for one service. */
struct avoided {
	__u32 backend; /* row of `backends` */
	__u32 since;   /* jiffies, low 32 bits */
};

MAP(avoided, ARRAY, 0, __u32, struct avoided, AVOIDED_ROWS);

INLINE struct gateway_health *health_row(__u32 row)
{
	return bpf_map_lookup_elem(&health, &row);
}

/* The row of a gateway, or 0. */
SUBPROGRAM __u32 health_find(const struct ip_addr *addr, __be16 port)
{
	REQUIRE(addr, 0);
	__u32 hash = health_hash(addr, port);

	for (__u32 i = 0; i < HEALTH_TRIES; i++) {
		__u32 row = health_place(hash, i);
		struct gateway_health *gateway = health_row(row);

		if (gateway && gateway->port == port && ip_equal(&gateway->addr, addr))
			return row;
	}
	return 0;
}

/* The place of a probe that names this row and number. */
INLINE struct health_probe *health_probe(struct gateway_health *gateway, __u32 named,
					 __u32 sequence)
{
	return &gateway->probes[named & HEALTH_ROW_SIZED ? HEALTH_SIZED :
							  sequence & (HEALTH_PROBES - 1)];
}

/* True as long as no gateway is down or avoided. */
INLINE bool health_is_well(void)
{
	struct gateway_health *own = health_row(0);

	return likely(own && !own->state);
}

/* A moment is made odd to differ from 0: it may lie a tick ahead. */
INLINE bool avoids(__u32 since)
{
	return since && now_ticks() + 1 - since < HEALTH_AVOID_SECONDS * settings.hz;
}

/* The health of a gateway; or NULL if it is not probed. */
INLINE struct gateway_health *health_of(const struct ip_addr *addr, __be16 port)
{
	__u32 row = health_find(addr, port);

	return row ? health_row(row) : NULL;
}

INLINE bool health_lives(const struct gateway_health *gateway)
{
	return !gateway || (gateway->state != GATEWAY_DOWN && !avoids(gateway->avoided));
}

/* True if flows may go to the gateway at this outer address and port. */
INLINE bool gateway_lives(const struct ip_addr *addr, __be16 port)
{
	return health_is_well() || health_lives(health_of(addr, port));
}

/* True if a flow of another gateway may move to this one: it has answered and keeps none of its own, or it is
 * one too many to be probed. */
INLINE bool gateway_takes_over(const struct ip_addr *addr, __be16 port)
{
	struct gateway_health *gateway = health_of(addr, port);

	if (gateway && (gateway->flags & (PROBE_ANSWER | PROBE_KEEPS)) != PROBE_ANSWER)
		return false;
	return health_is_well() || health_lives(gateway);
}

INLINE struct avoided *avoided_of(__u32 backend)
{
	__u32 row = backend & (AVOIDED_ROWS - 1);

	return bpf_map_lookup_elem(&avoided, &row);
}

/* True if the backend takes new flows. */
SUBPROGRAM bool backend_lives(const struct backend *backend, __u32 row)
{
	REQUIRE(backend, true);
	struct avoided *held = avoided_of(row);
	struct ip_addr addr;

	if (held && held->backend == row && avoids(held->since))
		return false;
	addr = backend->addr;
	return backend->kind != BACKEND_GENEVE || gateway_lives(&addr, backend->tunnel_port);
}

INLINE void health_is_ill(void)
{
	struct gateway_health *own = health_row(0);

	if (!own)
		return;
	own->avoided = now_ticks() | 1;
	own->state = GATEWAY_DOWN;
}

/* The backend of a flow refused it or does not answer. */
INLINE void backend_avoid(const struct flow *flow)
{
	struct avoided *held = avoided_of(flow->backend);

	if (!held || flow->service == FLOW_NO_SERVICE)
		return;
	*held = (struct avoided){ .backend = flow->backend, .since = now_ticks() | 1 };
	health_is_ill();
}

/* A router cannot reach the gateway. */
INLINE void gateway_avoid(const struct ip_addr *addr, __be16 port)
{
	struct gateway_health *gateway = health_row(health_find(addr, port));

	if (!gateway)
		return;
	gateway->avoided = now_ticks() | 1;
	health_is_ill();
}

/* `mtu` or, if the gateway has said so, the lesser one of its packets to pods. */
SUBPROGRAM __u32 gateway_pods_mtu(const struct ip_addr *addr, __be16 port, __u32 mtu)
{
	REQUIRE(addr, mtu);
	__u32 row = health_find(addr, port);
	struct gateway_health *gateway = health_row(row);

	return row && gateway && gateway->mtu && gateway->mtu < mtu ? gateway->mtu : mtu;
}

/* A flow to the gateway was opened, or had a packet in this second. */
SUBPROGRAM int gateway_use(const struct ip_addr *addr, __be16 port)
{
	REQUIRE(addr, 0);
	struct gateway_health *gateway = health_row(health_find(addr, port));

	if (gateway)
		gateway->used = now_ticks() | 1;
	return 0;
}

/* The third SYN of a flow that no packet has answered. */
INLINE bool is_third_syn(struct packet *p, const struct flow *flow)
{
	return is_syn(p) && flow->state == FLOW_OPENING && !(flow->flags & FLOW_ANSWERED) &&
	       flow->action == FLOW_ENCAP && flow->packets == 2;
}

/* A packet of the tunnel that refuses what would have opened a flow. */
INLINE bool is_refusal(const struct packet *p, const struct flow *flow)
{
	return p->tcp_flags & TCP_RST && flow->state == FLOW_OPENING &&
	       !(flow->flags & FLOW_ANSWERED);
}

#endif
