/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* States of a flow after its opening: established, kept alive, closed, reopened. */
#ifndef FLOW_STATE_H
#define FLOW_STATE_H

#include "flow_open.h"
#include "health.h"
#include "peer.h"

#define FLOW_FINS (FLOW_FIN_FORWARD | FLOW_FIN_REPLY)

/* How far sequence numbers and acknowledgements advance by one packet, behind lost ones. */
#define SEQ_REACH (1u << 20)
#define ACK_REACH (1u << 24)

/* Set state and flags of both entries. */
SUBPROGRAM int flow_set_state(const struct flow_key *key, struct flow *flow, __u8 state, __u8 flags)
{
	REQUIRE(key && flow, -EINVAL);
	bool closing = state == FLOW_CLOSING && flow->state != FLOW_CLOSING;
	struct flow_key other_key;
	struct flow *other;

	flow_other_key(key, flow, &other_key);
	other = flow_find_any(&other_key);
	if ((state == FLOW_CLOSING) != (flow->state == FLOW_CLOSING))
		owner_follow(flow_is_forward(key) ? key : &other_key, state);
	flow->state = state;
	flow->flags = flags;
	if (other) {
		other->state = state;
		other->flags = flags;
	}
	if (closing)
		flow_event(key, flow, EVENT_CLOSE);
	return 0;
}

INLINE __u32 reserve_for(const struct flow_pair *pair)
{
	return flow_is_forward(&pair->key) ? 0 : RESERVE_OTHER;
}

/* Insert scratch's flow, or its `other`, into `flows`. Returns 0 or -errno. */
SUBPROGRAM int flow_insert(bool other)
{
	struct flow_pair *pair = scratch_get();

	if (!pair)
		return -ENOSPC;
	return other ? entry_insert(&pair->other_key, &pair->other, false) :
		       entry_insert(&pair->key, &pair->flow, false);
}

/* The same, where another CPU may have put it already. */
INLINE int insert_or_adopt(const struct flow_pair *pair, bool other)
{
	const struct flow_key *key = other ? &pair->other_key : &pair->key;
	const struct flow_key *other_key = other ? &pair->key : &pair->other_key;
	int err = flow_insert(other);
	struct flow *holder;

	if (err != -EEXIST)
		return err;
	holder = flow_find(key);
	return holder && flow_is_pair(other_key, key, holder) ? 0 : err;
}

/* Insert both, and delete the embryonic entries. Returns 0 or -errno. */
SUBPROGRAM int pair_insert(void)
{
	struct flow_pair *pair = scratch_get();
	int err = pair ? insert_or_adopt(pair, true) : -ENOSPC;

	if (!pair || err)
		return err;
	err = insert_or_adopt(pair, false);
	if (err) {
		entry_delete(&pair->other_key, false);
		return err;
	}
	entry_delete(&pair->key, true);
	entry_delete(&pair->other_key, true);
	return 0;
}

/* Begin scratch's pair of an established flow, under its keys, from one of its entries. */
SUBPROGRAM int pair_fill(const struct flow *flow)
{
	REQUIRE(flow, -EINVAL);
	struct flow_pair *pair = scratch_get();
	struct flow *held;

	if (!pair)
		return -ENOSPC;
	pair->flow = *flow;
	pair->flow.state = FLOW_ESTABLISHED;
	pair->flow.seen = now_ticks();
	peer_keep(&pair->flow);
	flow_other(&pair->key, &pair->flow, &pair->other_key, &pair->other);
	held = flow_find_embryonic(&pair->other_key);
	if (!held)
		return 0;
	pair->other.bytes = held->bytes;
	pair->other.packets = held->packets;
	pair->other.iface = held->iface;
	pair->other.seq = held->seq;
	pair->other.ack = held->ack;
	return 0;
}

/* Move the flow of pair->key from `embryonic` into `flows`, unless a live flow has taken the key of
 * its other entry since; make room once if the table is full. Returns 0, or -errno without room. */
INLINE int flow_promote(struct flow_pair *pair, const struct flow *flow)
{
	__u32 how;
	int err;

	pair_fill(flow);
	how = reserve_for(pair);
	err = flow_reserve(how);
	if (err)
		return err;
	err = pair_insert();
	if (err == -E2BIG) {
		flow_reserve(how | RESERVE_FULL);
		err = pair_insert();
	}
	return err ? -ENOSPC : 0;
}

