/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What programs and userspace both know of flows.
 *
 * A flow is a pair of entries, one per direction. The key of each is the tuple of the other after
 * rewriting with both ends swapped, so that either can find or re-create the other.
 *
 * It is counted in `usage` when it ends, by the program or by the agent's sweep that deletes it; those that
 * live are counted by the sweep. */
#ifndef PARALLAX_FLOW_H
#define PARALLAX_FLOW_H

#include "parallax_hash.h"
#include "parallax_limits.h"

INLINE void usage_add(struct usage *to, const struct usage *more)
{
	to->flows += more->flows;
	to->sent += more->sent;
	to->received += more->received;
	to->sent_packets += more->sent_packets;
	to->received_packets += more->received_packets;
}

/* The element of `peers` for service and endpoint of flows at the doors of pods, and what it names. */
INLINE struct ip_addr served_addr(__u64 service, __u32 endpoint)
{
	return (struct ip_addr){ { PEER_SERVED, service >> 32, (__u32)service, endpoint } };
}

INLINE __u64 served_service(const struct ip_addr *served)
{
	return (__u64)served->word[1] << 32 | served->word[2];
}

INLINE __u32 served_endpoint(const struct ip_addr *served)
{
	return served->word[3];
}

/* True for the key of flows at the doors of pods: `backend` is the gateway by which they came. */
INLINE int usage_is_door(const struct usage_key *key)
{
	return key->gateway && key->kind == BACKEND_GENEVE;
}

#define FAMILY_TEXT "parallax_flow_text.h"
#include "parallax_families.h"

#endif
