/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The packet builder: layer by layer into one frame. */
#include "pkt.h"

#include "family.h"
#include "pkt_ip.h"
#include "sign.h"

#include <stddef.h>
#include <string.h>

static const uint8_t mac_table[MAC_COUNT][6] = {
	[MAC_NODE] = {0x02, 0, 0, 0, 0x10, 0x01},
	[MAC_SLEEP] = {0x02, 0, 0, 0, 0x10, 0x89},
	[MAC_HELLO] = {0x02, 0, 0, 0, 0x10, 0x90},
	[MAC_OUTSIDE] = {0x02, 0, 0, 0, 0x20, 0x01},
	[MAC_GATEWAY] = {0x02, 0, 0, 0, 0x20, 0x32},
	[MAC_NODE1] = {0x02, 0, 0, 0, 0x20, 0x10},
	[MAC_ROUTER] = {0x02, 0, 0, 0, 0x20, 0xfe},
	[MAC_UPLINK] = {0x02, 0, 0, 0, 0x30, 0x00},
	[MAC_POD0_DEV] = {0x02, 0, 0, 0, 0x30, 0x10},
	[MAC_POD1_DEV] = {0x02, 0, 0, 0, 0x30, 0x11},
};

const uint8_t *mac_bytes(enum mac mac)
{
	return mac > MAC_ANY && mac < MAC_COUNT ? mac_table[mac] : NULL;
}

bool pkt_is_set(const struct pkt *pkt)
{
	return pkt->proto || pkt->ethertype;
}

static void put_port(struct frame *frame, const struct port_values *ports, uint32_t port)
{
	if (port < ANY_TUNNEL_PORT) {
		put16(frame, port);
		return;
	}
	frame->places[frame->place_count++] =
		(struct port_place){.offset = frame->len, .variable = port};
	put16(frame, ports->value[port - ANY_TUNNEL_PORT]);
}

static void put_tcp_options(struct frame *frame, const struct pkt *pkt)
{
	for (int i = 0; i < pkt->pad_before_mss; i++)
		put8(frame, 1);
	if (pkt->mss) {
		put8(frame, 2);
		put8(frame, 4);
		put16(frame, pkt->mss);
	}
	put_bytes(frame, pkt->options, pkt->options_len);
}

static void put_tcp(struct frame *frame, const struct pkt *pkt, const struct port_values *ports)
{
	uint32_t start = frame->len;

	put_port(frame, ports, pkt->sport);
	put_port(frame, ports, pkt->dport);
	put32(frame, pkt->seq);
	put32(frame, pkt->ack);
	put8(frame, 0);
	put8(frame, pkt->flags);
	put16(frame, pkt->window || pkt->no_window ? pkt->window : 64240);
	put32(frame, 0);
	put_tcp_options(frame, pkt);
	while ((frame->len - start) % 4)
		put8(frame, 0);
	frame->data[start + 12] = (frame->len - start) / 4 << 4;
	put_filling(frame, pkt->len);
	set16(frame, start + 16, sum_fold(l4_sum(frame, pkt, start) + pkt->bad_sum));
}

static void put_udp(struct frame *frame, const struct pkt *pkt, const struct port_values *ports)
{
	uint32_t start = frame->len, len = pkt->whole ? pkt->whole : pkt->len;
	uint16_t sum;

	put_port(frame, ports, pkt->sport);
	put_port(frame, ports, pkt->dport);
	put16(frame, 8 + len);
	put16(frame, 0);
	put_filling(frame, len);
	sum = sum_fold(l4_sum(frame, pkt, start) + pkt->bad_sum);
	set16(frame, start + 6, pkt->zero_sum ? 0 : sum ? sum : 0xffff);
	frame->len = start + 8 + pkt->len;
}