/* Both ends have spoken. Returns 0, or -errno without room for the flow. */
SUBPROGRAM int flow_establish(const struct flow_key *key, struct flow *flow)
{
	REQUIRE(key && flow, -EINVAL);
	struct flow_pair *pair = scratch_get();

	if (!pair)
		return -ENOSPC;
	pair->key = *key;
	if (flow_find(&pair->key)) /* never was embryonic, or another CPU was faster */
		return flow_set_state(&pair->key, flow, FLOW_ESTABLISHED, flow->flags);
	return flow_promote(pair, flow);
}

/* Establish a flow that is opening, and find it again where it stands then. */
INLINE enum reason flow_goes_on(const struct flow_key *key, struct flow **flow)
{
	int err = flow_establish(key, *flow);

	*flow = err ? NULL : flow_find(key);
	return *flow ? REASON_NONE : no_place(err);
}

/* Follow a reply to a flow that is opening. A SYN-ACK alone does not establish it, or a flood of
 * SYNs to a server that answers would fill the table; a UDP reply does. *flow becomes the entry to go
 * on with. Returns a reason to drop the packet if there is no place for the flow. */
INLINE enum reason flow_answered(const struct flow_key *key, struct flow **flow, __u8 tcp_flags)
{
	struct flow *entry = *flow;

	if (likely(entry->state != FLOW_OPENING) || tcp_flags & TCP_RST)
		return REASON_NONE;
	if (!(tcp_flags & TCP_SYN))
		return flow_goes_on(key, flow);
	if (!(entry->flags & FLOW_ANSWERED))
		flow_set_state(key, entry, FLOW_OPENING, entry->flags | FLOW_ANSWERED);
	return REASON_NONE;
}

/* The same for a packet of the client: its answer to a SYN-ACK establishes the flow. */
INLINE enum reason flow_confirmed(const struct flow_key *key, struct flow **flow, __u8 tcp_flags)
{
	struct flow *entry = *flow;

	if (likely(entry->state != FLOW_OPENING) || !(entry->flags & FLOW_ANSWERED) ||
	    tcp_flags & (TCP_SYN | TCP_RST))
		return REASON_NONE;
	return flow_goes_on(key, flow);
}

/* The gateway number `i` of a network, counted from one that `first` chooses; false if it has no more. */
INLINE bool network_gateway(const struct network *network, __u32 first, __u32 i, struct ip_addr *ret)
{
	__u32 count = network->gateway_count, at = first % NETWORK_GATEWAYS + i;

	if (!count || i >= count)
		return false;
	*ret = network->gateways[at % count & (NETWORK_GATEWAYS - 1)];
	return true;
}

INLINE void way_copy(struct flow *to, const struct flow *from)
{
	peer_copy(to, from);
	to->generation = from->generation;
}

/* Begin the way of scratch's `other` with that of the flow. */
INLINE void way_begin(struct flow_pair *pair, const struct flow *flow)
{
	way_copy(&pair->other, flow);
	pair->other.state = flow->state; /* see peer_set() */
}

/* The other entry of a flow that moves; or NULL. */
INLINE struct flow *move_other(struct flow_pair *pair, const struct flow_key *key,
			       const struct flow *flow)
{
	flow_other_key(key, flow, &pair->other_key);
	return flow_find_any(&pair->other_key);
}

/* Send both entries of a flow, the other may be NULL, the way of scratch's `other`: by another gateway, to
 * another outer address of the client. What the flow counted so far, and the flow itself, stay with the gateway
 * before. */
SUBPROGRAM int flow_move(const struct flow_key *key, struct flow *flow, struct flow *other)
{
	REQUIRE(key && flow, -EINVAL);
	struct flow_pair *pair = scratch_get();
	bool counts = false;

	if (!pair)
		return -ENOSPC;
	if (flow->state == FLOW_ESTABLISHED && usage_has_gateway(key, flow))
		counts = usage_begin(key, flow, other) && !usage_end();
	way_copy(flow, &pair->other);
	if (other)
		way_copy(other, &pair->other);
	return counts ? usage_take(key, flow) : 0;
}

