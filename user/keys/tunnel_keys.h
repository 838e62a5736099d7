/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The file tunnel.keysFile: keys by which two networks know one another's tunnel packets.
 *
 * A list of mappings:
 *
 *     - id: 1                        # 1-65535, of the pair
 *       networks: [network1, network2] # the pair; twice the same: within a network
 *       secret: base64 of 32 bytes
 *       created: 2026-11-01T00:00:00Z  # optional, for display
 *       notAfter: 2027-11-01T00:00:00Z # optional: neither signs nor is believed from then on
 *
 * The first key of a pair signs, each is believed. No problem ever quotes a value of the file. */
#ifndef TUNNEL_KEYS_H
#define TUNNEL_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct problems;

#define TUNNEL_SECRET_BYTES 32
#define TUNNEL_KEYS_MAX 4096
#define TUNNEL_KEYS_FILE_MAX (1u << 20) /* bytes */

struct tunnel_key {
	uint16_t id;
	const char *networks[2];
	uint8_t secret[TUNNEL_SECRET_BYTES];
	time_t created, not_after; /* 0: not said */
};

struct tunnel_keys {
	struct arena *arena;
	struct tunnel_key *items;
	size_t count;
};

/* Parses the text of the file, which problems call `path`. Returns 0 with *ret, released by
 * tunnel_keys_free(); -EINVAL with problems; or -ENOMEM. Pure. */
int tunnel_keys_parse(const char *path, const char *text, size_t length, struct tunnel_keys **ret,
		      struct problems *problems);

/* The same from a regular file that its owner alone may read. Returns also the errors of reading it, with
 * a problem. */
int tunnel_keys_read(const char *path, struct tunnel_keys **ret, struct problems *problems);

/* Accepts NULL; the secrets are overwritten. */
void tunnel_keys_free(struct tunnel_keys *keys);

/* True if the key is for the two networks, in either order. */
bool tunnel_key_is_for(const struct tunnel_key *key, const char *a, const char *b);
bool tunnel_key_expired(const struct tunnel_key *key, time_t now);

/* The first key of the pair that has not expired, which signs; or NULL. */
const struct tunnel_key *tunnel_keys_signing(const struct tunnel_keys *keys, const char *a,
					     const char *b, time_t now);

/* RFC 3339 in UTC, without fractions: "2027-11-01T00:00:00Z". */
#define TUNNEL_TIME_TEXT 24
bool tunnel_time_parse(const char *text, time_t *ret);
void tunnel_time_format(time_t time, char buf[TUNNEL_TIME_TEXT]);

/* An entry of the file for a key with a new secret of the kernel's random numbers. Returns the length that
 * `buf` would need, as snprintf(3), or -errno. */
int tunnel_key_make(const struct tunnel_key *key, char *buf, size_t size);

#endif