/* ICMPv6 has "packet too big" as a type, and other numbers (RFC 4443). Redirects and echoes stay what they are. */
static void put_icmp_type(struct frame *frame, const struct pkt *pkt)
{
	static const uint8_t types[] = {
		[0] = 129, [3] = 1, [5] = 137, [8] = 128, [11] = 3, [12] = 4
	};
	uint8_t type = pkt->icmp_type, code = pkt->icmp_code;

	if (pkt_family(pkt) == 6 && type < sizeof(types)) {
		type = types[pkt->icmp_type];
		if (pkt->icmp_type == 3 && code == 4) {
			type = 2;
			code = 0;
		} else if (pkt->icmp_type == 3 && code == 3) {
			code = 4;
		}
	}
	put8(frame, type);
	put8(frame, code);
}

/* Rows count an IPv4 header among the bytes. */
static uint32_t quote_bytes(const struct pkt *pkt, uint32_t len)
{
	uint32_t bytes = pkt->quote_len + (pkt_family(pkt->quote) == 6 ? 20 : 0);

	return pkt->quote_len && bytes < len ? bytes : len;
}

static void put_icmp(struct frame *frame, const struct pkt *pkt, const struct port_values *ports)
{
	uint32_t start = frame->len;
	struct frame quoted;

	put_icmp_type(frame, pkt);
	put32(frame, 0);
	put16(frame, pkt->icmp_mtu);
	if (pkt->quote) {
		pkt_build(pkt->quote, ports, &quoted);
		put_bytes(frame, quoted.data + 14, quote_bytes(pkt, quoted.len - 14));
	}
	put_filling(frame, pkt->len);
	set16(frame, start + 2,
	      sum_fold((pkt_family(pkt) == 6 ?
				l4_sum(frame, pkt, start) :
				(uint16_t)~sum_fold(
					sum_add(frame->data + start, frame->len - start, 0))) +
		       pkt->bad_sum));
}

static void put_packet(struct frame *frame, const struct pkt *pkt, const struct port_values *ports)
{
	uint32_t start = ip_begin(frame, pkt);
	bool later = pkt->frag & 0x1fff;

	if (pkt->proto == 6 && !later)
		put_tcp(frame, pkt, ports);
	else if (pkt->proto == 17 && !later)
		put_udp(frame, pkt, ports);
	else if (pkt->proto == 1 && !later)
		put_icmp(frame, pkt, ports);
	else
		put_filling_from(frame, pkt->from, pkt->len);
	ip_finish(frame, start, pkt);
}

static void put_padding(struct frame *frame, const struct pkt *pkt)
{
	for (int i = 0; i < pkt->padding; i++)
		put8(frame, 0);
}

static void put_option(struct frame *frame, const struct outer *outer)
{
	if (!outer->option_type)
		return;
	put16(frame, outer->option_class);
	put8(frame, outer->option_type);
	put8(frame, outer->option_words);
	put_filling(frame, outer->option_words * 4);
}

static void put_endpoint(struct frame *frame, const struct outer *outer)
{
	if (!outer->endpoint)
		return;
	put16(frame, 0xff00);
	put16(frame, 0x0301);
	put32(frame, outer->endpoint);
}

/* The family of the outer headers. */
static uint8_t outer_family(const struct pkt *inner)
{
	uint8_t family = pkt_family(inner);

	return !inner->outer->other_family ? family : family == 6 ? 4 : 6;
}

static void put_return(struct frame *frame, const struct pkt *inner)
{
	const struct outer *outer = inner->outer;
	uint8_t family = outer->back_family ? outer->back_family : outer_family(inner);
	struct addr6 addr = addr6_of(outer->back);

	if (!outer->back && !outer->room)
		return;
	put16(frame, 0xff00);
	put8(frame, outer->back ? 0x84 : 0x04);
	put8(frame, family == 6 ? 5 : 2);
	put16(frame, outer->back_port);
	put16(frame, outer->pod_port);
	if (outer->room)
		memset(&addr, 0, sizeof(addr));
	if (family == 6)
		put_bytes(frame, (const uint8_t *)&addr, sizeof(addr));
	else
		put32(frame, outer->back);
}

static void put_tag(struct frame *frame, const struct pkt *pkt)
{
	const struct outer *outer = pkt->outer;
	uint64_t tag;

	if (!outer->key)
		return;
	put32(frame, 0xff008203);
	put16(frame, outer->named_key ? outer->named_key : outer->key);
	put16(frame, sign_epoch(outer));
	tag = sign_pkt(pkt);
	for (int i = 0; i < 8; i++)
		put8(frame, tag >> (8 * i));
}