/* Tell the agent that this node's clients use the gateway, or that flows at doors of its pods do. */
INLINE void flow_use_gateway(const struct flow_key *key, const struct flow *flow)
{
	struct peer *gateway;
	struct ip_addr addr;

	if (FLOW_ROLE(key->zone) >= FLOW_DOOR) {
		gateway = peer_at(flow->generation);
		if (!gateway)
			return;
		addr = gateway->addr;
		gateway_use(&addr, settings.door_port);
		return;
	}
	if (flow->action != FLOW_ENCAP && flow->action != FLOW_DECAP)
		return;
	peer_address(flow, &addr);
	gateway_use(&addr, flow->peer_port);
}

/* Once a second per flow: refresh the other entry, or create it again. */
SUBPROGRAM int flow_touch(const struct flow_key *key, struct flow *flow)
{
	REQUIRE(key && flow, -EINVAL);
	struct flow_key own_key = *key, other_key;
	struct flow *held, other;

	flow->seen = now_ticks();
	flow_use_gateway(key, flow);
	flow_other(key, flow, &other_key, &other);
	held = flow_find_any(&other_key);
	if (held) {
		held->seen = flow->seen;
		if ((__s32)(held->ack - flow->seq) > 0 && held->ack && flow->seq)
			flow->seq = held->ack; /* more was lost before this hook than a window */
		return 0;
	}
	if (flow_find(&own_key))
		return bpf_map_update_elem(&flows, &other_key, &other, BPF_NOEXIST);
	return bpf_map_update_elem(&embryonic, &other_key, &other, BPF_NOEXIST);
}

/* Start the state and the counters of an entry over. */
INLINE void flow_restart(struct flow *flow, __u32 now)
{
	flow->state = FLOW_OPENING;
	flow->flags &= ~(FLOW_FINS | FLOW_ANSWERED | FLOW_TIME_WAIT);
	flow->bytes = flow->packets = 0;
	flow->seq = flow->ack = 0;
	flow->opened = flow->seen = now;
}

/* A SYN on a closing flow: the same tuple is a new connection to the same backend. */
SUBPROGRAM int flow_reopen(const struct flow_key *key, struct flow *flow)
{
	REQUIRE(key && flow, -EINVAL);
	__u32 now = now_ticks();
	struct flow_key other_key;
	struct flow *other;

	flow_other_key(key, flow, &other_key);
	other = flow_find_any(&other_key);
	if (usage_begin(key, flow, other))
		usage_end();
	owner_follow(flow_is_forward(key) ? key : &other_key, FLOW_OPENING);
	flow_restart(flow, now);
	if (other)
		flow_restart(other, now);
	flow_event(key, flow, EVENT_OPEN);
	return 0;
}

/* Add flags to an entry; returns those that it had. The other end's FIN may be followed on another CPU at the
 * same time: flags, packets and peer_port are one word. */
INLINE __u8 flags_add(struct flow *flow, __u8 flags)
{
	return __sync_fetch_and_or((__u32 *)&flow->flags, flags);
}

_Static_assert(__builtin_offsetof(struct flow, flags) % 4 == 0, "a word of flags");

/* Follow a FIN: the second one closes the flow, on the one CPU that completes the forward entry. Who sends the
 * first keeps the tuple in TIME-WAIT: see flow_timeout(). `other` may be NULL. */
INLINE void flow_finish(const struct flow_key *key, struct flow *flow, struct flow *other)
{
	bool forward = flow_is_forward(key);
	__u8 add = forward ? FLOW_FIN_FORWARD : FLOW_FIN_REPLY, flags;

	if (flow->flags & add && flow->state == FLOW_CLOSING)
		return;
	if (!forward && !(flow->flags & FLOW_FIN_FORWARD))
		add |= FLOW_TIME_WAIT;
	if (!other)
		other = flow;
	flags_add(forward ? other : flow, add);
	flags = flags_add(forward ? flow : other, add) | add;
	if ((flags & FLOW_FINS) == FLOW_FINS)
		flow_set_state(key, flow, FLOW_CLOSING, flags);
}

/* A RST closes the flow and sets its sender's FIN flag, so that flow_revive() knows the sender. */
INLINE void flow_reset(const struct flow_key *key, struct flow *flow)
{
	__u8 flags = flow->flags | (flow_is_forward(key) ? FLOW_FIN_FORWARD : FLOW_FIN_REPLY);

	flags &= ~FLOW_TIME_WAIT;
	if (flags != flow->flags || flow->state != FLOW_CLOSING)
		flow_set_state(key, flow, FLOW_CLOSING, flags);
}

