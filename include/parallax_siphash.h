/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* SipHash-2-4 (Aumasson and Bernstein, 2012), by the packet path and by userspace. */
#ifndef PARALLAX_SIPHASH_H
#define PARALLAX_SIPHASH_H

#include "parallax_addr.h"

struct siphash_key {
	__u64 half[2]; /* little-endian, as the words of the text */
};

#define SIPHASH_ROTATE(word, bits) ((word) << (bits) | (word) >> (64 - (bits)))

INLINE void siphash_round(__u64 v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = SIPHASH_ROTATE(v[1], 13) ^ v[0];
	v[3] = SIPHASH_ROTATE(v[3], 16) ^ v[2];
	v[0] = SIPHASH_ROTATE(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = SIPHASH_ROTATE(v[1], 17) ^ v[2];
	v[3] = SIPHASH_ROTATE(v[3], 21) ^ v[0];
	v[2] = SIPHASH_ROTATE(v[2], 32);
}

/* Of `words` whole words and a last one: the bytes left over, and the length of the text, modulo 256, as
 * the uppermost byte. */
INLINE __u64 siphash(const struct siphash_key *key, const __u64 *word, __u32 words, __u64 last)
{
	__u64 v[4] = { key->half[0] ^ 0x736f6d6570736575ULL, key->half[1] ^ 0x646f72616e646f6dULL,
		       key->half[0] ^ 0x6c7967656e657261ULL, key->half[1] ^ 0x7465646279746573ULL };

	for (__u32 i = 0; i <= words; i++) {
		__u64 m = i < words ? word[i] : last;

		v[3] ^= m;
		siphash_round(v);
		siphash_round(v);
		v[0] ^= m;
	}
	v[2] ^= 0xff;
	siphash_round(v);
	siphash_round(v);
	siphash_round(v);
	siphash_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
