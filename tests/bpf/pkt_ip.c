/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The packet builder: IP headers of both families, and sums. */
#include "pkt_ip.h"

#include <string.h>

#include "family.h"

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

uint8_t pkt_family(const struct pkt *pkt)
{
	return pkt->family ? pkt->family : PLAIN_FAMILY;
}

uint16_t ethertype_of(uint8_t family)
{
	return family == 6 ? 0x86dd : 0x0800;
}

uint8_t own_proto(const struct pkt *pkt)
{
	return pkt_family(pkt) == 6 && pkt->proto == 1 ? 58 : pkt->proto;
}

uint32_t pkt_addr_bytes(const struct pkt *pkt, uint32_t addr, uint8_t bytes[16])
{
	struct addr6 addr6 = addr6_of(addr);
	struct addr4 addr4 = { { htonl(addr) } };

	if (pkt_family(pkt) == 6)
		memcpy(bytes, &addr6, sizeof(addr6));
	else
		memcpy(bytes, &addr4, sizeof(addr4));
	return pkt_family(pkt) == 6 ? sizeof(addr6) : sizeof(addr4);
}

static void put_addr(struct frame *frame, const struct pkt *pkt, uint32_t addr)
{
	uint8_t bytes[16];
	uint32_t len = pkt_addr_bytes(pkt, addr, bytes);

	put_bytes(frame, bytes, len);
}

/* ------------------------------------------------------------------ IPv6 */

static bool is_fragment(const struct pkt *pkt)
{
	return pkt->atomic || pkt->frag & (MF | 0x1fff);
}

/* The number of what follows `ext`. */
static uint8_t next_header(const struct pkt *pkt, const struct ext *ext)
{
	return ext && ext->words ? ext->type : is_fragment(pkt) ? 44 : own_proto(pkt);
}

/* Extension headers (RFC 8200 section 4): options are PadN, routing has `segments` left. */
static void put_ext(struct frame *frame, const struct pkt *pkt, const struct ext *ext)
{
	uint32_t bytes = ext->words * 8 - 4;

	put8(frame, next_header(pkt, ext + 1));
	put8(frame, ext->words - 1);
	put8(frame, ext->type == EXT_ROUTING ? 4 : 1);
	put8(frame, ext->type == EXT_ROUTING ? ext->segments : bytes);
	while (bytes--)
		put8(frame, 0);
}

static void put_fragment(struct frame *frame, const struct pkt *pkt)
{
	put8(frame, own_proto(pkt));
	put8(frame, 0);
	put16(frame, (pkt->frag & 0x1fff) << 3 | !!(pkt->frag & MF));
	if (pkt->any_id)
		frame->any_id_at = frame->len;
	put32(frame, pkt->ip_id);
}

static void ip6_begin(struct frame *frame, const struct pkt *pkt)
{
	put32(frame, (pkt->ip_version ? pkt->ip_version : 6u) << 28 | (uint32_t)pkt->tos << 20);
	put16(frame, 0);
	put8(frame, next_header(pkt, pkt->ext));
	put8(frame, pkt->ttl ? pkt->ttl : 64);
	put_addr(frame, pkt, pkt->saddr);
	put_addr(frame, pkt, pkt->daddr);
	for (const struct ext *ext = pkt->ext; ext && ext->words; ext++)
		put_ext(frame, pkt, ext);
	if (is_fragment(pkt))
		put_fragment(frame, pkt);
}

/* ------------------------------------------------------------------ IPv4 */

static void ip4_begin(struct frame *frame, const struct pkt *pkt)
{
	put8(frame, (pkt->ip_version ? pkt->ip_version : 4) << 4 | (5 + pkt->ip_options));
	put8(frame, pkt->tos);
	put16(frame, 0);
	put16(frame, pkt->ip_id);
	put16(frame, pkt->frag || pkt->no_df ? pkt->frag : DF);
	put8(frame, pkt->ttl ? pkt->ttl : 64);
	put8(frame, pkt->proto);
	put16(frame, 0);
	put32(frame, pkt->saddr);
	put32(frame, pkt->daddr);
	for (int i = 0; i < pkt->ip_options * 4; i++)
		put8(frame, 1);
}

static void ip4_sum(struct frame *frame, uint32_t start, uint16_t add)
{
	uint16_t sum;

	set16(frame, start + 10, 0);
	sum = ~sum_fold(sum_add(frame->data + start, (frame->data[start] & 0xf) * 4, 0));
	set16(frame, start + 10, sum_fold(sum + add));
}

/* ------------------------------------------------------------------ both */

uint32_t ip_begin(struct frame *frame, const struct pkt *pkt)
{
	uint32_t start = frame->len;

	if (pkt_family(pkt) == 6)
		ip6_begin(frame, pkt);
	else
		ip4_begin(frame, pkt);
	return start;
}

void ip_finish(struct frame *frame, uint32_t start, const struct pkt *pkt)
{
	uint32_t len = frame->len - start + pkt->ip_length_add;

	if (pkt_family(pkt) == 6) {
		set16(frame, start + 4, len - 40);
		return;
	}
	set16(frame, start + 2, len);
	ip4_sum(frame, start, pkt->bad_ip_sum);
}

uint16_t l4_sum(const struct frame *frame, const struct pkt *pkt, uint32_t start)
{
	uint32_t len = frame->len - start, sum = own_proto(pkt) + len;
	uint8_t addr[16];
	uint32_t bytes = pkt_addr_bytes(pkt, pkt->saddr, addr);

	sum = sum_add(addr, bytes, sum);
	bytes = pkt_addr_bytes(pkt, pkt->daddr, addr);
	sum = sum_add(addr, bytes, sum);
	return ~sum_fold(sum_add(frame->data + start, len, sum));
}
