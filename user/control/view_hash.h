/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fingerprints of what a view is made from: equal ones give an equal view. */
#ifndef VIEW_HASH_H
#define VIEW_HASH_H

#include <stdint.h>

#include "view_request.h"

/* Of everything in one that is not rejected, but `received_ns` and `content`; never 0. Whoever makes
 * or alters an assignment puts it into `content`, or 0 when he does not know. */
uint64_t assignment_hash(const struct assignment *assignment);

/* Of all that a request has beside its assignment, family, protocol and side. */
uint64_t view_surroundings_hash(const struct view_request *request);

#endif
