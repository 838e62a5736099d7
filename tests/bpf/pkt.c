/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The packet builder: layer by layer into one frame. */
#include "pkt.h"

#include <string.h>

#include "family.h"

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

uint32_t sum_add(const void *data, uint32_t len, uint32_t sum)
{
	const uint8_t *bytes = data;

	for (uint32_t i = 0; i < len; i++)
		sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

uint16_t sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

bool pkt_is_set(const struct pkt *pkt)
{
	return pkt->proto || pkt->ethertype;
}

static void put8(struct frame *frame, uint8_t value)
{
	if (frame->len < PKT_MAX)
		frame->data[frame->len++] = value;
}

static void put16(struct frame *frame, uint16_t value)
{
	put8(frame, value >> 8);
	put8(frame, value);
}

static void put32(struct frame *frame, uint32_t value)
{
	put16(frame, value >> 16);
	put16(frame, value);
}

static void put_bytes(struct frame *frame, const uint8_t *bytes, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		put8(frame, bytes[i]);
}

static void put_filling_from(struct frame *frame, uint32_t from, uint32_t len)
{
	for (uint32_t i = from; i < from + len; i++)
		put8(frame, 0xa0 + i * 7);
}

static void put_filling(struct frame *frame, uint32_t len)
{
	put_filling_from(frame, 0, len);
}

static void set16(struct frame *frame, uint32_t offset, uint16_t value)
{
	frame->data[offset] = value >> 8;
	frame->data[offset + 1] = value;
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

static uint16_t frag_field(uint16_t frag, bool no_df)
{
	return frag || no_df ? frag : DF;
}

static void put_addr(struct frame *frame, uint32_t addr)
{
	struct family_addr own = own_addr(addr);

	put_bytes(frame, (const uint8_t *)&own, sizeof(own));
}

/* Number of the protocol in this family. */
static uint8_t own_proto(uint8_t proto)
{
	return PLAIN_FAMILY == 6 && proto == 1 ? 58 : proto;
}

/* IPv6, with an extension header for a fragment. */
static uint32_t ip6_begin(struct frame *frame, const struct pkt *pkt)
{
	uint32_t start = frame->len;
	bool fragment = pkt->frag & (MF | 0x1fff);

	put32(frame, (pkt->ip_version ? pkt->ip_version : 6u) << 28 | (uint32_t)pkt->tos << 20);
	put16(frame, 0);
	put8(frame, fragment ? 44 : own_proto(pkt->proto));
	put8(frame, pkt->ttl ? pkt->ttl : 64);
	put_addr(frame, pkt->saddr);
	put_addr(frame, pkt->daddr);
	if (fragment) {
		put8(frame, own_proto(pkt->proto));
		put8(frame, 0);
		put16(frame, (pkt->frag & 0x1fff) << 3 | !!(pkt->frag & MF));
		put32(frame, pkt->ip_id);
	}
	return start;
}

/* Returns where the header begins; ip_finish() completes it. */
static uint32_t ip_begin(struct frame *frame, const struct pkt *pkt)
{
	uint32_t start = frame->len;

	if (PLAIN_FAMILY == 6)
		return ip6_begin(frame, pkt);

	put8(frame, (pkt->ip_version ? pkt->ip_version : 4) << 4 | (5 + pkt->ip_options));
	put8(frame, pkt->tos);
	put16(frame, 0);
	put16(frame, pkt->ip_id);
	put16(frame, frag_field(pkt->frag, pkt->no_df));
	put8(frame, pkt->ttl ? pkt->ttl : 64);
	put8(frame, pkt->proto);
	put16(frame, 0);
	put32(frame, pkt->saddr);
	put32(frame, pkt->daddr);
	for (int i = 0; i < pkt->ip_options * 4; i++)
		put8(frame, 1);
	return start;
}

static void ip_finish(struct frame *frame, uint32_t start, const struct pkt *pkt)
{
	uint32_t header = (frame->data[start] & 0xf) * 4;
	uint16_t sum;

	if (PLAIN_FAMILY == 6) {
		set16(frame, start + 4, frame->len - start - 40 + pkt->ip_length_add);
		return;
	}
	set16(frame, start + 2, frame->len - start + pkt->ip_length_add);
	sum = ~sum_fold(sum_add(frame->data + start, header, 0));
	set16(frame, start + 10, sum_fold(sum + pkt->bad_ip_sum));
}

/* Checksum over pseudo header and everything from `start` on. */
static uint16_t l4_sum(const struct frame *frame, const struct pkt *pkt, uint32_t start)
{
	uint32_t len = frame->len - start;
	struct family_addr saddr = own_addr(pkt->saddr), daddr = own_addr(pkt->daddr);
	uint32_t sum = own_proto(pkt->proto) + len;

	sum = sum_add(&saddr, sizeof(saddr), sum);
	sum = sum_add(&daddr, sizeof(daddr), sum);
	return ~sum_fold(sum_add(frame->data + start, len, sum));
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

/* ICMPv6 has "packet too big" as a type, and other numbers (RFC 4443). */
static void put_icmp_type(struct frame *frame, const struct pkt *pkt)
{
	bool error = PLAIN_FAMILY == 6 && pkt->icmp_type == 3, big = pkt->icmp_code == 4;

	put8(frame, !error ? pkt->icmp_type : big ? 2 : 1);
	put8(frame, !error ? pkt->icmp_code : big ? 0 : pkt->icmp_code == 3 ? 4 : pkt->icmp_code);
}

/* Rows count an IPv4 header among the bytes. */
static uint32_t own_quote(const struct pkt *pkt)
{
	return pkt->quote_len + OWN_HLEN - 20;
}

static void put_icmp(struct frame *frame, const struct pkt *pkt, const struct port_values *ports)
{
	uint32_t start = frame->len;
	struct frame quoted;

	put_icmp_type(frame, pkt);
	put32(frame, 0);
	put16(frame, pkt->icmp_mtu);
	if (pkt->quote) {
		uint32_t len;

		pkt_build(pkt->quote, ports, &quoted);
		len = quoted.len - 14;
		put_bytes(frame, quoted.data + 14,
			  pkt->quote_len && own_quote(pkt) < len ? own_quote(pkt) : len);
	}
	put_filling(frame, pkt->len);
	set16(frame, start + 2,
	      sum_fold((PLAIN_FAMILY == 6 ? l4_sum(frame, pkt, start) :
					    (uint16_t)~sum_fold(sum_add(frame->data + start,
									frame->len - start, 0))) +
		       pkt->bad_sum));
}

static void put_ip(struct frame *frame, const struct pkt *pkt, const struct port_values *ports)
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

/* RFC 8926 sections 3.4 and 3.5. */
static void put_geneve(struct frame *frame, const struct outer *outer)
{
	uint32_t start = frame->len;

	put8(frame, outer->version << 6);
	put8(frame, 0x40 ^ outer->flags);
	put16(frame, outer->protocol ? outer->protocol : OWN_ETHERTYPE);
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
	if (!outer->option_first)
		put_option(frame, outer);
	frame->data[start] |= (frame->len - start - 8) / 4 + outer->option_length_add;
}

static void put_tunnel(struct frame *frame, const struct pkt *inner,
		       const struct port_values *ports)
{
	const struct outer *outer = inner->outer;
	struct pkt ip = {.proto = outer->ip_proto ? outer->ip_proto : 17, .saddr = outer->saddr,
			 .daddr = outer->daddr, .tos = outer->tos, .ttl = outer->ttl,
			 .frag = outer->frag, .no_df = outer->no_df,
			 .ip_options = outer->ip_options, .bad_ip_sum = outer->bad_ip_sum};
	uint32_t start = ip_begin(frame, &ip);
	uint32_t udp = frame->len;
	uint16_t sum;

	put_port(frame, ports, outer->sport);
	put_port(frame, ports, outer->dport);
	put32(frame, 0);
	put_geneve(frame, outer);
	put_ip(frame, inner, ports);
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
	put16(frame, pkt->ethertype ? pkt->ethertype : OWN_ETHERTYPE);
}

void pkt_build(const struct pkt *pkt, const struct port_values *ports, struct frame *ret)
{
	ret->len = 0;
	ret->place_count = 0;
	put_ethernet(ret, pkt);
	if (pkt->ethertype && pkt->ethertype != OWN_ETHERTYPE)
		put_filling(ret, pkt->len);
	else if (pkt->outer)
		put_tunnel(ret, pkt, ports);
	else {
		put_ip(ret, pkt, ports);
		put_padding(ret, pkt);
	}
	ret->len -= pkt->cut < ret->len ? pkt->cut : ret->len;
}
