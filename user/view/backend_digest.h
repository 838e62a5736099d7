/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One number for a set of backends in any order, to compare the wanted set with the one held. */
#ifndef BACKEND_DIGEST_H
#define BACKEND_DIGEST_H

#include <stdint.h>

#include "parallax_abi.h"

/* Digest of one backend, port in network order. The digest of a set is their sum. */
uint64_t backend_digest(const struct ip_addr *addr, __be16 port, enum backend_kind kind);

#endif
