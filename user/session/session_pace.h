/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How fast a session may ask: back-off with full jitter, and a token bucket. */
#ifndef SESSION_PACE_H
#define SESSION_PACE_H

#include <stdint.h>

/* Delays uniform in [0, bound); the bound doubles from 500 ms to 30 s (Envoy's
 * JitteredExponentialBackOffStrategy). */
struct backoff {
	uint64_t bound_ms; /* of the next delay; 0: the first one */
};

uint64_t backoff_next(struct backoff *backoff, uint64_t *random);
static inline void backoff_reset(struct backoff *backoff)
{
	backoff->bound_ms = 0;
}

/* 100 at once, 10 a second (Envoy's default for xDS requests). */
struct token_bucket {
	uint64_t tokens_ms; /* tokens available, at 100 ms each */
	int64_t filled_ms;
};

void token_bucket_init(struct token_bucket *bucket);
/* When the next token is there: `now_ms` or before, if it is. */
int64_t token_bucket_ready(const struct token_bucket *bucket, int64_t now_ms);
void token_bucket_take(struct token_bucket *bucket, int64_t now_ms);

#endif
