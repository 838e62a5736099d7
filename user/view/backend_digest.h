/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One number for a set of backends, whatever their order: what the agent wants, and what is held. */
#ifndef BACKEND_DIGEST_H
#define BACKEND_DIGEST_H

#include <stdint.h>

#include "parallax_abi.h"

/* Of one backend, port in network order; those of a set are added up. */
uint64_t backend_digest(const union ip_addr *addr, __be16 port, enum backend_kind kind);

#endif
