/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The MTU of the path to an outer address. Routers name it in ICMP errors about tunnel packets; the kernel
 * would forget it, for no socket sent them. */
#ifndef PATH_H
#define PATH_H

#include "check.h"
#include "geneve.h"
#include "peer.h"
#include "service.h"

/* ICMP "fragmentation needed" (RFC 1191 section 4) or "packet too big" (RFC 4443 section 3.2) that quotes a
 * tunnel packet up to the inner ports, without the options between that of the service and the packet. */
struct path_error {
	__u8 type, code;
	__u16 check;
	__be32 rest;
	IP_HEADER ip;
	struct udphdr udp;
	struct geneve_header geneve;
	struct geneve_service_option option;
	IP_HEADER inner;
	__be16 next[6]; /* ports, or before them the header of a fragment */
};

#define PATH_ERROR_INNER offsetof(struct path_error, inner)

/* Read the error. */
INLINE int path_read(struct __sk_buff *skb, struct packet *p, struct path_error *e)
{
	const __u32 inner = sizeof(*e) - PATH_ERROR_INNER;
	__u32 at = p->l4 + PATH_ERROR_INNER, end = p->l3 + p->length, options;

	if (p->length > skb->len - p->l3 || at + inner > end ||
	    bpf_skb_load_bytes(skb, p->l4, e, PATH_ERROR_INNER))
		return -EIO;
	options = (e->geneve.version_length & 0x3f) * 4;
	if (options < sizeof(e->option))
		return -EIO;
	at += options - sizeof(e->option);
	return at + inner > end ? -EIO : bpf_skb_load_bytes(skb, at, &e->inner, inner);
}

/* The flow of this node's client, if one sent the quoted packet. Returns false if it quotes no ports. */
INLINE bool path_client_key(const struct path_error *e, struct flow_key *ret)
{
	__u8 proto;
	int gap = ip_quoted(&e->inner, e->next, &proto);

	if (gap < 0)
		return false;
	ret->saddr = ip_saddr(&e->inner);
	ret->daddr = ip_daddr(&e->inner);
	ret->sport = e->next[gap ? 4 : 0];
	ret->dport = e->next[gap ? 5 : 1];
	ret->zone = FLOW_ZONE(0, FLOW_CLIENT, proto == IPPROTO_UDP);
	return true;
}

/* True if this node's client sent the quoted packet by its flow. */
INLINE bool path_of_client(const struct path_error *e)
{
	struct addr to = ip_daddr(&e->ip);
	struct ip_addr peer;
	struct flow_key key;
	struct flow *flow;

	if (!path_client_key(e, &key))
		return false;
	flow = flow_find_any(&key);
	if (!flow || flow->action != FLOW_ENCAP || flow->peer_port != e->udp.dest)
		return false;
	peer_address(flow, &peer);
	return ip_is(&peer, &to);
}

/* True if our gateway may have sent it: its flows are found by the network of the client, which answers do
 * not name. */
INLINE bool path_of_gateway(const struct path_error *e)
{
	__u64 id = (__u64)bpf_ntohl(e->option.id[0]) << 32 | bpf_ntohl(e->option.id[1]);
	__u32 row;

	return service_find_id(id, &row) != NULL;
}

INLINE bool path_error_ok(const struct path_error *e)
{
	struct addr from = ip_saddr(&e->ip);

	if (e->type != ICMP_TOO_BIG || e->code != ICMP_TOO_BIG_CODE ||
	    !ip_is_whole(&e->ip, IPPROTO_UDP) || !option_is_service(&e->option))
		return false;
	if (outer_for_client(&from, e->udp.source))
		return path_of_client(e);
	return outer_for_gateway(&from, e->udp.source) && path_of_gateway(e);
}

INLINE void path_note(const struct addr *peer, __u32 told)
{
	struct ip_addr key = addr_ip(peer);
	struct path path = { .told = told, .stamp = now_ticks() };

	path.mtu = !told ? PATH_MTU_BASE : told < PATH_MTU_MIN ? PATH_MTU_MIN : told;
	if (path.mtu >= path_mtu(&key))
		return;
	bpf_map_update_elem(&paths, &key, &path, BPF_ANY);
	settings.narrow_paths = 1;
}

INLINE bool icmp_check_ok(struct __sk_buff *skb, struct packet *p)
{
	struct flow_pair *pair = scratch_get();
	__s64 sum = 0;

	if (!pair || check_add(skb, p->l4, p->l3 + p->length, pair->bytes, &sum))
		return false;
	return csum_fold((__u32)sum + (ICMP_PSEUDO ? pseudo_header(p) : 0)) == 0xffff;
}

/* Learn from an ICMP packet that arrived at an uplink. */
SUBPROGRAM int path_learn(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, 0);
	struct path_error e;
	struct addr peer;

	if (path_read(skb, p, &e) || !path_error_ok(&e) || !icmp_check_ok(skb, p))
		return 0;
	peer = ip_daddr(&e.ip);
	path_note(&peer, ICMP_MTU(e.rest));
	return 0;
}

#endif
