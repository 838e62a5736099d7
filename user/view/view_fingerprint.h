/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The fingerprints of all inputs of views besides assignments. */
#ifndef VIEW_FINGERPRINT_H
#define VIEW_FINGERPRINT_H

#include <stdint.h>

#include "view_request.h"

/* Covers every field of a request except its assignment, family, protocol and side, and what is down. */
uint64_t view_inputs_fingerprint(const struct view_request *request);
/* Which gateways of the network are down. */
uint64_t view_down_fingerprint(const struct view_request *request,
			       const struct mesh_network *network);

#endif
