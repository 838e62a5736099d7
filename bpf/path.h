/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What ICMP errors say of tunnel packets: the MTU of the path to an outer address, and that a gateway cannot
 * be reached. The kernel would forget it, for no socket sent them. */
#ifndef PATH_H
#define PATH_H

#include "check.h"
#include "geneve.h"
#include "health.h"
#include "peer.h"
#include "service.h"

/* ICMP "fragmentation needed" (RFC 1191 section 4), "packet too big" (RFC 4443 section 3.2) or "destination
 * unreachable" that quotes a tunnel packet. Behind the option of the service others may follow, then the inner packet. */
struct path_error {
	__u8 type, code;
	__u16 check;
	__be32 rest;
	IP_HEADER ip;
	struct udphdr udp;
	struct geneve_header geneve;
	struct geneve_service_option option;
};

struct path_inner {
	IP_HEADER ip;
	__be16 next[6]; /* ports, or before them the header of a fragment */
};

#define PATH_UNREACHABLE (~0u) /* instead of an MTU */

/* What the error says: an MTU, or that the packet did not arrive. Returns false for others. */
INLINE bool path_says(const struct path_error *e, __u32 *ret)
{
	*ret = e->type == ICMP_TOO_BIG && e->code == ICMP_TOO_BIG_CODE ? ICMP_MTU(e->rest) :
									 PATH_UNREACHABLE;
	return *ret != PATH_UNREACHABLE || e->type == ICMP_UNREACH;
}

/* The probe's option stands in the place of the service's. */
INLINE bool path_is_probe(const struct path_error *e)
{
	return e->geneve.flags & GENEVE_FLAG_OAM &&
	       option_is_probe((const struct geneve_probe_option *)&e->option);
}

/* Read the error. p->outer holds what the other family's program needs, too: the end of the path as daddr and
 * dport, what the router says as label, and as length where the inner packet begins in the frame. */
INLINE int path_read(struct __sk_buff *skb, struct packet *p, struct path_error *e)
{
	struct addr to;
	__u32 options;

	if (p->length > skb->len - p->l3 || p->l4 + sizeof(*e) > p->l3 + p->length ||
	    bpf_skb_load_bytes(skb, p->l4, e, sizeof(*e)))
		return -EIO;
	options = (e->geneve.version_length & 0x3f) * 4;
	if (options < sizeof(e->option) || !path_says(e, &p->outer.label) ||
	    !ip_is_whole(&e->ip, IPPROTO_UDP) ||
	    (!option_is_service(&e->option) && !path_is_probe(e)))
		return -EIO;
	to = ip_daddr(&e->ip);
	p->outer.daddr = addr_ip(&to);
	p->outer.dport = e->udp.dest;
	p->outer.length = p->l4 + sizeof(*e) + options - sizeof(e->option);
	return 0;
}

INLINE void path_note(const struct packet *p)
{
	struct ip_addr key = p->outer.daddr;
	bool v4 = ip_is_v4(&key);
	__u32 told = p->outer.label, min = v4 ? PATH_MTU_MIN_IPV4 : PATH_MTU_MIN_IPV6;
	struct path path = { .told = told, .stamp = now_ticks() }, *held;
	__u32 now;

	if (told == PATH_UNREACHABLE) {
		gateway_avoid(&key, p->outer.dport);
		return;
	}
	path.mtu = !told ? (v4 ? PATH_MTU_BASE_IPV4 : PATH_MTU_BASE_IPV6) : told < min ? min : told;
	now = path_mtu(&key);
	held = bpf_map_lookup_elem(&paths, &key);
	/* What the other end said as well becomes the router's word, which it does not take back. */
	if (path.mtu > now || (path.mtu == now && !(held && held->origin == PATH_PEER)))
		return;
	bpf_map_update_elem(&paths, &key, &path, BPF_ANY);
	settings.narrow_paths = 1;
}

/* A client's node says how large a packet it gets. What a router or our own probes said stays if it is less. */
SUBPROGRAM int path_told_by_peer(const struct ip_addr *peer, __u32 mtu)
{
	REQUIRE(peer, 0);
	struct path path = { .mtu = mtu, .stamp = now_ticks(), .origin = PATH_PEER }, *held;
	struct ip_addr key = *peer;
	__u32 min = ip_is_v4(&key) ? PATH_MTU_MIN_IPV4 : PATH_MTU_MIN_IPV6;

	if (mtu < min || (mtu >= settings.mtu && likely(!settings.narrow_paths)))
		return 0;
	held = bpf_map_lookup_elem(&paths, &key);
	if (held && held->origin != PATH_PEER && held->mtu <= mtu &&
	    path_is_narrow(held, settings.mtu, path.stamp, settings.hz))
		return 0;
	if (held)
		*held = path;
	else if (mtu < settings.mtu)
		bpf_map_update_elem(&paths, &key, &path, BPF_ANY);
	if (mtu < settings.mtu)
		settings.narrow_paths = 1;
	return 0;
}

