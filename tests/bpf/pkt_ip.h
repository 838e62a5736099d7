/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The packet builder's parts: bytes, and IP headers. */
#ifndef PKT_IP_H
#define PKT_IP_H

#include "pkt.h"

static inline void put8(struct frame *frame, uint8_t value)
{
	if (frame->len < PKT_MAX)
		frame->data[frame->len++] = value;
}

static inline void put16(struct frame *frame, uint16_t value)
{
	put8(frame, value >> 8);
	put8(frame, value);
}

static inline void put32(struct frame *frame, uint32_t value)
{
	put16(frame, value >> 16);
	put16(frame, value);
}

static inline void put_bytes(struct frame *frame, const uint8_t *bytes, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		put8(frame, bytes[i]);
}

static inline void put_filling_from(struct frame *frame, uint32_t from, uint32_t len)
{
	for (uint32_t i = from; i < from + len; i++)
		put8(frame, 0xa0 + i * 7);
}

static inline void put_filling(struct frame *frame, uint32_t len)
{
	put_filling_from(frame, 0, len);
}

static inline void set16(struct frame *frame, uint32_t offset, uint16_t value)
{
	frame->data[offset] = value >> 8;
	frame->data[offset + 1] = value;
}

uint8_t pkt_family(const struct pkt *pkt);
uint16_t ethertype_of(uint8_t family);

/* Write an address as the packet's family has it; returns its bytes. */
uint32_t pkt_addr_bytes(const struct pkt *pkt, uint32_t addr, uint8_t bytes[16]);

/* Number of the protocol in the packet's family. */
uint8_t own_proto(const struct pkt *pkt);

/* Returns where the header begins. */
uint32_t ip_begin(struct frame *frame, const struct pkt *pkt);
/* Complete the header at `start` of a packet that ends with the frame: length and checksum. */
void ip_finish(struct frame *frame, uint32_t start, const struct pkt *pkt);

/* Checksum over pseudo header and everything from `start` on. */
uint16_t l4_sum(const struct frame *frame, const struct pkt *pkt, uint32_t start);

#endif
