/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the keys of the file to what the packet path holds, and to what is wrong with them. Pure. */
#ifndef KEY_ROWS_H
#define KEY_ROWS_H

#include "config.h"
#include "parallax_abi.h"
#include "tunnel_keys.h"

/* An element of `keys`, without its generation. */
struct key_row {
	uint32_t network; /* id of the other network */
	uint32_t id;      /* 0: the key that signs */
	struct admission_key key;
};

/* The rows of our own network: of each other network, or itself, the keys that have not expired. Returns 0
 * with *ret to be overwritten and freed by key_rows_free(); or -ENOMEM. */
int key_rows_build(const struct tunnel_keys *keys, const struct mesh_networks *mesh, time_t now,
		   struct key_row **ret, size_t *ret_count);
void key_rows_free(struct key_row *rows, size_t count);
/* True if one is of our network with itself. */
bool key_rows_own(const struct key_row *rows, size_t count, const struct mesh_networks *mesh);

/* Number of keys that have expired: with it the rows change. */
size_t keys_expired(const struct tunnel_keys *keys, time_t now);

/* Before a key that signs expires, it is a problem for so long. */
#define KEY_WARNING_SECONDS (7 * 86400)

/* Calls `visit` with each problem of the keys: a network with a gateway, or whose clients enter ours, that
 * has none; a key that signs and expires soon. Non-zero stops it and is returned. */
typedef int key_problem_visitor(void *arg, const char *reason, const char *problem);
int key_problems(const struct tunnel_keys *keys, const struct config *config, time_t now,
		 key_problem_visitor *visit, void *arg);

/* settings.epoch at this time: `time_ns` of CLOCK_REALTIME, when jiffies were `jiffies`. */
uint64_t epoch_word(uint64_t time_ns, uint32_t jiffies, uint32_t hz);

/* A clock before this stands still at what it was made with. */
#define EPOCH_CLOCK_MIN 1767225600 /* 2026-01-01 */

/* ADMISSION_* of a configuration: with keys, and the time known or not. */
uint32_t admission_flags(const struct config *config, bool time_known);

#endif
