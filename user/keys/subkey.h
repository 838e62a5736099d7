/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The keys of tunnel packets in one direction, derived from the secret of a pair of networks. */
#ifndef SUBKEY_H
#define SUBKEY_H

#include "parallax_siphash.h"
#include "tunnel_keys.h"

/* For packets that `from` sends to `to`: HKDF-SHA256 (RFC 5869) of the secret, without salt; info is
 * "parallax tunnel 1", `from` and `to`, each with a zero byte behind it. Returns 0 or -ENOMEM. Pure. */
int subkey_derive(const struct tunnel_key *key, const char *from, const char *to,
		  struct siphash_key *ret);

#endif