/* An end that sent a real RST sends nothing else. If it does, the RST was forged, and TCP will have
 * ignored it too. */
INLINE void flow_revive(const struct flow_key *key, struct flow *flow)
{
	__u8 own = flow_is_forward(key) ? FLOW_FIN_FORWARD : FLOW_FIN_REPLY;

	if ((flow->flags & FLOW_FINS) != own)
		return;
	/* An embryonic flow is promoted by its next packet. */
	flow_set_state(key, flow, flow_find(key) ? FLOW_ESTABLISHED : FLOW_OPENING,
		       (flow->flags & ~own) | FLOW_ANSWERED);
}

/* True if the number of a FIN, which may come with data, lies behind what its sender's or what the other end
 * acknowledged, both as seen here: data may have been lost on the way, and those that an acknowledgement told,
 * which was lost itself, come again with the FIN. */
INLINE bool fin_fits(const struct flow *flow, const struct flow *other, const struct packet *p)
{
	__u32 number = tcp_data_end(p);

	return (flow->seq && number - flow->seq < SEQ_REACH) ||
	       (other && other->ack && number - other->ack < SEQ_REACH);
}

/* True if that of a RST is exactly the sender's last, or the last that the other end acknowledged (RFC 5961
 * section 3.2; its sender repeats one that the receiver challenges), or if it acknowledges a SYN. */
INLINE bool rst_fits(const struct flow *flow, const struct flow *other, const struct packet *p)
{
	__u32 seq = bpf_ntohl(p->seq);

	if ((flow->seq && seq == flow->seq) || (other && other->ack && seq == other->ack))
		return true;
	return other && p->tcp_flags & TCP_ACK && flow->state == FLOW_OPENING &&
	       bpf_ntohl(p->ack) == other->seq;
}

/* Follow a FIN or RST that fits the numbers seen. */
SUBPROGRAM int flow_end(const struct flow_key *key, struct flow *flow, const struct packet *p)
{
	REQUIRE(key && flow && p, -EINVAL);
	struct flow_key other_key;
	struct flow *other;

	flow_other_key(key, flow, &other_key);
	other = flow_find_any(&other_key);
	if (p->tcp_flags & TCP_RST) {
		if (rst_fits(flow, other, p))
			flow_reset(key, flow);
	} else if (fin_fits(flow, other, p)) {
		flow_finish(key, flow, other);
	}
	return 0;
}

/* A number only advances, and not farther than a window: a forged packet must not lead it astray. */
INLINE void number_advance(__u32 *held, __u32 number, __u32 reach)
{
	if (number - *held - 1 < reach || !*held)
		*held = number;
}

/* Keep the numbers of a TCP packet. The entry is written for each packet anyway. */
INLINE void flow_track(struct flow *flow, const struct packet *p, __u32 end)
{
	number_advance(&flow->seq, end, SEQ_REACH);
	if (p->tcp_flags & TCP_ACK)
		number_advance(&flow->ack, bpf_ntohl(p->ack), ACK_REACH);
}

#define TCP_CONTROL (TCP_SYN | TCP_FIN | TCP_RST)

/* Follow a packet that opens or ends a connection. */
SUBPROGRAM int flow_control(const struct flow_key *key, struct flow *flow, const struct packet *p)
{
	REQUIRE(key && flow && p, -EINVAL);
	__u8 flags = p->tcp_flags;

	if (flags & (TCP_FIN | TCP_RST))
		flow_end(key, flow, p);
	if (flags & TCP_SYN && flow->state == FLOW_OPENING) { /* the numbers begin here */
		flow->seq = 0;
		flow->ack = flags & TCP_ACK ? 0 : flow->ack;
	}
	flow_track(flow, p, tcp_end(p));
	return 0;
}

/* Account a packet to its entry. */
INLINE void flow_seen(const struct flow_key *key, struct flow *flow, struct packet *p)
{
	flow->bytes += p->length;
	if (unlikely(!++flow->packets))
		usage_packets(key, flow);
	if (unlikely(now_ticks() - flow->seen >= settings.hz))
		flow_touch(key, flow);
	if (unlikely(p->tcp_flags & TCP_CONTROL)) {
		flow_control(key, flow, p);
		return;
	}
	if (unlikely(flow->state == FLOW_CLOSING))
		flow_revive(key, flow);
	if (p->tcp_flags)
		flow_track(flow, p, tcp_data_end(p));
}

#endif
