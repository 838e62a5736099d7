/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How fast a session may ask: back-off with full jitter, and a token bucket. */
#include "session_pace.h"

#define BACKOFF_FIRST 500
#define BACKOFF_LAST 30000
#define TOKEN_MS 100
#define BURST 100

/* splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators). */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint64_t backoff_next(struct backoff *backoff, uint64_t *random)
{
	uint64_t bound = backoff->bound_ms ? backoff->bound_ms : BACKOFF_FIRST;

	backoff->bound_ms = bound * 2 < BACKOFF_LAST ? bound * 2 : BACKOFF_LAST;
	return next_random(random) % bound;
}

void token_bucket_init(struct token_bucket *bucket)
{
	*bucket = (struct token_bucket){.tokens_ms = BURST * TOKEN_MS};
}

static uint64_t tokens_at(const struct token_bucket *bucket, int64_t now_ms)
{
	uint64_t passed = now_ms > bucket->filled_ms ? (uint64_t)(now_ms - bucket->filled_ms) : 0;

	if (passed > BURST * TOKEN_MS)
		passed = BURST * TOKEN_MS;
	passed += bucket->tokens_ms;
	return passed < BURST * TOKEN_MS ? passed : BURST * TOKEN_MS;
}

int64_t token_bucket_ready(const struct token_bucket *bucket, int64_t now_ms)
{
	uint64_t tokens = tokens_at(bucket, now_ms);

	return tokens >= TOKEN_MS ? now_ms : now_ms + (int64_t)(TOKEN_MS - tokens);
}

void token_bucket_take(struct token_bucket *bucket, int64_t now_ms)
{
	uint64_t tokens = tokens_at(bucket, now_ms);

	bucket->tokens_ms = tokens >= TOKEN_MS ? tokens - TOKEN_MS : 0;
	bucket->filled_ms = now_ms;
}
