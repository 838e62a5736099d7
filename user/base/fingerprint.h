/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fingerprints of structures, built up field by field from a seed. */
#ifndef FINGERPRINT_H
#define FINGERPRINT_H

#include <stdint.h>
#include <string.h>

#include <xxhash.h>

#include "addr.h"

#define FINGERPRINT_NO_TEXT 0x9e3779b97f4a7c15ull

static inline uint64_t fingerprint_number(uint64_t seed, uint64_t number)
{
	return XXH3_64bits_withSeed(&number, sizeof(number), seed);
}

static inline uint64_t fingerprint_text(uint64_t seed, const char *text)
{
	/* With the zero byte, so that "a" "bc" and "ab" "c" differ. */
	return text ? XXH3_64bits_withSeed(text, strlen(text) + 1, seed) : fingerprint_number(seed, FINGERPRINT_NO_TEXT);
}

static inline uint64_t fingerprint_address(uint64_t seed, const struct addr *addr, uint16_t port, uint8_t proto)
{
	struct {
		struct ip_addr ip;
		uint64_t rest;
	} key = { addr->ip, addr->family | (uint64_t)port << 8 | (uint64_t)proto << 24 };

	return XXH3_64bits_withSeed(&key, sizeof(key), seed);
}

static inline uint64_t fingerprint_nonzero(uint64_t hash)
{
	return hash ? hash : 1;
}

#endif