/* The flow of this node's client, if one sent the quoted packet, which is of this family. Returns false if it
 * quotes no ports. */
INLINE bool path_client_key(struct __sk_buff *skb, struct packet *p, struct flow_key *ret)
{
	__u32 at = p->outer.length;
	struct path_inner inner;
	__u8 proto;
	int gap;

	if (at + sizeof(inner) > p->l3 + p->length ||
	    bpf_skb_load_bytes(skb, at, &inner, sizeof(inner)))
		return false;
	gap = ip_quoted(&inner.ip, inner.next, &proto);
	if (gap < 0)
		return false;
	ret->saddr = ip_saddr(&inner.ip);
	ret->daddr = ip_daddr(&inner.ip);
	ret->sport = inner.next[gap ? 4 : 0];
	ret->dport = inner.next[gap ? 5 : 1];
	ret->zone = FLOW_ZONE(0, FLOW_CLIENT, proto == IPPROTO_UDP);
	return true;
}

/* Learn if this node's client sent the quoted packet by its flow. */
SUBPROGRAM int path_of_client(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, 0);
	struct ip_addr peer;
	struct flow_key key;
	struct flow *flow;

	if (!path_client_key(skb, p, &key))
		return 0;
	flow = flow_find_any(&key);
	if (!flow || flow->action != FLOW_ENCAP || flow->peer_port != p->outer.dport)
		return 0;
	peer_address(flow, &peer);
	if (ip_equal(&peer, &p->outer.daddr))
		path_note(p);
	return 0;
}

/* Learn if the quoted packet is a probe on its way to the gateway p->outer. One that is not up has perhaps not
 * started yet: its kernel refuses the port, and it would be avoided when it answers. */
INLINE void path_of_probe(struct __sk_buff *skb, struct packet *p)
{
	const __u32 at = offsetof(struct path_error, option);
	struct geneve_probe_option option;
	struct gateway_health *gateway;
	struct health_probe *probe;

	gateway = health_row(health_find(&p->outer.daddr, p->outer.dport));
	if (!gateway || (p->outer.label == PATH_UNREACHABLE && gateway->state != GATEWAY_UP) ||
	    p->l4 + at + sizeof(option) > p->l3 + p->length ||
	    bpf_skb_load_bytes(skb, p->l4 + at, &option, sizeof(option)))
		return;
	probe = health_probe(gateway, bpf_ntohl(option.row), bpf_ntohl(option.sequence));
	if (probe->sequence == bpf_ntohl(option.sequence) && probe->sent_ns == option.time)
		path_note(p);
}

/* True if our gateway may have sent it: its flows are found by the network of the client, which answers do
 * not name. */
INLINE bool path_of_gateway(const struct path_error *e)
{
	struct service_id_key key = {
		.id = (__u64)bpf_ntohl(e->option.id[0]) << 32 | bpf_ntohl(e->option.id[1]),
		.family = e->geneve.protocol == bpf_htons(ETH_P_IP) ? 4 : 6,
	};

	return bpf_map_lookup_elem(&service_ids, &key) != NULL;
}

/* True if our gateway may have sent it on to a pod, in the name of a client of another network. */
INLINE bool path_of_hop(const struct path_error *e, const struct addr *from)
{
	__u32 vni = (__u32)e->geneve.vni[0] << 16 | (__u32)e->geneve.vni[1] << 8 | e->geneve.vni[2];
	struct addr inside = ip_own(&settings.inside[OWN_INDEX]);

	return settings.flags & SETTING_FORWARD && vni != settings.network &&
	       addr_equal(from, &inside) && path_of_gateway(e);
}

INLINE bool icmp_check_ok(struct __sk_buff *skb, struct packet *p)
{
	struct flow_pair *pair = scratch_get();
	__s64 sum = 0;

	if (!pair || check_add(skb, p->l4, p->l3 + p->length, pair->bytes, &sum))
		return false;
	return csum_fold((__u32)sum + (ICMP_PSEUDO ? pseudo_header(p) : 0)) == 0xffff;
}

/* Learn from an ICMP packet that arrived at an uplink. Returns VERDICT_NONE, or VERDICT_PATH if the other
 * family's program goes on, by path_of_client(). */
SUBPROGRAM enum verdict path_learn(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, VERDICT_NONE);
	struct path_error e;
	struct addr from;

	if (path_read(skb, p, &e) || !icmp_check_ok(skb, p))
		return VERDICT_NONE;
	from = ip_saddr(&e.ip);
	if (path_is_probe(&e)) {
		path_of_probe(skb, p);
	} else if (path_of_hop(&e, &from)) {
		path_note(p);
	} else if (outer_for_client(&from, e.udp.source)) {
		if (e.geneve.protocol != bpf_htons(ETH_P_OWN))
			return VERDICT_PATH;
		path_of_client(skb, p);
	} else if (outer_for_gateway(&from, e.udp.source) && path_of_gateway(&e)) {
		path_note(p);
	}
	return VERDICT_NONE;
}

#endif