/* RFC 8926 sections 3.4 and 3.5. */
static void put_geneve(struct frame *frame, const struct pkt *inner)
{
	const struct outer *outer = inner->outer;
	uint32_t start = frame->len;

	put8(frame, outer->version << 6);
	put8(frame, 0x40 ^ outer->flags);
	put16(frame, outer->protocol ? outer->protocol : ethertype_of(pkt_family(inner)));
	put32(frame, outer->vni << 8);
	if (outer->option_first)
		put_option(frame, outer);
	if (!outer->no_service) {
		put16(frame, 0xff00);
		put8(frame, 0x81);
		put8(frame, 2);
		put32(frame, outer->id >> 32);
		put32(frame, outer->id);
	}
	put_endpoint(frame, outer);
	put_return(frame, inner);
	if (!outer->option_first)
		put_option(frame, outer);
	put_tag(frame, inner);
	frame->data[start] |= (frame->len - start - 8) / 4 + outer->option_length_add;
}

static void put_tunnel(struct frame *frame, const struct pkt *inner,
		       const struct port_values *ports)
{
	const struct outer *outer = inner->outer;
	struct pkt ip = { .proto = outer->ip_proto ? outer->ip_proto : 17,
			  .saddr = outer->saddr,
			  .daddr = outer->daddr,
			  .tos = outer->tos,
			  .ttl = outer->ttl,
			  .frag = outer->frag,
			  .no_df = outer->no_df,
			  .ip_options = outer->ip_options,
			  .bad_ip_sum = outer->bad_ip_sum,
			  .family = outer_family(inner),
			  .ext = outer->ext };
	uint32_t start = ip_begin(frame, &ip);
	uint32_t udp = frame->len;
	uint16_t sum;

	put_port(frame, ports, outer->sport);
	put_port(frame, ports, outer->dport);
	put32(frame, 0);
	put_geneve(frame, inner);
	put_packet(frame, inner, ports);
	if (!outer->padding_outside)
		put_padding(frame, inner);
	set16(frame, udp + 4, frame->len - udp);
	sum = l4_sum(frame, &ip, udp);
	if (outer->udp_sum)
		set16(frame, udp + 6, sum ? sum : 0xffff);
	ip_finish(frame, start, &ip);
	if (outer->padding_outside)
		put_padding(frame, inner);
}

static uint16_t frame_ethertype(const struct pkt *pkt)
{
	if (pkt->ethertype)
		return pkt->ethertype;
	return ethertype_of(pkt->outer ? outer_family(pkt) : pkt_family(pkt));
}

static void put_ethernet(struct frame *frame, const struct pkt *pkt)
{
	enum mac dst = pkt->dst_mac, src = pkt->src_mac;

	/* Pods send to the node; tunnel packets come from outside. */
	if (dst <= MAC_ANY)
		dst = MAC_NODE;
	if (src <= MAC_ANY)
		src = pkt->outer ? MAC_OUTSIDE : MAC_SLEEP;
	put_bytes(frame, mac_table[dst], 6);
	put_bytes(frame, mac_table[src], 6);
	if (pkt->vlan) {
		put16(frame, 0x8100);
		put16(frame, pkt->vlan);
	}
	put16(frame, frame_ethertype(pkt));
}

void pkt_build(const struct pkt *pkt, const struct port_values *ports, struct frame *ret)
{
	ret->len = 0;
	ret->place_count = 0;
	ret->any_id_at = 0;
	put_ethernet(ret, pkt);
	if (pkt->ethertype && pkt->ethertype != ethertype_of(pkt_family(pkt)))
		put_filling(ret, pkt->len);
	else if (pkt->outer)
		put_tunnel(ret, pkt, ports);
	else {
		put_packet(ret, pkt, ports);
		put_padding(ret, pkt);
	}
	ret->len -= pkt->cut < ret->len ? pkt->cut : ret->len;
}
