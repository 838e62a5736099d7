/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections that the kernel tracks: a pod's own connections to the pods behind a virtual IP. */
#ifndef CONNTRACK_H
#define CONNTRACK_H

#include "flow.h"

/* States of a TCP connection that both ends still use (include/uapi/linux/netfilter/nf_conntrack_tcp.h). */
#define CT_SYN_RECV 2
#define CT_LAST_ACK 6

struct ct_options {
	__s32 netns;
	__s32 error;
	__u8 proto;
	__u8 direction;
	__u8 zero[2];
};

struct nf_conn {
	union {
		struct {
			__u8 state;
		} tcp;
	} proto;
} __attribute__((preserve_access_index));

/* Linux 5.18, with nf_conntrack; elsewhere the loader lets it find nothing (user/kernel/conntrack.h). */
extern struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *skb, struct bpf_sock_tuple *tuple,
					 __u32 tuple_size, struct ct_options *options,
					 __u32 options_size) __ksym __weak;
extern void bpf_ct_release(struct nf_conn *ct) __ksym __weak;

/* True if a direct TCP connection has the tuple `nat`, so that its packets could not be told from those of
 * a flow. An earlier flow of ours is tracked as well: one that ended does not count. */
SUBPROGRAM bool conntrack_holds(struct __sk_buff *skb, const struct nat *nat)
{
	REQUIRE(nat, false);
	struct ct_options options = { .netns = -1, .proto = IPPROTO_TCP };
	struct nat tuple;
	struct nf_conn *ct;
	__u8 state;

	tuple = *nat; /* as struct bpf_sock_tuple has it for this family */
	ct = bpf_skb_ct_lookup(skb, (void *)&tuple, sizeof(tuple), &options, sizeof(options));
	if (!ct)
		return false;
	state = ct->proto.tcp.state;
	bpf_ct_release(ct);
	return state >= CT_SYN_RECV && state <= CT_LAST_ACK;
}

#endif
