/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tags of tunnel packets in the packet tables, computed byte by byte as the wire format says. */
#ifndef SIGN_H
#define SIGN_H

#include "parallax_siphash.h"
#include "pkt.h"

/* Ids of keys. */
#define KEY1 7
#define KEY2 0xfff0

/* Bytes of the options. */
#define TAG_BYTES 16
#define ENDPOINT_BYTES 8

#define EPOCH 0x190fffeu /* its low half passes 0xffff soon */

/* The key `id` for packets from one network to another. */
static inline struct siphash_key test_key(uint32_t from, uint32_t to, uint16_t id)
{
	return (struct siphash_key){ { 0x1122334455667788ULL * (from + 1),
				       0x99aabbccddeeff00ULL ^ ((__u64)to << 20 | id) } };
}

/* The tag of the packet in its tunnel. */
__u64 sign_pkt(const struct pkt *pkt);
uint16_t sign_epoch(const struct outer *outer);

#endif
